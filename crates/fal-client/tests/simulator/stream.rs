//! The stream of a job's states: what it tells, and how it can break.

use std::time::Duration;

use fal_client::simulator::{Fault, Rule};
use serde_json::{Value, json};

use crate::support::{APP, Answer, Bench, quick};

const HOUR: Duration = Duration::from_hours(1);

fn words(events: &[Value]) -> Vec<&str> {
    let mut words: Vec<_> = events
        .iter()
        .map(|event| event["status"].as_str().unwrap())
        .collect();
    words.dedup();
    words
}

#[tokio::test]
async fn a_stream_tells_every_state_and_each_line_once_and_then_ends() {
    let time = Duration::from_millis(200);
    let bench = Bench::start(quick().queue_time(time).run_time(time)).await;
    let id = bench
        .submit(&json!({ "prompt": "a lake", "num_images": 2 }))
        .await;
    let events = bench.states(&id).await;
    assert_eq!(words(&events), ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]);
    assert_eq!(events[0]["queue_position"], 0);
    assert_eq!(events[0]["request_id"], json!(id));
    let lines = |event: &Value| event["logs"].as_array().cloned().unwrap_or_default();
    let streamed: Vec<Value> = events.iter().flat_map(lines).collect();
    let polled = bench.completed(&id).await.json();
    assert_eq!(json!(streamed), polled["logs"]);
    assert!(events.len() > 3, "lines come one after the other");
    assert_eq!(
        events.last().unwrap()["metrics"],
        polled["metrics"],
        "the end is that of a poll"
    );
}

#[tokio::test]
async fn a_stream_without_logs_has_an_event_for_each_move_in_the_line() {
    let bench = Bench::start(quick().runners(1).queue_time(HOUR)).await;
    let input = json!({ "prompt": "a lake" });
    let first = bench.submit(&input).await;
    let second = bench.submit(&input).await;
    let path = format!("{APP}/requests/{second}/status/stream");
    let mut answer = bench
        .client
        .get(bench.url(&path))
        .header("authorization", bench.authorization())
        .send()
        .await
        .unwrap();
    let mut heard = String::new();
    for _ in 0..2 {
        heard += std::str::from_utf8(&answer.chunk().await.unwrap().unwrap()).unwrap();
        bench.put(&format!("{APP}/requests/{first}/cancel")).await;
    }
    assert!(heard.contains("\"queue_position\":1"), "{heard}");
    assert!(heard.contains("\"queue_position\":0"), "{heard}");
    bench.put(&format!("{APP}/requests/{second}/cancel")).await;
    let rest = answer.text().await.unwrap();
    assert!(rest.contains("client_cancelled"), "{rest}");
}

#[tokio::test]
async fn the_stream_of_a_job_that_is_over_is_its_end_alone() {
    let bench = Bench::start(quick()).await;
    let id = bench.submit(&json!({ "prompt": "a lake" })).await;
    let polled = bench.completed(&id).await.json();
    assert_eq!(bench.states(&id).await, [polled]);
    let path = format!("{APP}/requests/0/status/stream");
    assert_eq!(bench.get(&path).await.status, 404);
}

#[tokio::test]
async fn a_stream_ends_when_the_simulator_stops() {
    let bench = Bench::start(quick().queue_time(HOUR)).await;
    let id = bench.submit(&json!({ "prompt": "a lake" })).await;
    let url = bench.url(&format!("{APP}/requests/{id}/status/stream"));
    let request = bench
        .client
        .get(url)
        .header("authorization", bench.authorization());
    let answer = request.send().await.unwrap();
    let began = tokio::time::Instant::now();
    bench.simulator.stop().await;
    assert!(began.elapsed() < Duration::from_secs(2));
    assert!(answer.text().await.unwrap().contains("IN_QUEUE"));
}

/// Opens the stream of a job with one fault, and reads as far as it goes.
async fn broken(fault: Fault) -> (String, bool) {
    let bench = Bench::start(
        quick()
            .run_time(Duration::from_millis(200))
            .script([Rule::nth_submit(1, fault)]),
    )
    .await;
    let id = bench.submit(&json!({ "prompt": "a lake" })).await;
    let url = bench.url(&format!("{APP}/requests/{id}/status/stream?logs=1"));
    let request = bench
        .client
        .get(url)
        .header("authorization", bench.authorization());
    let mut answer = request.send().await.unwrap();
    let mut heard = String::new();
    let is_whole = loop {
        match tokio::time::timeout(Duration::from_millis(1500), answer.chunk()).await {
            Ok(Ok(Some(piece))) => heard += std::str::from_utf8(&piece).unwrap(),
            Ok(Ok(None)) => break true,
            Ok(Err(_)) | Err(_) => break false,
        }
    };
    let last = bench.completed(&id).await;
    assert!(ended_well(&last), "a poll still tells the end");
    (heard, is_whole)
}

fn ended_well(answer: &Answer) -> bool {
    answer.json().get("error").is_none()
}

#[tokio::test]
async fn a_stream_can_break_off_in_the_middle() {
    let (heard, is_whole) = broken(Fault::StreamBreaks { after: 2 }).await;
    assert!(!is_whole);
    assert_eq!(heard.matches("data: ").count(), 2, "{heard}");
    assert!(!heard.contains("COMPLETED"), "{heard}");
}

#[tokio::test]
async fn a_stream_can_end_in_good_order_before_its_job() {
    let (heard, is_whole) = broken(Fault::StreamEnds { after: 1 }).await;
    assert!(is_whole);
    assert_eq!(heard.matches("data: ").count(), 1, "{heard}");
    assert!(!heard.contains("COMPLETED"), "{heard}");
}

#[tokio::test]
async fn a_stream_can_fall_silent() {
    let (heard, is_whole) = broken(Fault::StreamStalls { after: 1 }).await;
    assert!(!is_whole, "it is silent, not over");
    assert_eq!(heard.matches("data: ").count(), 1, "{heard}");
}

#[tokio::test]
async fn a_stream_can_hold_garbage_between_good_events() {
    let (heard, is_whole) = broken(Fault::StreamGarbage { after: 1 }).await;
    assert!(is_whole);
    let data: Vec<_> = heard
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .collect();
    let is_json = |text: &&str| serde_json::from_str::<Value>(text).is_ok();
    assert!(is_json(&data[0]) && !is_json(&data[1]));
    assert!(data[2..].iter().all(is_json) && heard.contains("COMPLETED"));
}
