//! What a caller asks for besides the input: priority, a limit to start, the life of files.

use std::time::Duration;

use fal_client::simulator::{Fault, Rule};
use serde_json::json;

use crate::support::{APP, Bench, quick};

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test]
async fn normal_requests_go_before_those_of_low_priority() {
    let bench = Bench::start(quick().queue_time(HOUR)).await;
    let input = json!({ "prompt": "a lake" });
    let low = [("x-fal-queue-priority", "low")];
    let patient = bench.submit_with(&low, &input).await.json();
    assert_eq!(patient["queue_position"], 0);
    let normal = bench.submit_with(&[("x-fal-queue-priority", "normal")], &input);
    assert_eq!(normal.await.json()["queue_position"], 0);
    let id = patient["request_id"].as_str().unwrap();
    let status = bench.get(&format!("{APP}/requests/{id}/status")).await;
    assert_eq!(status.json()["queue_position"], 1);
    let last = bench.submit_with(&low, &input).await;
    assert_eq!(last.json()["queue_position"], 2);
}

#[tokio::test]
async fn a_request_that_no_runner_takes_in_time_ends_by_its_callers_own_limit() {
    let builder = quick().queue_time(HOUR).virtual_time();
    let bench = Bench::start(builder).await;
    let limit = [("x-fal-request-timeout", "30.0")];
    let input = json!({ "prompt": "a lake" });
    let submitted = bench.submit_with(&limit, &input).await.json();
    let id = submitted["request_id"].as_str().unwrap();
    let status = format!("{APP}/requests/{id}/status");
    let control = bench.simulator.control();
    control.advance(Duration::from_secs(29));
    assert_eq!(bench.get(&status).await.status, 202);
    control.advance(Duration::from_secs(1));
    let status = bench.completed(id).await.json();
    assert_eq!(status["error_type"], "request_timeout");
    let result = bench.get(&format!("{APP}/requests/{id}")).await;
    assert_eq!(result.status, 504);
    assert_eq!(result.header("x-fal-request-timeout-type"), Some("user"));
    assert_eq!(result.json()["error_type"], "request_timeout");
}

#[tokio::test]
async fn a_request_that_started_in_time_may_run_longer_than_its_limit() {
    let rules = [Rule::nth_submit(1, Fault::Slow(HOUR))];
    let bench = Bench::start(quick().virtual_time().script(rules)).await;
    let limit = [("x-fal-request-timeout", "2")];
    let input = json!({ "prompt": "a lake" });
    let submitted = bench.submit_with(&limit, &input).await.json();
    let id = submitted["request_id"].as_str().unwrap();
    let path = format!("{APP}/requests/{id}/status");
    for _ in 0..500 {
        if bench.get(&path).await.json()["status"] == "IN_PROGRESS" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    bench.simulator.control().advance(2 * HOUR);
    assert!(bench.completed(id).await.json().get("error").is_none());
}

#[tokio::test]
async fn a_header_that_cannot_be_read_is_a_bad_request_and_accepts_nothing() {
    let bench = Bench::start(quick()).await;
    for (name, value) in [
        ("x-fal-request-timeout", "soon"),
        ("x-fal-request-timeout", "0.1"),
        ("x-fal-object-lifecycle-preference", "never"),
    ] {
        let input = json!({ "prompt": "a lake" });
        let answer = bench.submit_with(&[(name, value)], &input).await;
        assert_eq!(answer.status, 400, "{name}");
        assert_eq!(answer.header("x-fal-error-type"), Some("bad_request"));
    }
    assert_eq!(bench.simulator.control().accepted_submits(), 0);
}

#[tokio::test]
async fn pictures_die_when_their_lifecycle_says_so() {
    let bench = Bench::start(quick().virtual_time()).await;
    let lifecycle = r#"{"expiration_duration_seconds":60}"#;
    let wish = [("x-fal-object-lifecycle-preference", lifecycle)];
    let input = json!({ "prompt": "a lake" });
    let submitted = bench.submit_with(&wish, &input).await.json();
    let id = submitted["request_id"].as_str().unwrap();
    let control = bench.simulator.control();
    control.advance(Duration::from_secs(1));
    bench.completed(id).await;
    let result = bench.get(&format!("{APP}/requests/{id}")).await.json();
    let link = result["images"][0]["url"].as_str().unwrap();
    assert_eq!(bench.fetch(link).await.unwrap().status, 200);
    control.advance(Duration::from_secs(61));
    assert_eq!(bench.fetch(link).await.unwrap().status, 404);
}

#[tokio::test]
async fn virtual_time_stands_and_what_is_due_happens_at_its_own_moment() {
    let builder = quick().runners(1).run_time(Duration::from_secs(10));
    let bench = Bench::start(builder.virtual_time()).await;
    let input = json!({ "prompt": "a lake" });
    let ids = [bench.submit(&input).await, bench.submit(&input).await];
    bench.simulator.control().advance(HOUR);
    for id in &ids {
        let body = bench.completed(id).await.json();
        assert_eq!(body["metrics"]["inference_time"], 10.0);
    }
    let listing = "v1/models/requests/by-endpoint?endpoint_id=fal-ai/imagen4/preview/fast";
    let page = bench.get(listing).await.json();
    let (second, first) = (&page["items"][0], &page["items"][1]);
    assert_eq!(second["started_at"], first["ended_at"]);
}
