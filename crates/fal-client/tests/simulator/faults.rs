//! Each scripted fault, seen from the outside.

use std::time::Duration;

use fal_client::simulator::{Fault, Rule, Step};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{APP, Bench, FAST, quick};

fn input() -> Value {
    json!({ "prompt": "a meadow at noon", "num_images": 3 })
}

async fn submit(bench: &Bench) -> reqwest::Result<crate::support::Answer> {
    bench.send(Method::POST, FAST, &input().to_string()).await
}

#[tokio::test]
async fn a_refused_prompt_completes_and_says_why_on_the_result_alone() {
    let bench = Bench::with_fault(Fault::RefusePrompt).await;
    let id = bench.submit(&input()).await;
    assert!(bench.completed(&id).await.json().get("error").is_none());
    let result = bench.get(&format!("{APP}/requests/{id}")).await;
    assert_eq!(result.status, 422);
    assert_eq!(result.header("x-fal-billable-units"), Some("0"));
    let detail = &result.json()["detail"][0];
    assert_eq!(detail["type"], "content_policy_violation");
    assert_eq!(detail["loc"], json!(["body", "prompt"]));
    assert_eq!(detail["input"], input());
}

#[tokio::test]
async fn the_word_forbidden_is_refused_without_a_script() {
    let bench = Bench::start(quick()).await;
    let answer = bench
        .result(&json!({ "prompt": "a FORBIDDEN garden" }))
        .await;
    assert_eq!(answer.status, 422);
    assert_eq!(
        answer.json()["detail"][0]["type"],
        "content_policy_violation"
    );
}

#[tokio::test]
async fn no_media_is_a_refusal_of_its_own() {
    let bench = Bench::with_fault(Fault::NoMediaGenerated).await;
    let answer = bench.result(&input()).await;
    assert_eq!(answer.status, 422);
    assert_eq!(answer.json()["detail"][0]["type"], "no_media_generated");
}

#[tokio::test]
async fn a_slow_request_takes_the_time_on_top() {
    let bench = Bench::with_fault(Fault::Slow(Duration::from_millis(600))).await;
    let id = bench.submit(&input()).await;
    let body = bench.completed(&id).await.json();
    assert!(body["metrics"]["inference_time"].as_f64().unwrap() >= 0.63);
}

