//! Keys of pictures lead back to their parts, and different parts never meet in one key.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on must stop, also within its helpers"
)]

use std::cell::RefCell;
use std::collections::HashMap;

use chrono::NaiveDate;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use storage::ObjectRef;
use storage::pictures::{BucketMap, ImageFormat, PictureKey, PictureKind};

#[derive(Debug, Clone, PartialEq, Eq)]
struct Parts {
    kind: PictureKind,
    date: NaiveDate,
    id: String,
    number: u8,
    format: ImageFormat,
}

/// Few letters and short ids, so that parts that could meet come up often.
fn parts() -> impl Strategy<Value = Parts> {
    let id = prop_oneof![30 => "[a1_-]{1,4}", 1 => "[a-zA-Z0-9_-]{1,128}"];
    let date = (1_i32..=9999, 1_u32..=366);
    let kind = proptest::sample::select(PictureKind::ALL.to_vec());
    let format = proptest::sample::select(ImageFormat::ALL.to_vec());
    (kind, date, id, 1_u8..=99, format).prop_filter_map(
        "no such day",
        |(kind, (year, day), id, number, format)| {
            Some(Parts {
                kind,
                date: NaiveDate::from_yo_opt(year, day)?,
                id,
                number,
                format,
            })
        },
    )
}

fn one_bucket() -> BucketMap {
    let bucket = |name: &str| name.parse().unwrap();
    let folder = |name: &str| Some(name.parse().unwrap());
    BucketMap::builder()
        .with(PictureKind::Imagen4, bucket("one"), folder("imagen4/"))
        .with(PictureKind::Generated, bucket("one"), folder("2024/01/02"))
        .with(PictureKind::Avatar, bucket("one"), folder("a/b"))
        .with(PictureKind::Temporary, bucket("one"), folder("a"))
        .build()
        .unwrap()
}

#[test]
fn a_hundred_thousand_keys_lead_back_and_never_collide() {
    let map = one_bucket();
    let seen: RefCell<HashMap<ObjectRef, Parts>> = RefCell::default();
    let mut runner = TestRunner::new(Config::with_cases(100_000));
    runner
        .run(&parts(), |parts| {
            let object = map
                .object(
                    parts.kind,
                    parts.date,
                    &parts.id,
                    parts.number,
                    parts.format,
                )
                .unwrap();
            let parsed = PictureKey::parse(&object.key).unwrap();
            prop_assert_eq!(&parsed.folder, &map.place(parts.kind).folder);
            prop_assert_eq!(parsed.date, parts.date);
            prop_assert_eq!(&parsed.generation_id, &parts.id);
            prop_assert_eq!(parsed.number, parts.number);
            prop_assert_eq!(parsed.format, parts.format);
            if let Some(earlier) = seen.borrow_mut().insert(object, parts.clone()) {
                prop_assert_eq!(earlier, parts);
            }
            Ok(())
        })
        .unwrap();
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "[0-9a-z/_.]{1,40}") {
        let parsed = text.parse().ok().and_then(|key| PictureKey::parse(&key));
        prop_assert!(parsed.is_none_or(|parsed| (1..=99).contains(&parsed.number)));
    }
}
