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
use storage::pictures::{
    BucketMap, ImageFormat, KeyLayout, PictureKey, PictureKind, PictureName, Shard, Tenant,
};

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
        .with(
            PictureKind::Generated,
            bucket("one"),
            folder("2024/01/02/2024"),
        )
        .with(PictureKind::Avatar, bucket("one"), folder("a/b"))
        .with(PictureKind::Temporary, bucket("one"), folder("a"))
        .build()
        .unwrap()
}

/// Builds a hundred thousand keys, reads each back, and sees to it that no two sets of parts share one.
fn lead_back_and_never_collide(layout: KeyLayout) {
    let map = one_bucket().with_layout(layout);
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
            let shard = Shard::of(&parts.id, parts.number);
            prop_assert_eq!(&parsed.folder, &map.place(parts.kind).folder);
            prop_assert_eq!(parsed.tenant.as_ref(), map.layout().tenant());
            prop_assert_eq!(parsed.shard, map.layout().is_sharded().then_some(shard));
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

#[test]
fn a_hundred_thousand_keys_lead_back_and_never_collide() {
    lead_back_and_never_collide(KeyLayout::by_date());
}

#[test]
fn so_do_as_many_with_a_shard() {
    lead_back_and_never_collide(KeyLayout::sharded());
}

#[test]
fn so_do_as_many_with_a_tenant() {
    let tenant: Tenant = "acme-7".parse().unwrap();
    lead_back_and_never_collide(KeyLayout::by_date().with_tenant(tenant));
}

#[test]
fn so_do_as_many_with_both() {
    let tenant: Tenant = "ab".parse().unwrap();
    lead_back_and_never_collide(KeyLayout::sharded().with_tenant(tenant));
}

#[test]
fn keys_of_different_layouts_never_meet() {
    let tenant: Tenant = "acme".parse().unwrap();
    let layouts = [
        KeyLayout::by_date(),
        KeyLayout::sharded(),
        KeyLayout::by_date().with_tenant(tenant.clone()),
        KeyLayout::sharded().with_tenant(tenant),
    ];
    let seen: RefCell<HashMap<String, (usize, PictureName)>> = RefCell::default();
    let mut runner = TestRunner::new(Config::with_cases(20_000));
    runner
        .run(&(parts(), 0..layouts.len()), |(parts, which)| {
            let name = PictureName::new(&parts.id, parts.number, parts.format).unwrap();
            let key = PictureKey::new(None, parts.date, name.clone());
            let key = key.with_layout(layouts[which].clone()).to_string();
            // The date stands in the key as it is, so layout and name are what could be mixed up.
            let earlier = seen.borrow_mut().insert(key, (which, name.clone()));
            prop_assert!(earlier.is_none_or(|earlier| earlier == (which, name)));
            Ok(())
        })
        .unwrap();
}

/// Names as they are drawn for generations: UUIDs of version 7 of one busy day, each with one to four pictures.
fn a_day_of_keys(count: usize) -> impl Iterator<Item = (String, u8)> {
    let mut chance = fastrand::Rng::with_seed(7);
    let start = 1_772_323_200_000_u64;
    let generations = (0_u64..).map(move |place| {
        let time = start + place * 2_000 + chance.u64(..2_000);
        let (high, low) = (chance.u16(..) & 0x0fff, chance.u64(..) >> 2);
        let id = format!(
            "{:08x}-{:04x}-7{high:03x}-{:04x}-{:012x}",
            time >> 16,
            time & 0xffff,
            0x8000 | (low >> 48) & 0x3fff,
            low & 0xffff_ffff_ffff,
        );
        (id, chance.u8(1..=4))
    });
    let pictures = generations.flat_map(|(id, many)| (1..=many).map(move |n| (id.clone(), n)));
    pictures.take(count)
}

#[test]
fn shards_spread_a_hundred_thousand_keys_of_one_day_evenly() {
    const KEYS: usize = 100_000;
    let mut counts = [0_u32; 256];
    for (id, number) in a_day_of_keys(KEYS) {
        counts[usize::from(Shard::of(&id, number).index())] += 1;
    }
    let mean = f64::from(counts.iter().sum::<u32>()) / 256.0;
    let max = f64::from(counts.into_iter().max().unwrap());
    println!("max {max}, mean {mean}, ratio {:.3}", max / mean);
    assert_eq!(counts.iter().sum::<u32>() as usize, KEYS);
    assert!(max / mean <= 1.25, "{max} of {mean}");
    // The ids themselves would not do: all of a day begin alike.
    let first = a_day_of_keys(KEYS).map(|(id, _)| id[..2].to_owned());
    assert_eq!(first.collect::<std::collections::HashSet<_>>().len(), 1);
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "[0-9a-z/_.]{1,40}") {
        let parsed = text.parse().ok().and_then(|key| PictureKey::parse(&key));
        prop_assert!(parsed.is_none_or(|parsed| (1..=99).contains(&parsed.number)));
    }
}
