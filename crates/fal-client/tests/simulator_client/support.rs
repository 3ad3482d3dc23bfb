//! A simulator, and what speaks to it.

use std::sync::Arc;
use std::time::Duration;

use fal_client::http::{FalSettings, HttpFalQueue};
use fal_client::layer::Retrying;
use fal_client::simulator::{FalSimulator, FalSimulatorBuilder, Fault, Rule};
use fal_client::{
    Endpoint, FalClient, FalError, FalKey, FalUrl, JobOutput, PollPolicy, RetryPolicy,
    SubmitOptions,
};
use serde_json::json;
use url::Url;

pub(crate) const FAST: &str = "fal-ai/imagen4/preview/fast";

/// Returns a simulator that draws small pictures and runs requests as fast as it can.
pub(crate) fn quick() -> FalSimulatorBuilder {
    let builder = FalSimulator::builder().run_time(Duration::from_millis(30));
    builder
        .thumbnails()
        .webhook_pause(Duration::from_millis(20))
}

/// Starts a simulator with one fault for the first submit.
pub(crate) async fn simulator(fault: Option<Fault>) -> FalSimulator {
    let rules = fault.map(|fault| Rule::nth_submit(1, fault));
    quick().script(rules).start().await.unwrap()
}

/// Returns the settings that point every adapter at a simulator.
pub(crate) fn settings(simulator: &FalSimulator) -> FalSettings {
    let url = |url: Url| FalUrl::try_from(url).unwrap();
    let key = FalKey::new(&simulator.key()).unwrap();
    FalSettings::new(key)
        .with_queue_url(url(simulator.queue_url()))
        .with_run_url(url(simulator.run_url()))
        .with_rest_url(url(simulator.rest_url()))
        .with_platform_url(url(simulator.platform_url()))
}

/// Returns a policy with short pauses.
pub(crate) fn poll() -> PollPolicy {
    let pause = Duration::from_millis(20);
    PollPolicy::default().with_interval(pause, pause)
}

/// Returns a client with short pauses and three tries.
pub(crate) fn client(simulator: &FalSimulator) -> FalClient {
    client_with(simulator, poll())
}

/// Returns a client with three tries that watches jobs by this policy.
pub(crate) fn client_with(simulator: &FalSimulator, poll: PollPolicy) -> FalClient {
    let queue = HttpFalQueue::new(&settings(simulator)).unwrap();
    let retry = RetryPolicy::new(3).with_base(Duration::from_millis(5));
    FalClient::new(Arc::new(Retrying::new(queue, retry))).with_poll(poll)
}

/// Runs one request of two pictures to its end.
pub(crate) async fn run(simulator: &FalSimulator, endpoint: &str) -> Result<JobOutput, FalError> {
    let client = client(simulator);
    let endpoint: Endpoint = endpoint.parse().unwrap();
    let input = json!({ "prompt": "a lake at dawn", "num_images": 2 });
    let options = SubmitOptions::default();
    let job = client.queue().submit(&endpoint, &input, &options).await?;
    client.wait(&job, |_| {}).await
}
