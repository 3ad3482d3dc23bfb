use proptest::prelude::*;

use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn minutes(minutes: i32) -> UtcOffset {
    UtcOffset::from_minutes(minutes).unwrap()
}

#[test]
fn a_day_begins_at_the_users_midnight() {
    // In Moscow the 23rd has begun, in New York it is still the 22nd.
    let now = at("2026-11-22T22:30:00Z");
    let today = Days::Today.span(minutes(180), now);
    assert_eq!(today.from, at("2026-11-22T21:00:00Z"));
    assert_eq!(today.until, at("2026-11-23T21:00:00Z"));
    let today = Days::Today.span(minutes(-300), now);
    assert_eq!(today.from, at("2026-11-22T05:00:00Z"));
    let yesterday = Days::Yesterday.span(minutes(180), now);
    assert_eq!(yesterday.from, at("2026-11-21T21:00:00Z"));
    assert_eq!(yesterday.until, at("2026-11-22T21:00:00Z"));
}

#[test]
fn a_week_has_seven_days_and_a_month_thirty_across_the_ends_of_months() {
    let now = at("2028-03-01T12:00:00Z");
    let yesterday = Days::Yesterday.span(UtcOffset::UTC, now);
    assert_eq!(yesterday.from, at("2028-02-29T00:00:00Z"));
    let week = Days::Week.span(UtcOffset::UTC, now);
    assert_eq!(week.from, at("2028-02-24T00:00:00Z"));
    let month = Days::Month.span(UtcOffset::UTC, now);
    assert_eq!(month.from, at("2028-02-01T00:00:00Z"));
    assert_eq!(month.until, at("2028-03-02T00:00:00Z"));
}

#[test]
fn a_range_has_at_most_ninety_days_and_begins_before_it_ends() {
    let range = |first, last| DayRange::new(day(first), day(last));
    assert!(range("2026-11-22", "2026-11-22").is_ok());
    assert!(range("2026-01-01", "2026-03-31").is_ok());
    for (first, last, says) in [
        ("2026-01-01", "2026-04-01", "at most 90"),
        ("2026-11-23", "2026-11-22", "begin before"),
        ("1969-12-31", "1970-01-01", "1970"),
    ] {
        let error = range(first, last).unwrap_err();
        assert_eq!(error.field(), "days");
        assert!(error.rule().contains(says), "{error}");
    }
}

#[test]
fn days_come_back_from_their_text() {
    for text in [
        "today",
        "yesterday",
        "week",
        "month",
        "2026-11-01/2026-11-22",
    ] {
        assert_eq!(text.parse::<Days>().unwrap().to_string(), text);
        let json = serde_json::to_string(&text.parse::<Days>().unwrap()).unwrap();
        assert_eq!(json, format!("\"{text}\""));
    }
    for text in [
        "",
        "Today",
        "2026-11-01",
        "2026-11-01/",
        "2026-02-29/2026-03-01",
        "a/b",
    ] {
        assert_eq!(text.parse::<Days>().unwrap_err().field(), "days", "{text}");
    }
}

#[test]
fn offsets_end_fourteen_hours_either_way() {
    for good in [-840, -1, 0, 330, 840] {
        assert_eq!(i32::from(minutes(good).minutes()), good);
    }
    for wrong in [-841, 841, i32::MAX, i32::MIN] {
        let error = UtcOffset::from_minutes(wrong).unwrap_err();
        assert_eq!(error.field(), "utc_offset");
    }
    assert!(serde_json::from_str::<UtcOffset>("841").is_err());
}

fn any_days() -> impl Strategy<Value = Days> {
    let range = (0_i64..20_000, 0_i64..MAX_DAYS).prop_map(|(start, length)| {
        let first = day("1990-01-01") + TimeDelta::days(start);
        Days::between(first, first + TimeDelta::days(length)).unwrap()
    });
    prop_oneof![
        Just(Days::Today),
        Just(Days::Yesterday),
        Just(Days::Week),
        Just(Days::Month),
        range,
    ]
}

/// Tells the same by the calendar alone, day by day.
fn by_calendar(days: Days, today: NaiveDate, day: NaiveDate) -> bool {
    let ago = (today - day).num_days();
    match days {
        Days::Today => ago == 0,
        Days::Yesterday => ago == 1,
        Days::Week => (0..7).contains(&ago),
        Days::Month => (0..30).contains(&ago),
        Days::Range(range) => range.first() <= day && day <= range.last(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_span_holds_just_the_moments_of_its_days(
        days in any_days(), offset in -840_i32..=840, now in 631_152_000_i64..2_500_000_000, away in prop_oneof![-9_000_000_i64..200_000, -200_000_i64..200_000]
    ) {
        let offset = minutes(offset);
        let now = DateTime::from_timestamp(now, 0).unwrap();
        let moment = match days {
            Days::Range(range) => offset.start_of(range.first()) + TimeDelta::seconds(away + 8_000_000),
            _ => now + TimeDelta::seconds(away),
        };
        let expected = by_calendar(days, offset.day_of(now), offset.day_of(moment));
        prop_assert_eq!(days.span(offset, now).contains(moment), expected);
    }

    #[test]
    fn the_ends_of_a_span_are_midnights(days in any_days(), offset in -840_i32..=840, now in 0_i64..4_000_000_000) {
        let offset = minutes(offset);
        let span = days.span(offset, DateTime::from_timestamp(now, 0).unwrap());
        for end in [span.from, span.until] {
            prop_assert_eq!(offset.start_of(offset.day_of(end)), end);
        }
        prop_assert!(span.from < span.until && span.until - span.from <= TimeDelta::days(MAX_DAYS));
    }
}
