//! What a job was expected to cost beside what FAL billed.

use chrono::NaiveDate;
use fal_client::BillableUnits;

use super::Model;

/// What a job was expected to cost beside what FAL billed, in millionths of a US dollar.
///
/// Both go by the price of the catalogue, so a drift tells of units that were not expected: FAL's unit of these
/// models is one picture at the usual resolution. Whether the price itself still holds, its date lets guess.
///
/// # Examples
///
/// ```
/// use fal_client::BillableUnits;
/// use imagen4_domain::{Bill, Catalogue};
///
/// let catalogue = Catalogue::default();
/// let model = catalogue.find("imagen4-fast")?;
/// let bill = Bill::of(model, 3, Some(BillableUnits::from_units(4)));
/// assert_eq!((bill.estimated, bill.billed, bill.drift()), (60_000, Some(80_000), Some(20_000)));
/// # Ok::<(), imagen4_domain::InputError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bill {
    /// What the pictures cost by the catalogue.
    pub estimated: u64,
    /// What the billed units cost by the catalogue; `None` when FAL did not say.
    pub billed: Option<u64>,
    /// The day of the price.
    pub price_as_of: NaiveDate,
}

impl Bill {
    /// Returns the bill of a job of `model` that gave so many pictures.
    pub fn of(model: &Model, pictures: u8, units: Option<BillableUnits>) -> Self {
        let price = model.price;
        Self {
            estimated: price.of(pictures),
            billed: units.map(|units| price.of_units(units)),
            price_as_of: price.as_of,
        }
    }

    /// Returns by how much the bill is above the estimate, or below it; `None` when FAL did not say.
    pub fn drift(&self) -> Option<i64> {
        let drift = i128::from(self.billed?) - i128::from(self.estimated);
        // What no sum of dollars reaches is the end of the range.
        let end = if drift < 0 { i64::MIN } else { i64::MAX };
        Some(i64::try_from(drift).unwrap_or(end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalogue;

    fn bill(name: &str, pictures: u8, micros: Option<u64>) -> Bill {
        let catalogue = Catalogue::default();
        let model = catalogue.find(name).unwrap();
        Bill::of(model, pictures, micros.map(BillableUnits::from_micros))
    }

    #[test]
    fn a_bill_as_expected_has_no_drift() {
        for model in ["imagen4", "imagen4-fast", "imagen4-ultra", "nano-banana"] {
            for pictures in 1..=4 {
                let units = u64::from(pictures) * 1_000_000;
                assert_eq!(bill(model, pictures, Some(units)).drift(), Some(0));
            }
        }
    }

    #[test]
    fn drift_goes_both_ways_and_rounds_to_whole_micro_dollars() {
        assert_eq!(bill("imagen4", 2, Some(1_000_000)).drift(), Some(-40_000));
        assert_eq!(bill("imagen4", 1, Some(1_500_000)).drift(), Some(20_000));
        // 0.039 dollars a unit: twelve millionths of one are less than half a millionth of a dollar.
        assert_eq!(bill("nano-banana", 0, Some(12)).billed, Some(0));
        assert_eq!(bill("nano-banana", 0, Some(13)).billed, Some(1));
        assert_eq!(
            bill("imagen4", 1, Some(u64::MAX)).billed,
            Some(737_869_762_948_382_065)
        );
        assert_eq!(bill("imagen4", 1, None).drift(), None);
    }
}
