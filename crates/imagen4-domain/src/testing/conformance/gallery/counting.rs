//! The rules of counts.

use chrono::{TimeDelta, Timelike};

use super::showing::mixed;
use super::{GalleryFixture, owner, start};
use crate::{TimeSpan, UtcOffset};

/// Counts are of what is shown, and of nobody else's.
pub async fn counts_are_those_of_what_is_shown(fixture: &GalleryFixture) {
    let span = TimeSpan {
        from: start() + TimeDelta::seconds(2),
        until: start() + TimeDelta::seconds(4),
    };
    let count = || async {
        let gallery = fixture.gallery();
        let counts = gallery.counts(&owner("a"), UtcOffset::UTC, span).await;
        counts.unwrap()
    };
    let none = count().await;
    assert_eq!(
        (none.total(), none.last, none.busiest_hour()),
        (0, None, None)
    );
    let items = mixed(fixture).await;
    fixture.shown("b", 9).await;
    fixture.records().made("a", 9).await;
    fixture.delete(&items[0].generation).await;
    let counts = count().await;
    assert_eq!(
        (counts.total(), counts.favourites, counts.in_span),
        (5, 3, 2)
    );
    assert_eq!(counts.last, Some(items[1].generation.created_at()));
}

/// The hours are those of the user, also where the offset is no whole hour or leads to another day.
pub async fn hours_are_those_of_the_user(fixture: &GalleryFixture) {
    let mut times = Vec::new();
    for hours in [0, 1, 1, 2, 13, 23, 25] {
        times.push(fixture.shown("a", hours * 3_600).await.created_at());
    }
    let span = TimeSpan {
        from: start(),
        until: start(),
    };
    for minutes in [-840, -570, -1, 0, 1, 180, 345, 840] {
        let offset = UtcOffset::from_minutes(minutes).unwrap();
        let counts = fixture.gallery().counts(&owner("a"), offset, span).await;
        let counts = counts.unwrap();
        let mut by_hour = [0; 24];
        for time in &times {
            let local = *time + TimeDelta::minutes(minutes.into());
            by_hour[local.hour() as usize] += 1;
        }
        assert_eq!(counts.by_hour, by_hour, "{minutes}");
    }
}
