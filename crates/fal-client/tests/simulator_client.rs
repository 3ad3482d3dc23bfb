//! The crate's own HTTP adapter and retry layer against the simulator.
#![cfg(all(feature = "simulator", feature = "http"))]
#![expect(
    clippy::unwrap_used,
    reason = "clippy allows unwrap inside #[test] functions only, and these are called by them"
)]

use std::sync::Arc;
use std::time::Duration;

use fal_client::http::{FalSettings, HttpFalQueue};
use fal_client::layer::Retrying;
use fal_client::simulator::{FalSimulator, Fault, Host, Rule, Step};
use fal_client::{
    CancelOutcome, Endpoint, FalClient, FalError, FalErrorKind, FalKey, FalQueue, FalUrl,
    JobOutput, PollPolicy, RetryPolicy, SubmitOptions,
};
use serde_json::json;

/// Starts a simulator with one fault for the first submit.
async fn simulator(fault: Option<Fault>) -> FalSimulator {
    let rules = fault.map(|fault| Rule::nth_submit(1, fault));
    let builder = FalSimulator::builder().run_time(Duration::from_millis(30));
    builder.script(rules).start().await.unwrap()
}

/// Returns a client with short pauses and three tries.
fn client(simulator: &FalSimulator) -> FalClient {
    let url: FalUrl = simulator.queue_url().as_str().parse().unwrap();
    let key = FalKey::new(&simulator.key()).unwrap();
    let queue = HttpFalQueue::new(&FalSettings::new(key).with_queue_url(url)).unwrap();
    let retry = RetryPolicy::new(3).with_base(Duration::from_millis(5));
    let pause = Duration::from_millis(20);
    FalClient::new(Arc::new(Retrying::new(queue, retry)))
        .with_poll(PollPolicy::default().with_interval(pause, pause))
}

/// Runs one request of two pictures to its end.
async fn run(simulator: &FalSimulator, endpoint: &str) -> Result<JobOutput, FalError> {
    let client = client(simulator);
    let endpoint: Endpoint = endpoint.parse().unwrap();
    let input = json!({ "prompt": "a lake at dawn", "num_images": 2 });
    let job = client
        .queue()
        .submit(&endpoint, &input, &SubmitOptions::default())
        .await?;
    client.wait(&job, |_| {}).await
}

const FAST: &str = "fal-ai/imagen4/preview/fast";

#[tokio::test]
async fn a_request_goes_from_prompt_to_pictures_and_the_key_stays_with_the_queue() {
    let simulator = simulator(None).await;
    let output = run(&simulator, FAST).await.unwrap();
    assert_eq!(output.value["images"].as_array().unwrap().len(), 2);
    assert!(output.billable_units.is_some());
    let requests = simulator.control().requests();
    assert!(requests.iter().all(|request| request.host() == Host::Queue));
    simulator.stop().await;
}

#[tokio::test]
async fn a_submit_that_was_perhaps_accepted_is_not_repeated() {
    let simulator = simulator(Some(Fault::DropAfterAccept)).await;
    let error = run(&simulator, FAST).await.unwrap_err();
    assert_eq!(error.kind(), FalErrorKind::Unacknowledged);
    assert_eq!(simulator.control().accepted_submits(), 1);
}

#[tokio::test]
async fn a_submit_that_was_surely_not_accepted_is_repeated() {
    for fault in [
        Fault::Ingress {
            status: 503,
            at: Step::Submit,
        },
        Fault::TooManyRequests {
            retry_after: Duration::ZERO,
        },
    ] {
        let simulator = simulator(Some(fault)).await;
        run(&simulator, FAST).await.unwrap();
        assert_eq!(simulator.control().accepted_submits(), 1);
    }
}

#[tokio::test]
async fn a_result_that_fails_once_is_fetched_again() {
    for fault in [
        Fault::ResultTimesOut,
        Fault::Ingress {
            status: 502,
            at: Step::Result,
        },
        Fault::Ingress {
            status: 503,
            at: Step::Status,
        },
    ] {
        let simulator = simulator(Some(fault.clone())).await;
        assert!(run(&simulator, FAST).await.is_ok(), "{fault:?}");
        assert_eq!(simulator.control().accepted_submits(), 1);
    }
}

#[tokio::test]
async fn refusals_have_their_kind() {
    for fault in [Fault::RefusePrompt, Fault::NoMediaGenerated] {
        let simulator = simulator(Some(fault.clone())).await;
        let error = run(&simulator, FAST).await.unwrap_err();
        assert_eq!(error.kind(), FalErrorKind::Refused, "{fault:?}");
    }
}

#[tokio::test]
async fn a_retired_model_has_its_kind() {
    let builder = FalSimulator::builder().retired(["fal-ai/imagen4"]);
    let simulator = builder.start().await.unwrap();
    let error = run(&simulator, FAST).await.unwrap_err();
    assert_eq!(error.kind(), FalErrorKind::ModelNotFound);
    assert!(run(&simulator, "fal-ai/nano-banana").await.is_ok());
}

#[tokio::test]
async fn a_waiting_job_is_cancelled() {
    let builder = FalSimulator::builder().queue_time(Duration::from_hours(1));
    let simulator = builder.start().await.unwrap();
    let client = client(&simulator);
    let endpoint: Endpoint = FAST.parse().unwrap();
    let input = json!({ "prompt": "a lake" });
    let queue = client.queue();
    let job = queue
        .submit(&endpoint, &input, &SubmitOptions::default())
        .await
        .unwrap();
    assert_eq!(queue.cancel(&job).await.unwrap(), CancelOutcome::Requested);
    assert_eq!(
        queue.cancel(&job).await.unwrap(),
        CancelOutcome::AlreadyCompleted
    );
    assert_eq!(
        client.wait(&job, |_| {}).await.unwrap_err().kind(),
        FalErrorKind::Cancelled
    );
}
