//! A submit whose answer is lost is found again, or said to be unknown; it is never paid twice.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use fal_client::{
    FalErrorKind, FalPlatformExt, FalQueue, InputHash, LostSearch, RetryPolicy, SubmitOptions,
    TimeSource, UnknownSubmit, WebhookUrl,
    http::{HttpFalPlatform, HttpFalQueue},
    layer::{Retrying, Traced},
    testing::Reply,
};
use serde_json::{Value, json};

use crate::support::{endpoint, settings, start};

fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

/// What the platform lists of one request.
fn listed(id: &str, sent_at: DateTime<Utc>, input: Option<&Value>) -> Value {
    let mut item = json!({
        "request_id": id, "endpoint_id": endpoint(), "sent_at": sent_at.to_rfc3339(),
        "started_at": sent_at.to_rfc3339(),
    });
    if let Some(input) = input {
        item["json_input"] = input.clone();
    }
    item
}

fn page(items: &[Value], next: Option<&str>) -> Reply {
    let page = json!({ "items": items, "next_cursor": next, "has_more": next.is_some() });
    Reply::json(200, &page.to_string())
}

#[tokio::test]
async fn two_hundred_lost_answers_are_found_again_without_a_second_submit() {
    let server = start([]).await;
    let settings = settings(&server).with_clock(TimeSource::new(now));
    let policy = RetryPolicy::default().with_base(Duration::ZERO);
    let queue = HttpFalQueue::new(&settings).unwrap();
    let queue = Traced::new(Retrying::new(queue, policy));
    let platform = HttpFalPlatform::new(&settings).unwrap();
    let (mut submits, mut found) = (0, 0);
    for round in 0..200 {
        let input = json!({ "prompt": format!("a canary {round}"), "seed": round });
        let submitted = include_str!("../wire/submitted.json");
        // Accepted each time; the answer is lost on its way in one of four manners.
        server.add(match round % 4 {
            0 => Reply::Close,
            1 => Reply::html(504, include_str!("../wire/errors/nginx_504.html")),
            2 => Reply::Raw(
                format!("HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{submitted}").into(),
            ),
            _ => Reply::json(200, "<html>"),
        });
        let options = SubmitOptions::default();
        let error = queue
            .submit(&endpoint(), &input, &options)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), FalErrorKind::Unacknowledged);
        let lost = error.unknown_submit().unwrap().clone();
        submits += 1;

        // The list has it among others, one of them of the same prompt at another time, on two pages.
        let decoy = json!({ "prompt": format!("a canary {round}"), "seed": round + 1 });
        let mine = listed(
            &format!("mine-{round}"),
            now() + TimeDelta::seconds(1),
            Some(&input),
        );
        let old = listed("old", now() - TimeDelta::hours(1), Some(&input));
        server.add(page(
            &[listed("decoy", now(), Some(&decoy)), old],
            Some("next"),
        ));
        server.add(page(&[mine], None));
        match platform.find_lost(&lost).await {
            LostSearch::Found(id) => {
                assert_eq!(id.as_str(), format!("mine-{round}"));
                found += 1;
            }
            other => panic!("round {round}: {other:?}"),
        }
    }
    let requests = server.requests();
    let paid = requests
        .iter()
        .filter(|request| request.method == "POST")
        .count();
    assert_eq!((submits, found, paid), (200, 200, 200));
}

#[tokio::test]
async fn a_lost_submit_knows_all_that_finds_it_and_tells_no_prompt() {
    let server = start([Reply::Close]).await;
    let settings = settings(&server).with_clock(TimeSource::new(now));
    let queue = HttpFalQueue::new(&settings).unwrap();
    let hook: WebhookUrl = "https://pictures.example/fal".parse().unwrap();
    let options = SubmitOptions::default().with_webhook(hook.for_id("0199").unwrap());
    let input = json!({ "prompt": "a canary" });
    let error = queue
        .submit(&endpoint(), &input, &options)
        .await
        .unwrap_err();
    let expected = UnknownSubmit::new(endpoint(), InputHash::of(&input), now(), now())
        .with_webhook_id(Some("0199"));
    assert_eq!(error.unknown_submit(), Some(&expected));
    let saved = serde_json::to_string(error.unknown_submit().unwrap()).unwrap();
    assert!(!saved.contains("canary") && !format!("{error:?}").contains("canary"));
}

#[tokio::test]
async fn a_submit_that_was_refused_is_not_unknown() {
    for reply in [
        Reply::json(401, "{}"),
        Reply::json(429, "{}"),
        Reply::html(503, "nginx"),
    ] {
        let server = start([reply]).await;
        let queue = HttpFalQueue::new(&settings(&server)).unwrap();
        let error = queue
            .submit(&endpoint(), &json!({}), &SubmitOptions::default())
            .await
            .unwrap_err();
        assert!(error.is_unsent() && error.unknown_submit().is_none());
    }
}

#[tokio::test]
async fn what_cannot_be_told_is_not_guessed() {
    let input = json!({ "prompt": "a lighthouse" });
    let lost = UnknownSubmit::new(endpoint(), InputHash::of(&input), now(), now());
    let twin = |id| listed(id, now(), Some(&input));
    for (reply, expected) in [
        (page(&[], None), "NotFound"),
        (page(&[twin("a"), twin("b")], None), "Ambiguous"),
        (page(&[listed("a", now(), None)], None), "Ambiguous"),
        (Reply::json(401, "{}"), "Unreachable"),
        (Reply::Close, "Unreachable"),
        (
            page(&[json!({ "request_id": "../x" })], None),
            "Unreachable",
        ),
    ] {
        let server = start([reply]).await;
        let platform = HttpFalPlatform::new(&settings(&server)).unwrap();
        let found = platform.find_lost(&lost).await;
        assert!(format!("{found:?}").starts_with(expected), "{found:?}");
    }
}
