//! Any text as the key of a picture, and any parts as a key in each layout.
#![no_main]

use chrono::{Datelike, NaiveDate};
use libfuzzer_sys::fuzz_target;
use storage::ObjectKey;
use storage::pictures::{ImageFormat, KeyLayout, ParsedKey, PictureKey, PictureName};

fuzz_target!(|text: &str| {
    if let Ok(key) = text.parse::<ObjectKey>() {
        if let Some(parsed) = PictureKey::parse(&key) {
            read_and_written_again(&parsed);
        }
    }
    let mut parts = text.splitn(4, ' ');
    let mut next = || parts.next().unwrap_or_default();
    let (folder, tenant, id) = (next(), next(), next());
    let bytes = next().as_bytes();
    let at = |index: usize| bytes.get(index).copied().unwrap_or_default();
    let date = NaiveDate::from_num_days_from_ce_opt(
        i32::from(u16::from_be_bytes([at(0), at(1)])) * 16 + 366,
    );
    let format = ImageFormat::ALL[usize::from(at(2)) % ImageFormat::ALL.len()];
    let (Ok(name), Some(date)) = (PictureName::new(id, at(3) % 99 + 1, format), date) else {
        return;
    };
    for layout in [KeyLayout::by_date(), KeyLayout::sharded()] {
        let layout = match tenant.parse() {
            Ok(tenant) => layout.with_tenant(tenant),
            Err(_) => layout,
        };
        written_and_read_again(folder, layout, date, &name);
    }
});

/// What was read gives a key that reads the same.
fn read_and_written_again(parsed: &ParsedKey) {
    assert!((1..=99).contains(&parsed.number));
    assert!((1..=9999).contains(&parsed.date.year()));
    let layout = match parsed.shard {
        Some(_) => KeyLayout::sharded(),
        None => KeyLayout::by_date(),
    };
    let layout = match &parsed.tenant {
        Some(tenant) => layout.with_tenant(tenant.clone()),
        None => layout,
    };
    let name = PictureName::new(&parsed.generation_id, parsed.number, parsed.format)
        .expect("what was read is lawful");
    let key = PictureKey::new(parsed.folder.clone(), parsed.date, name).with_layout(layout);
    let Ok(key) = key.to_object_key() else {
        // A longer spelling of the extension may have been all that there was room for.
        return;
    };
    assert_eq!(PictureKey::parse(&key).as_ref(), Some(parsed), "{key}");
}

/// A key that was built gives back its parts.
fn written_and_read_again(folder: &str, layout: KeyLayout, date: NaiveDate, name: &PictureName) {
    let folder = folder.parse().ok();
    let key = PictureKey::new(folder.clone(), date, name.clone()).with_layout(layout.clone());
    let Ok(key) = key.to_object_key() else {
        assert!(date.year() > 9999, "only the year can be wrong");
        return;
    };
    let parsed = PictureKey::parse(&key).expect("a key that was built is read");
    assert_eq!(parsed.folder, folder, "{key}");
    assert_eq!(parsed.tenant.as_ref(), layout.tenant(), "{key}");
    assert_eq!(parsed.shard.is_some(), layout.is_sharded(), "{key}");
    assert_eq!(parsed.date, date, "{key}");
    assert_eq!(parsed.generation_id, name.generation_id(), "{key}");
    assert_eq!(
        (parsed.number, parsed.format),
        (name.number(), name.format()),
        "{key}"
    );
}
