//! What a job cost, in exact millionths of the model's unit.

use std::fmt;

/// The decimal places kept.
const PLACES: i64 = 6;

/// What a job cost in the model's own unit (pictures, megapixels, seconds), in exact millionths.
///
/// The price is these units times the price of one unit.
/// Floating point stays out of it, so that sums of bills agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct BillableUnits(u64);

impl BillableUnits {
    /// Returns the cost of so many millionths of a unit.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Returns the cost of so many whole units.
    pub const fn from_units(units: u32) -> Self {
        Self(units as u64 * 1_000_000)
    }

    /// Returns the cost in millionths of a unit.
    pub const fn micros(self) -> u64 {
        self.0
    }

    /// Reads a decimal number such as `4`, `1.5` or `5e-05`, rounding half up to millionths.
    ///
    /// Returns `None` for anything else: a sign, a word, more than `u64` millionths.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, exponent) = split_exponent(text.trim())?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits = format!("{whole}{fraction}");
        if digits.is_empty()
            || digits.len() > 40
            || !digits.bytes().all(|byte| byte.is_ascii_digit())
        {
            return None;
        }
        let value: u128 = digits.parse().ok()?;
        let shift = PLACES + exponent - i64::try_from(fraction.len()).ok()?;
        u64::try_from(scale(value, shift)?).ok().map(Self)
    }
}

impl fmt::Display for BillableUnits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, micros) = (self.0 / 1_000_000, self.0 % 1_000_000);
        if micros == 0 {
            return write!(f, "{whole}");
        }
        write!(
            f,
            "{whole}.{}",
            format!("{micros:06}").trim_end_matches('0')
        )
    }
}

fn split_exponent(text: &str) -> Option<(&str, i64)> {
    match text.split_once(['e', 'E']) {
        None => Some((text, 0)),
        Some((number, exponent)) => {
            let exponent: i64 = exponent.parse().ok()?;
            (exponent.abs() <= 60).then_some((number, exponent))
        }
    }
}

/// Returns `value` times ten to the power of `shift`, rounding half up.
fn scale(value: u128, shift: i64) -> Option<u128> {
    let power = u32::try_from(shift.unsigned_abs()).ok()?;
    if shift >= 0 {
        return if value == 0 {
            Some(0)
        } else {
            10_u128.checked_pow(power)?.checked_mul(value)
        };
    }
    // A divisor past the range is larger than twice any value, so the quotient rounds to nothing.
    let Some(divisor) = 10_u128.checked_pow(power) else {
        return Some(0);
    };
    let (quotient, rest) = (value / divisor, value % divisor);
    Some(quotient + u128::from(rest >= divisor.div_ceil(2)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_exactly() {
        for (text, micros) in [
            ("4", 4_000_000),
            ("1.0", 1_000_000),
            ("0.1", 100_000),
            (" 1.5 ", 1_500_000),
            ("5e-05", 50),
            ("1E2", 100_000_000),
            ("0", 0),
            ("0.0000005", 1),
            ("0.0000004", 0),
            (".5", 500_000),
            ("0e60", 0),
            ("1e-60", 0),
        ] {
            assert_eq!(
                BillableUnits::parse(text),
                Some(BillableUnits::from_micros(micros)),
                "{text}"
            );
        }
    }

    #[test]
    fn anything_else_is_no_cost() {
        for text in [
            "",
            ".",
            "-1",
            "+1",
            "NaN",
            "inf",
            "1,5",
            "1e99",
            "1e",
            "99999999999999999999",
            "0x10",
        ] {
            assert_eq!(BillableUnits::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn shows_itself_without_needless_zeros() {
        assert_eq!(BillableUnits::from_units(4).to_string(), "4");
        assert_eq!(BillableUnits::from_micros(1_050_000).to_string(), "1.05");
        assert_eq!(BillableUnits::from_micros(50).to_string(), "0.00005");
    }
}
