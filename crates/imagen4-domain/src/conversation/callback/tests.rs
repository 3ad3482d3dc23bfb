//! Tests of the texts of buttons.

use chrono::{DateTime, NaiveDate, TimeDelta};
use proptest::prelude::*;

use super::*;
use crate::conversation::keyboard::{CallbackData, MAX_CALLBACK_BYTES};

fn ids() -> impl Strategy<Value = GenerationId> {
    (0..253_402_300_799_i64)
        .prop_map(|seconds| GenerationId::new(DateTime::from_timestamp(seconds, 0).unwrap()))
}

fn dates() -> impl Strategy<Value = DateChoice> {
    let between = (0..3_000_000_i32, 0..90_i64).prop_map(|(days, length)| {
        let from = NaiveDate::from_num_days_from_ce_opt(days + 1).unwrap();
        DateChoice::between(from, from + TimeDelta::days(length)).unwrap()
    });
    prop_oneof![
        Just(DateChoice::All),
        Just(DateChoice::Today),
        Just(DateChoice::Yesterday),
        Just(DateChoice::Week),
        Just(DateChoice::Month),
        between,
    ]
}

fn kinds() -> impl Strategy<Value = KindChoice> {
    "[a-z0-9._-]{1,40}".prop_map(|text| text.parse().unwrap())
}

fn ratios() -> impl Strategy<Value = AspectRatio> {
    (1..100_u8, 1..100_u8).prop_map(|(width, height)| format!("{width}:{height}").parse().unwrap())
}

fn callbacks() -> impl Strategy<Value = Callback> {
    let names = prop::sample::select(CallbackName::ALL.to_vec());
    (names, ids(), ratios(), kinds(), dates()).prop_map(|(name, id, ratio, kind, date)| {
        let arguments = [
            String::new(),
            id.to_string(),
            ratio.to_string(),
            kind.to_string(),
            date.to_string(),
        ];
        let fitting = arguments.iter().find_map(|argument| name.with(argument));
        match (name, fitting) {
            (CallbackName::Type, _) => Callback::Type(kind),
            (_, Some(callback)) => callback,
            (name, None) => panic!("nothing fits {name:?}"),
        }
    })
}

proptest! {
    #[test]
    fn every_button_fits_and_comes_back_from_its_text(callback in callbacks()) {
        let text = CallbackData::from(&callback).to_string();
        prop_assert!((1..=MAX_CALLBACK_BYTES).contains(&text.len()), "{text}");
        prop_assert_eq!(Callback::read(&text), Some(callback));
    }

    #[test]
    fn any_text_gives_an_answer_and_what_is_read_has_that_one_text(text in "[a-z0-9_:.-]{0,70}|\\PC{0,70}") {
        if let Some(callback) = Callback::read(&text) {
            prop_assert_eq!(callback.to_string(), text);
        }
    }
}

#[test]
fn what_a_button_cannot_say_is_not_read() {
    for text in [
        "",
        "imagen4_menu ",
        "imagen4_menu:1",
        "imagen4_aspect_ratio:",
        "imagen4_aspect_ratio:wide",
        "gallery_delete:17",
        "gallery_delete_confirm:",
        "gallery_type:IMAGEN4",
        "gallery_date:2026-11-20..2026-11-01",
        "gallery_date:2026-01-01..2026-04-01",
        "gallery_date:2026-1-1..2026-1-2",
    ] {
        assert_eq!(Callback::read(text), None, "{text:?}");
    }
    let ninety = "gallery_date:2026-01-01..2026-03-31";
    assert!(Callback::read(ninety).is_some());
}
