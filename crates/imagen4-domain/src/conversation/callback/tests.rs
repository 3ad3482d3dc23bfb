//! Tests of the texts of buttons.

use chrono::{DateTime, NaiveDate, TimeDelta};
use proptest::prelude::*;

use super::*;
use crate::conversation::keyboard::{CallbackData, MAX_CALLBACK_BYTES};
use crate::gallery::Days;

fn ids() -> impl Strategy<Value = GenerationId> {
    (0..253_402_300_799_i64)
        .prop_map(|seconds| GenerationId::new(DateTime::from_timestamp(seconds, 0).unwrap()))
}

fn days() -> impl Strategy<Value = DateButton> {
    let range = (0..20_000_i64, 0..90_i64).prop_map(|(start, length)| {
        let first = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap() + TimeDelta::days(start);
        Days::between(first, first + TimeDelta::days(length)).unwrap()
    });
    let words = prop::sample::select(vec![Days::Today, Days::Yesterday, Days::Week, Days::Month]);
    prop_oneof![
        Just(DateButton::Choose),
        Just(DateButton::Choice(DateChoice::All)),
        words.prop_map(|days| DateButton::Choice(DateChoice::Days(days))),
        range.prop_map(|days| DateButton::Choice(DateChoice::Days(days))),
    ]
}

fn ratios() -> impl Strategy<Value = AspectRatio> {
    (1..100_u8, 1..100_u8).prop_map(|(width, height)| format!("{width}:{height}").parse().unwrap())
}

fn callbacks() -> impl Strategy<Value = Callback> {
    let names = prop::sample::select(CallbackName::ALL.to_vec());
    let kinds = prop::sample::select(KindChoice::ALL.to_vec());
    (names, ids(), ratios(), kinds, days()).prop_map(|(name, id, ratio, kind, days)| match name {
        CallbackName::Type => Callback::Type(kind),
        CallbackName::Date => Callback::Date(days),
        CallbackName::AspectRatio => Callback::AspectRatio(ratio),
        other if other.form().contains("{id}") => other.with(&id.to_string()).unwrap(),
        other => other.with("").unwrap(),
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
    fn a_text_with_one_character_changed_has_another_meaning_or_none(
        callback in callbacks(), at in any::<prop::sample::Index>(), other in "[ -~]",
    ) {
        let mut text = callback.to_string();
        let at = at.index(text.len());
        text.replace_range(at..=at, &other);
        if let Some(read) = Callback::read(&text) {
            prop_assert_eq!(read.to_string(), text);
        }
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
        "gallery_delete:0192F0C1-d2e3-7abc-8def-0123456789ab",
        "gallery_delete_confirm:",
        "gallery_type:IMAGEN4",
        "gallery_date:2026-11-20/2026-11-01",
        "gallery_date:2026-11-1/2026-11-20",
        "gallery_date: 2026-11-01/2026-11-20",
        "gallery_date:2026-01-01/2026-04-01",
    ] {
        assert_eq!(Callback::read(text), None, "{text:?}");
    }
    let ninety = "gallery_date:2026-01-01/2026-03-31";
    assert!(Callback::read(ninety).is_some());
}
