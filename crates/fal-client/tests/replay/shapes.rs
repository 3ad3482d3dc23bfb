//! What the simulator's queue sends has the shape of the recordings.

use std::time::Duration;

use fal_client::simulator::{Fault, Rule, Step};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    asker::{Asker, quick},
    recorded::{Recorded, body, endpoint},
    shape::differences,
};

const HOUR: Duration = Duration::from_hours(1);

fn input() -> Value {
    json!({ "prompt": "a lake at dawn" })
}

async fn struck(fault: Fault) -> Asker {
    Asker::start(quick().script([Rule::nth_submit(1, fault)])).await
}

#[tokio::test]
async fn a_job_that_goes_well_looks_as_recorded_at_every_step() {
    let asker = Asker::start(quick()).await;
    asker.submit(&input()).await.assert_like("submitted");
    let id = asker.submitted(&input()).await;
    let done = asker.status(&id, "COMPLETED").await;
    done.assert_like("status_completed");
    let result = asker.about(Method::GET, &id, "").await;
    result.assert_like("result");
    let again = asker.about(Method::PUT, &id, "/cancel").await;
    again.assert_like("cancel_already_completed");
}

#[tokio::test]
async fn a_job_that_waits_runs_and_is_cancelled_looks_as_recorded() {
    let asker = Asker::start(
        quick()
            .runners(1)
            .script([Rule::nth_submit(1, Fault::Slow(HOUR))]),
    )
    .await;
    let [running, waiting] = [
        asker.submitted(&input()).await,
        asker.submitted(&input()).await,
    ];
    asker
        .status(&running, "IN_PROGRESS")
        .await
        .assert_like("status_running");
    asker
        .status(&waiting, "IN_QUEUE")
        .await
        .assert_like("status_queued");
    let early = asker.about(Method::GET, &running, "").await;
    early.assert_like("result_in_progress");
    let cancelled = asker.about(Method::PUT, &waiting, "/cancel").await;
    cancelled.assert_like("cancel_requested");
}

#[tokio::test]
async fn the_stream_of_states_looks_as_recorded() {
    let asker = Asker::start(quick().queue_time(Duration::from_millis(300))).await;
    let id = asker.submitted(&input()).await;
    let stream = asker.about(Method::GET, &id, "/status/stream?logs=1").await;
    stream.assert_like("status_stream");
}

#[tokio::test]
async fn a_job_that_fails_looks_as_recorded() {
    let fault = Fault::CompletesWithError {
        error: "Runner disconnected".to_owned(),
        error_type: "runner_disconnected".to_owned(),
    };
    let asker = struck(fault).await;
    let id = asker.submitted(&input()).await;
    let failed = asker.status(&id, "COMPLETED").await;
    failed.assert_like("status_failed");
    let result = asker.about(Method::GET, &id, "").await;
    result.assert_like("result_runner_lost");
}

#[tokio::test]
async fn refusals_and_invalid_inputs_look_as_recorded() {
    let asker = Asker::start(quick()).await;
    let refused = asker.result(&json!({ "prompt": "a forbidden lake" })).await;
    refused.assert_like("result_refused");
    let wrong = json!({ "prompt": "a lake", "num_images": 9 });
    asker.result(&wrong).await.assert_like("result_invalid");
}

#[tokio::test]
async fn limits_of_time_look_as_recorded() {
    let asker = struck(Fault::ResultTimesOut).await;
    asker.result(&input()).await.assert_like("result_timed_out");
    let asker = struck(Fault::NeverStarts).await;
    let url = asker
        .simulator
        .queue_url()
        .join(endpoint().as_str())
        .unwrap();
    let limit = [("x-fal-request-timeout", "1.1")];
    let submitted = asker
        .ask_with((Method::POST, url), &limit, &input().to_string())
        .await;
    let submitted: Value = serde_json::from_str(&submitted.body).unwrap();
    let id = submitted["request_id"].as_str().unwrap();
    asker.status(id, "COMPLETED").await;
    let late = asker.about(Method::GET, id, "").await;
    late.assert_like("result_start_timed_out");
}

#[tokio::test]
async fn a_submit_that_is_turned_away_looks_as_recorded() {
    let retry_after = Duration::from_secs(1);
    for (fault, name) in [
        (Fault::Locked, "locked"),
        (Fault::TooManyRequests { retry_after }, "too_many_requests"),
        (
            Fault::Ingress {
                status: 503,
                at: Step::Submit,
            },
            "ingress_503",
        ),
        (Fault::KeyRefused { at: Step::Submit }, "no_user"),
    ] {
        struck(fault).await.submit(&input()).await.assert_like(name);
    }
    let asker = Asker::start(quick().retired(["fal-ai/imagen4"])).await;
    asker
        .submit(&input())
        .await
        .assert_like("application_not_found");
    let unknown = asker.about(
        Method::GET,
        "00000000-0000-4000-8000-000000000000",
        "/status",
    );
    unknown.await.assert_like("not_found");
}

#[test]
fn the_older_recordings_have_nothing_that_the_newer_ones_lack() {
    for (older, newer) in [
        ("submitted.json", "submitted"),
        ("status_queued.json", "status_queued"),
        ("status_running.json", "status_running"),
        ("status_completed.json", "status_completed"),
        ("status_failed.json", "status_failed"),
        ("result.json", "result"),
        ("cancel_requested.json", "cancel_requested"),
        ("cancel_already_completed.json", "cancel_already_completed"),
        ("not_found.json", "not_found"),
        ("upload/initiated.json", "upload_initiated"),
        ("platform/unauthorized.json", "requests_unauthorized"),
        ("platform/payload_deleted.json", "payload_deleted"),
        ("errors/request_timeout.json", "result_timed_out"),
        ("errors/in_progress.json", "result_in_progress"),
        ("errors/concurrent_requests_limit.json", "too_many_requests"),
        ("errors/locked.json", "locked"),
    ] {
        let newer: Value = serde_json::from_str(&Recorded::read(newer).body).unwrap();
        let mut differences = differences(&newer, &body(older));
        // They leave out what FAL may leave out, so that the client is known to cope.
        differences.retain(|difference| !difference.ends_with("is missing"));
        assert!(differences.is_empty(), "{older}: {differences:?}");
    }
}
