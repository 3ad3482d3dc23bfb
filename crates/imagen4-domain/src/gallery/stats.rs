//! A gallery in numbers.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What the record store counts in a gallery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GalleryCounts {
    /// The generations by the hour of the user's day in which they were asked for.
    pub by_hour: [u64; 24],
    /// The favourites.
    pub favourites: u64,
    /// Those of the time that was asked for.
    pub in_span: u64,
    /// When the newest was asked for.
    pub last: Option<DateTime<Utc>>,
}

impl GalleryCounts {
    /// Returns how many there are in all.
    pub fn total(&self) -> u64 {
        self.by_hour.iter().sum()
    }

    /// Returns the hour with the most, 0 to 23, and the earliest of several; `None` when there are none.
    pub fn busiest_hour(&self) -> Option<u8> {
        let most = self.by_hour.iter().max().filter(|most| **most > 0)?;
        let hour = self.by_hour.iter().position(|count| count == most)?;
        u8::try_from(hour).ok()
    }
}

/// A user's gallery in numbers. It counts what the gallery shows: generations, not single pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GalleryStats {
    /// How many there are in all.
    pub total: u64,
    /// How many of them are favourites.
    pub favourites: u64,
    /// How many were asked for in the last 30 days of the user, today among them.
    pub last_30_days: u64,
    /// What all of them cost in credits, at the price of now, `IMAGEN4_GENERATION_COST`.
    pub credits: u64,
    /// When the newest was asked for.
    pub last: Option<DateTime<Utc>>,
    /// The hour of the user's day, 0 to 23, in which most were asked for; the earliest of several.
    pub busiest_hour: Option<u8>,
}

impl GalleryStats {
    pub(crate) fn of(counts: &GalleryCounts, cost: u64) -> Self {
        Self {
            total: counts.total(),
            favourites: counts.favourites,
            last_30_days: counts.in_span,
            credits: counts.total().saturating_mul(cost),
            last: counts.last,
            busiest_hour: counts.busiest_hour(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_equally_busy_hours_the_earliest_is_told() {
        let mut counts = GalleryCounts::default();
        assert_eq!(counts.busiest_hour(), None);
        counts.by_hour[23] = 2;
        assert_eq!(counts.busiest_hour(), Some(23));
        counts.by_hour[0] = 2;
        assert_eq!((counts.busiest_hour(), counts.total()), (Some(0), 4));
    }
}
