//! Any line as the row of an earlier program: a row with lawful fields, or the name of the wrong one.
#![no_main]

use chrono::{Datelike, FixedOffset};
use imagen4_domain::LegacyRow;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|line: &str| {
    for hours in [-12, 0, 14] {
        let offset = FixedOffset::east_opt(hours * 3600).expect("a lawful offset");
        let Ok(row) = LegacyRow::from_json(line, offset) else {
            continue;
        };
        assert!(!row.id().is_empty() && !row.user_id().is_empty());
        assert!((1..=9999).contains(&row.created_at().year()));
        assert!(row.urls().len() <= 99);
    }
});
