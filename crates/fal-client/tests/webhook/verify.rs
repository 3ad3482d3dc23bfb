//! The signature, byte by byte.

use std::time::Duration;

use chrono::TimeDelta;
use fal_client::webhook::{Verification, WebhookErrorKind, WebhookHeaders, verify};
use tokio::time::Instant;

use crate::support::{OK, USER, headers, keys, now, signed};

/// Returns why a delivery is not taken, or `None` when it is.
fn refusal(texts: &[String; 4], body: &[u8], numbers: &[u8]) -> Option<WebhookErrorKind> {
    let Some(headers) = headers(texts) else {
        return Some(WebhookErrorKind::BadHeaders);
    };
    let against = Verification {
        keys: &keys(numbers),
        now: now(),
        user_id: Some(USER),
    };
    verify(&headers, body, against)
        .err()
        .map(|error| error.kind())
}

#[test]
fn what_fal_signed_is_taken_with_any_of_its_keys() {
    let texts = signed(2, OK.as_bytes(), now());
    for numbers in [&[2][..], &[1, 2], &[2, 3], &[1, 3, 2]] {
        assert_eq!(refusal(&texts, OK.as_bytes(), numbers), None, "{numbers:?}");
    }
    assert_eq!(
        refusal(&texts, OK.as_bytes(), &[1, 3]),
        Some(WebhookErrorKind::BadSignature)
    );
    let empty = signed(2, b"", now());
    assert_eq!(refusal(&empty, b"", &[2]), None);
}

#[test]
fn a_change_of_any_byte_of_the_body_is_seen() {
    let texts = signed(1, OK.as_bytes(), now());
    for index in 0..OK.len() {
        let mut body = OK.as_bytes().to_vec();
        body[index] ^= 1;
        assert_eq!(
            refusal(&texts, &body, &[1]),
            Some(WebhookErrorKind::BadSignature),
            "{index}"
        );
    }
    for body in [
        &OK.as_bytes()[1..],
        &OK.as_bytes()[..OK.len() - 1],
        b"",
        &[OK.as_bytes(), b" "].concat(),
    ] {
        assert_eq!(
            refusal(&texts, body, &[1]),
            Some(WebhookErrorKind::BadSignature)
        );
    }
}

#[test]
fn a_change_of_any_byte_of_any_header_is_seen() {
    let good = signed(1, OK.as_bytes(), now());
    for header in 0..4 {
        for index in 0..good[header].len() {
            for flip in [1, 2, 4] {
                let mut bytes = good[header].clone().into_bytes();
                bytes[index] ^= flip;
                let mut texts = good.clone();
                texts[header] = String::from_utf8(bytes).unwrap();
                let found = refusal(&texts, OK.as_bytes(), &[1]);
                assert!(found.is_some(), "{header} {index} {:?}", texts[header]);
            }
        }
        let mut texts = good.clone();
        texts[header].pop();
        assert!(
            refusal(&texts, OK.as_bytes(), &[1]).is_some(),
            "{header} shortened"
        );
        texts[header].clear();
        assert_eq!(
            refusal(&texts, OK.as_bytes(), &[1]),
            Some(WebhookErrorKind::BadHeaders)
        );
    }
}

#[test]
fn the_parts_of_the_message_cannot_be_moved_between_headers() {
    let mut texts = signed(1, OK.as_bytes(), now());
    texts[0] = format!("{}\n{USER}", texts[0]);
    assert_eq!(
        refusal(&texts, OK.as_bytes(), &[1]),
        Some(WebhookErrorKind::BadHeaders)
    );
}

#[test]
fn five_minutes_either_way_are_fresh_and_a_second_more_is_not() {
    for (offset, expected) in [
        (0, None),
        (-300, None),
        (300, None),
        (-301, Some(WebhookErrorKind::OutOfTime)),
        (301, Some(WebhookErrorKind::OutOfTime)),
        (-86_400, Some(WebhookErrorKind::OutOfTime)),
    ] {
        let texts = signed(1, OK.as_bytes(), now() + TimeDelta::seconds(offset));
        assert_eq!(refusal(&texts, OK.as_bytes(), &[1]), expected, "{offset}");
    }
    for odd in [
        "+1",
        "-1",
        "1e9",
        " 1",
        "1.0",
        "0x1",
        "9999999999999999999",
        "１",
    ] {
        let mut texts = signed(1, OK.as_bytes(), now());
        texts[2] = odd.to_owned();
        let found = refusal(&texts, OK.as_bytes(), &[1]);
        assert_eq!(found, Some(WebhookErrorKind::BadHeaders), "{odd}");
    }
    let mut texts = signed(1, OK.as_bytes(), now());
    texts[2] = "9".repeat(18);
    assert_eq!(
        refusal(&texts, OK.as_bytes(), &[1]),
        Some(WebhookErrorKind::OutOfTime)
    );
}

#[test]
fn another_account_is_told_only_to_fal_itself() {
    let keys = keys(&[1]);
    let against = |user_id| Verification {
        keys: &keys,
        now: now(),
        user_id,
    };
    let ours = headers(&signed(1, OK.as_bytes(), now())).unwrap();
    let foreign = headers(&signed(9, OK.as_bytes(), now())).unwrap();
    let kind = |headers: &WebhookHeaders, user_id| {
        let outcome = verify(headers, OK.as_bytes(), against(user_id));
        outcome.err().map(|error| error.kind())
    };
    assert_eq!(kind(&ours, None), None);
    assert_eq!(
        kind(&ours, Some("user_124")),
        Some(WebhookErrorKind::WrongUser)
    );
    assert_eq!(
        kind(&foreign, Some("user_124")),
        Some(WebhookErrorKind::BadSignature)
    );
}

#[test]
fn a_signature_in_capitals_is_the_same_and_one_that_is_none_is_a_bad_header() {
    let mut texts = signed(1, OK.as_bytes(), now());
    texts[3] = texts[3].to_uppercase();
    assert_eq!(refusal(&texts, OK.as_bytes(), &[1]), None);
    for odd in ["00", "zz", &"g".repeat(128), &"0".repeat(130)] {
        texts[3] = odd.to_owned();
        let found = refusal(&texts, OK.as_bytes(), &[1]);
        assert_eq!(found, Some(WebhookErrorKind::BadHeaders), "{odd}");
    }
    texts[3] = "0".repeat(128);
    assert_eq!(
        refusal(&texts, OK.as_bytes(), &[1]),
        Some(WebhookErrorKind::BadSignature)
    );
}

/// Measured by hand in a release build: `cargo test --release -p fal-client --all-features --test webhook -- --ignored
/// --nocapture`. A build that is not optimised, such as that of the whole list of tests, is far below it.
#[test]
#[ignore = "needs a release build and a quiet core"]
fn ten_thousand_deliveries_a_second_are_verified_on_one_core() {
    let (keys, texts) = (keys(&[1]), signed(1, OK.as_bytes(), now()));
    let headers = headers(&texts).unwrap();
    let against = Verification {
        keys: &keys,
        now: now(),
        user_id: Some(USER),
    };
    let start = Instant::now();
    let mut done = 0_u32;
    while start.elapsed() < Duration::from_secs(3) {
        for _ in 0..100 {
            verify(&headers, OK.as_bytes(), against).unwrap();
        }
        done += 100;
    }
    let rate = f64::from(done) / start.elapsed().as_secs_f64();
    println!("{rate:.0} deliveries of {} bytes a second", OK.len());
    let least = if cfg!(debug_assertions) {
        5.0
    } else {
        10_000.0
    };
    assert!(rate >= least, "{rate:.0}");
}
