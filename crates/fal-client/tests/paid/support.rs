//! A simulator, and our client with every address pointed at it.

use std::time::Duration;

use fal_client::{
    Endpoint, FalKey, RetryPolicy,
    http::{FalSettings, HttpFalPlatform, HttpFalQueue},
    layer::{Retrying, Traced},
    simulator::{FalSimulator, FalSimulatorBuilder},
};

/// The client as the assembly wears it, with the strict policy that is the default and without pauses.
pub(crate) type Queue = Traced<Retrying<HttpFalQueue>>;

/// A limit of one request, which others than answers that never come keep on a busy machine.
pub(crate) const LIMIT: Duration = Duration::from_secs(2);

pub(crate) fn endpoint() -> Endpoint {
    "fal-ai/imagen4/preview/fast".parse().unwrap()
}

pub(crate) async fn start(builder: FalSimulatorBuilder) -> FalSimulator {
    builder.start().await.unwrap()
}

pub(crate) fn settings(simulator: &FalSimulator) -> FalSettings {
    let key = FalKey::new(&simulator.key()).unwrap();
    FalSettings::new(key)
        .with_queue_url(simulator.queue_url().try_into().unwrap())
        .with_rest_url(simulator.rest_url().try_into().unwrap())
        .with_platform_url(simulator.platform_url().try_into().unwrap())
        .with_request_timeout(LIMIT)
}

pub(crate) fn queue(simulator: &FalSimulator) -> Queue {
    let queue = HttpFalQueue::new(&settings(simulator)).unwrap();
    Traced::new(Retrying::new(queue, policy()))
}

pub(crate) fn policy() -> RetryPolicy {
    RetryPolicy::default().with_base(Duration::ZERO)
}

pub(crate) fn platform(simulator: &FalSimulator) -> HttpFalPlatform {
    HttpFalPlatform::new(&settings(simulator)).unwrap()
}
