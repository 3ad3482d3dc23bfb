//! Times as Python and databases print them.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};

/// Times with an offset: those of Python with a space, and those of PostgreSQL.
const WITH_OFFSET: [&str; 3] = [
    "%Y-%m-%dT%H:%M:%S%.f%#z",
    "%Y-%m-%d %H:%M:%S%.f%#z",
    "%Y-%m-%d %H:%M:%S%.f %#z",
];

/// Times without one: `datetime.isoformat()` and `str(datetime)`, with or without fraction and seconds.
const NAIVE: [&str; 4] = [
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
];

/// Returns the time that `text` is; one without an offset is taken at `naive_offset`, a day at its beginning.
///
/// `None` for anything else, and for years outside 1 to 9999, which no key can have.
pub(super) fn read(text: &str, naive_offset: FixedOffset) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let exact = || DateTime::parse_from_rfc3339(text).ok();
    let with_offset = || {
        let read = |form: &&str| DateTime::parse_from_str(text, form).ok();
        WITH_OFFSET.iter().find_map(read)
    };
    let naive = || {
        let read = |form: &&str| NaiveDateTime::parse_from_str(text, form).ok();
        let day = || {
            let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
            Some(day.and_time(NaiveTime::MIN))
        };
        let time = NAIVE.iter().find_map(read).or_else(day)?;
        naive_offset.from_local_datetime(&time).single()
    };
    let time = exact().or_else(with_offset).or_else(naive)?.to_utc();
    (1..=9999).contains(&time.year()).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, hours: i32) -> Option<String> {
        let offset = FixedOffset::east_opt(hours * 3600).unwrap();
        read(text, offset).map(crate::timestamp::text)
    }

    #[test]
    fn every_printed_form_is_read() {
        for text in [
            "2025-01-02T03:04:05.600000",
            "2025-01-02T03:04:05.6",
            "2025-01-02 03:04:05.6",
            "2025-01-02T03:04:05.6Z",
            "2025-01-02T03:04:05.6+00:00",
            "2025-01-02 03:04:05.6+00:00",
            "2025-01-02 03:04:05.6+00",
            "2025-01-02 05:04:05.6 +0200",
            " 2025-01-02T05:04:05.6+02:00 ",
        ] {
            let read = at(text, 0);
            assert_eq!(
                read.as_deref(),
                Some("2025-01-02T03:04:05.600000Z"),
                "{text}"
            );
        }
        for (text, expected) in [
            ("2025-01-02", "2025-01-02T00:00:00.000000Z"),
            ("2025-01-02T03:04", "2025-01-02T03:04:00.000000Z"),
            ("2025-01-02 03:04:05", "2025-01-02T03:04:05.000000Z"),
        ] {
            assert_eq!(at(text, 0).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn only_times_without_an_offset_follow_the_setting() {
        let moved = at("2025-01-02T01:00:00", 3);
        assert_eq!(moved.as_deref(), Some("2025-01-01T22:00:00.000000Z"));
        let fixed = at("2025-01-02T01:00:00Z", 3);
        assert_eq!(fixed.as_deref(), Some("2025-01-02T01:00:00.000000Z"));
    }

    #[test]
    fn anything_else_is_no_time() {
        for text in [
            "",
            "yesterday",
            "1735787045",
            "02.01.2025",
            "2025-02-30",
            "2025-13-01",
            "0000-01-01",
            "10000-01-01T00:00:00",
            "2025-01-02T25:00:00",
        ] {
            assert_eq!(at(text, 0), None, "{text:?}");
        }
    }
}
