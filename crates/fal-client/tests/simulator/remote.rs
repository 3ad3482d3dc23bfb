//! The controls over HTTP, for programs in other languages.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::support::{Bench, FAST, quick};

#[tokio::test]
async fn rules_are_added_and_cleared_from_outside() {
    let bench = Bench::start(quick()).await;
    let rules = json!([{ "when": "each_submit", "fault": "locked" }]);
    assert_eq!(bench.post("_simulator/rules", &rules).await.status, 200);
    let input = json!({ "prompt": "a lake" });
    assert_eq!(bench.post(FAST, &input).await.status, 403);
    let cleared = bench.send(Method::DELETE, "_simulator/rules", "").await;
    assert_eq!(cleared.unwrap().status, 200);
    assert_eq!(bench.post(FAST, &input).await.status, 200);
    let unknown = json!([{ "when": "each_submit", "fault": "rain" }]);
    let refused = bench.post("_simulator/rules", &unknown).await;
    assert_eq!(refused.status, 422);
    let reason = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(reason.contains("rain"), "{reason}");
}

#[tokio::test]
async fn the_record_tells_what_was_accepted_and_asked_without_the_key() {
    let bench = Bench::start(quick()).await;
    let id = bench.submit(&json!({ "prompt": "a lake" })).await;
    let answer = bench.get("_simulator/record").await;
    let record = answer.json();
    assert_eq!(record["accepted_submits"], 1);
    assert_eq!(record["accepted_ids"], json!([id]));
    assert_eq!(record["requests"][0]["path"], json!(format!("/{FAST}")));
    assert_eq!(record["requests"][0]["host"], "queue");
    let text = String::from_utf8(answer.bytes).unwrap();
    assert!(!text.contains(bench.simulator.key().expose()));
}

#[tokio::test]
async fn virtual_time_is_moved_from_outside_and_real_time_is_not() {
    let hour = Duration::from_hours(1);
    let step = json!({ "by": "1h" });
    let bench = Bench::start(quick().run_time(hour).virtual_time()).await;
    let id = bench.submit(&json!({ "prompt": "a lake" })).await;
    assert_eq!(bench.post("_simulator/advance", &step).await.status, 200);
    let status = bench.completed(&id).await.json();
    assert_eq!(status["metrics"]["inference_time"], 3600.0);
    let soon = json!({ "by": "soon" });
    assert_eq!(bench.post("_simulator/advance", &soon).await.status, 422);
    let bench = Bench::start(quick()).await;
    assert_eq!(bench.post("_simulator/advance", &step).await.status, 409);
}

#[tokio::test]
async fn the_controls_need_the_key() {
    let bench = Bench::start(quick()).await;
    let url = bench.url("_simulator/record");
    assert_eq!(bench.fetch(&url).await.unwrap().status, 401);
    assert_eq!(bench.get("_simulator/else").await.status, 404);
}