#[tokio::test]
async fn a_drop_before_accepting_leaves_nothing_behind() {
    let bench = Bench::with_fault(Fault::DropBeforeAccept).await;
    assert!(submit(&bench).await.is_err());
    assert_eq!(bench.simulator.control().accepted_submits(), 0);
    assert_eq!(submit(&bench).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_drop_after_accepting_leaves_a_paid_request() {
    let bench = Bench::with_fault(Fault::DropAfterAccept).await;
    assert!(submit(&bench).await.is_err());
    assert_eq!(bench.simulator.control().accepted_submits(), 1);
    let posts = bench.simulator.control().requests();
    assert_eq!(posts.len(), 1);
}

#[tokio::test]
async fn too_many_requests_says_when_to_come_back() {
    let retry_after = Duration::from_secs(7);
    let bench = Bench::with_fault(Fault::TooManyRequests { retry_after }).await;
    let answer = submit(&bench).await.unwrap();
    assert_eq!(answer.status, 429);
    assert_eq!(answer.header("retry-after"), Some("7"));
    assert_eq!(answer.header("x-fal-needs-retry"), Some("1"));
    assert_eq!(bench.simulator.control().accepted_submits(), 0);
}

#[tokio::test]
async fn the_ingress_answers_in_html_without_a_request_id() {
    for (status, at) in [(500, Step::Submit), (503, Step::Submit)] {
        let bench = Bench::with_fault(Fault::Ingress { status, at }).await;
        let answer = submit(&bench).await.unwrap();
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("content-type"), Some("text/html"));
        assert_eq!(answer.header("x-fal-request-id"), None);
        assert!(String::from_utf8(answer.bytes).unwrap().contains("nginx"));
        assert_eq!(bench.simulator.control().accepted_submits(), 0);
    }
}

#[tokio::test]
async fn the_ingress_strikes_status_and_result_once() {
    for at in [Step::Status, Step::Result] {
        let bench = Bench::with_fault(Fault::Ingress { status: 502, at }).await;
        let id = bench.submit(&input()).await;
        let path = format!("{APP}/requests/{id}/status");
        if at == Step::Status {
            assert_eq!(bench.get(&path).await.status, 502);
            assert_ne!(bench.get(&path).await.status, 502);
        }
        bench.completed(&id).await;
        let path = format!("{APP}/requests/{id}");
        if at == Step::Result {
            assert_eq!(bench.get(&path).await.status, 502);
        }
        assert_eq!(bench.get(&path).await.status, 200);
    }
}

#[tokio::test]
async fn a_result_that_times_out_is_there_the_next_time() {
    let bench = Bench::with_fault(Fault::ResultTimesOut).await;
    let id = bench.submit(&input()).await;
    assert_eq!(bench.get(&format!("{APP}/requests/{id}")).await.status, 400);
    assert_eq!(bench.completed(&id).await.json()["status"], "COMPLETED");
    let first = bench.get(&format!("{APP}/requests/{id}")).await;
    assert_eq!(first.status, 504);
    assert_eq!(first.header("x-fal-request-id"), Some(id.as_str()));
    assert_eq!(first.json()["error_type"], "request_timeout");
    assert_eq!(bench.get(&format!("{APP}/requests/{id}")).await.status, 200);
}

#[tokio::test]
async fn a_job_can_complete_with_an_error() {
    let bench = Bench::with_fault(Fault::CompletesWithError {
        error: "Runner disconnected".to_owned(),
        error_type: "runner_disconnected".to_owned(),
    })
    .await;
    let id = bench.submit(&input()).await;
    let status = bench.completed(&id).await.json();
    assert_eq!(status["error"], "Runner disconnected");
    assert_eq!(status["error_type"], "runner_disconnected");
    let result = bench.get(&format!("{APP}/requests/{id}")).await;
    assert_eq!(result.status, 503);
    assert_eq!(
        result.header("x-fal-error-type"),
        Some("runner_disconnected")
    );
    let wanted = json!({ "detail": "Runner disconnected", "error_type": "runner_disconnected" });
    assert_eq!(result.json(), wanted);
}

#[tokio::test]
async fn fewer_pictures_than_asked_are_billed_as_delivered() {
    let bench = Bench::with_fault(Fault::FewerImages(2)).await;
    let answer = bench.result(&input()).await;
    assert_eq!(answer.json()["images"].as_array().unwrap().len(), 2);
    assert_eq!(answer.header("x-fal-billable-units"), Some("2"));
}

#[tokio::test]
async fn a_cancel_can_come_too_late() {
    let bench = Bench::start(
        quick()
            .run_time(Duration::from_millis(900))
            .script([Rule::nth_submit(1, Fault::IgnoresCancel)]),
    )
    .await;
    let id = bench.submit(&json!({ "prompt": "a hill" })).await;
    // The request must be running, or the cancel would take it out of the line.
    for _ in 0..500 {
        let status = bench
            .get(&format!("{APP}/requests/{id}/status"))
            .await
            .json();
        if status["status"] == "IN_PROGRESS" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(
        bench
            .put(&format!("{APP}/requests/{id}/cancel"))
            .await
            .status,
        202
    );
    assert!(bench.completed(&id).await.json().get("error").is_none());
    assert_eq!(bench.get(&format!("{APP}/requests/{id}")).await.status, 200);
}

#[tokio::test]
async fn garbage_is_not_json_and_strikes_once() {
    for at in [Step::Submit, Step::Status, Step::Result] {
        let bench = Bench::with_fault(Fault::GarbageJson { at }).await;
        let answer = submit(&bench).await.unwrap();
        assert_eq!(bench.simulator.control().accepted_submits(), 1);
        let mut struck = vec![answer.bytes];
        if at != Step::Submit {
            let id = serde_json::from_slice::<Value>(&struck[0]).unwrap()["request_id"].clone();
            let path = format!("{APP}/requests/{}", id.as_str().unwrap());
            struck.push(bench.get(&format!("{path}/status")).await.bytes);
            bench.completed(id.as_str().unwrap()).await;
            struck.push(bench.get(&path).await.bytes);
            assert_eq!(bench.get(&path).await.status, 200);
        }
        let broken = |bytes: &Vec<u8>| serde_json::from_slice::<Value>(bytes).is_err();
        assert_eq!(
            struck.iter().filter(|bytes| broken(bytes)).count(),
            1,
            "{at:?}"
        );
    }
}

#[tokio::test]
async fn rules_are_added_and_cleared_while_it_runs() {
    let bench = Bench::start(quick()).await;
    let control = bench.simulator.control();
    let busy = Fault::Ingress {
        status: 503,
        at: Step::Submit,
    };
    control.add(Rule::prompt_contains("MEADOW", busy));
    assert_eq!(submit(&bench).await.unwrap().status, 503);
    assert_eq!(submit(&bench).await.unwrap().status, 503);
    control.clear_rules();
    assert_eq!(submit(&bench).await.unwrap().status, 200);
}
