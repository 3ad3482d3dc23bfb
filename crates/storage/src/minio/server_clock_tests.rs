//! What is learned from answers, and what is not.

use proptest::prelude::*;
use reqwest::header::HeaderValue;

use super::*;

/// A clock of ours that stands, and a server that is `ahead` of it.
#[derive(Debug)]
struct Standing(DateTime<Utc>);

impl Clock for Standing {
    fn now(&self) -> DateTime<Utc> {
        self.0
    }
}

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 400_000_000).unwrap()
}

fn clock() -> ServerClock {
    ServerClock::new(Arc::new(Standing(noon())))
}

fn headers(date: DateTime<Utc>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let text = date.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    headers.insert(DATE, HeaderValue::from_str(&text).unwrap());
    headers
}

/// Lets a server that is `ahead` answer at once.
fn hear(clock: &ServerClock, ahead: TimeDelta, refused: bool) -> bool {
    clock.learn(noon(), &headers(noon() + ahead), refused)
}

fn offset(clock: &ServerClock) -> TimeDelta {
    clock.read().now - noon()
}

#[test]
fn close_clocks_are_left_alone() {
    let clock = clock();
    for millis in [0, 999, -999, 1_900, -1_900] {
        hear(&clock, TimeDelta::milliseconds(millis), false);
        assert_eq!(offset(&clock), TimeDelta::zero(), "{millis}");
        assert_eq!(clock.read().ahead, TimeDelta::zero());
    }
}

#[test]
fn a_skew_is_known_from_the_first_answer_on() {
    for minutes in [15, -15, 3, -3, 600] {
        let clock = clock();
        let skew = TimeDelta::minutes(minutes);
        assert!(!hear(&clock, skew, false));
        assert!(offset(&clock) <= skew && skew - offset(&clock) < TimeDelta::seconds(1));
        let ahead = clock.read().ahead;
        assert!(ahead >= skew.max(TimeDelta::zero()));
        assert!(ahead <= skew.max(TimeDelta::zero()) + TimeDelta::seconds(2));
    }
}

#[test]
fn one_answer_against_the_others_changes_nothing_and_two_do() {
    let clock = clock();
    hear(&clock, TimeDelta::zero(), false);
    hear(&clock, TimeDelta::minutes(9), false);
    assert_eq!(offset(&clock), TimeDelta::zero());
    // The next answer is as before, so the odd one is forgotten.
    hear(&clock, TimeDelta::zero(), false);
    hear(&clock, TimeDelta::minutes(9), false);
    assert_eq!(offset(&clock), TimeDelta::zero());
    hear(&clock, TimeDelta::minutes(9), false);
    assert!(offset(&clock) > TimeDelta::minutes(8));
    // And back.
    hear(&clock, TimeDelta::zero(), false);
    assert!(offset(&clock) > TimeDelta::minutes(8));
    hear(&clock, TimeDelta::zero(), false);
    assert_eq!(offset(&clock), TimeDelta::zero());
}

#[test]
fn a_refusal_is_believed_at_once_and_worth_a_retry_only_when_it_tells_something() {
    let clock = clock();
    assert!(!hear(&clock, TimeDelta::zero(), true));
    assert!(hear(&clock, TimeDelta::minutes(20), true));
    assert!(!hear(&clock, TimeDelta::minutes(20), true), "known already");
    assert!(
        !hear(&clock, TimeDelta::minutes(24), true),
        "not far enough"
    );
    assert!(hear(&clock, TimeDelta::minutes(-24), true));
}

#[test]
fn caches_and_broken_clocks_tell_nothing() {
    let clock = clock();
    let mut cached = headers(noon() - TimeDelta::minutes(20));
    cached.insert(AGE, HeaderValue::from_static("0"));
    assert!(!clock.learn(noon(), &cached, true));
    hear(&clock, TimeDelta::days(2), true);
    hear(&clock, TimeDelta::days(-2), true);
    clock.learn(noon(), &HeaderMap::new(), true);
    let mut odd = HeaderMap::new();
    odd.insert(DATE, HeaderValue::from_static("yesterday"));
    clock.learn(noon(), &odd, true);
    // Our own clock went back while we waited.
    clock.learn(
        noon() + TimeDelta::seconds(1),
        &headers(noon() + TimeDelta::hours(1)),
        true,
    );
    assert_eq!(offset(&clock), TimeDelta::zero());
}

#[test]
fn a_slow_answer_says_little_and_spoils_nothing() {
    let clock = clock();
    let skew = TimeDelta::minutes(-15);
    hear(&clock, skew, false);
    let known = offset(&clock);
    let asked = noon() - TimeDelta::minutes(20);
    clock.learn(asked, &headers(noon() + skew), false);
    assert!((offset(&clock) - known).abs() < TimeDelta::seconds(1));
}

#[test]
fn more_answers_narrow_the_bounds() {
    let clock = clock();
    for millis in [900_000, 900_300, 900_599] {
        let server = noon() + TimeDelta::milliseconds(900_000);
        let asked = noon() - TimeDelta::milliseconds(900_599 - millis);
        clock.learn(asked, &headers(server), false);
    }
    let offset = clock.view().offset;
    assert!(offset.high - offset.low <= 1000, "{offset:?}");
}

proptest! {
    /// Whatever the skew and however slow the answers: the reading is never ahead of the server's time, and
    /// what is taken off the end of a link is never too little.
    #[test]
    fn the_true_offset_is_always_within_the_bounds(
        skew in -900_000_i64..=900_000,
        trips in prop::collection::vec((0_i64..4_000, 0_i64..4_000), 1..12),
    ) {
        let clock = clock();
        for (there, back) in trips {
            let asked = noon() - TimeDelta::milliseconds(there + back);
            let answered = noon() - TimeDelta::milliseconds(back) + TimeDelta::milliseconds(skew);
            clock.learn(asked, &headers(answered), false);
        }
        let offset = clock.view().offset;
        if offset == Bounds::default() {
            prop_assert!(skew.abs() <= TOLERATED + 9_000, "nothing was known of {skew}");
        } else {
            prop_assert!(offset.low <= skew && skew <= offset.high, "{offset:?} for {skew}");
            prop_assert!(clock.read().ahead.num_milliseconds() >= skew);
        }
    }
}
