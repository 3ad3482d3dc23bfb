//! The port's rules over the HTTP adapter, against the simulator.
#![cfg(all(feature = "http", feature = "simulator"))]
#![expect(
    clippy::unwrap_used,
    reason = "what sets a test up may panic as the test does"
)]

use std::{sync::Arc, time::Duration};

use fal_client::{
    FalKey, FalUrl, RetryPolicy,
    http::{FalSettings, HttpFalQueue},
    layer::{Retrying, Traced},
    simulator::FalSimulator,
    testing::conformance::QueueFixture,
};
use serde_json::json;

async fn fixture() -> QueueFixture {
    let time = Duration::from_millis(150);
    let simulator = FalSimulator::builder()
        .queue_time(time)
        .run_time(time)
        .start()
        .await
        .unwrap();
    let key = FalKey::new(&simulator.key()).unwrap();
    let url = FalUrl::try_from(simulator.queue_url()).unwrap();
    let queue = HttpFalQueue::new(&FalSettings::new(key).with_queue_url(url)).unwrap();
    QueueFixture {
        queue: Arc::new(Traced::new(Retrying::new(queue, RetryPolicy::default()))),
        endpoint: "fal-ai/imagen4/preview/fast".parse().unwrap(),
        good_input: json!({ "prompt": "a lighthouse at dawn" }),
        bad_input: json!({ "prompt": "something forbidden" }),
        pause: Duration::from_millis(50),
        keeps: Some(Arc::new(simulator)),
    }
}

mod simulated {
    fal_client::fal_queue_conformance!(
        #[tokio::test]
        fixture = super::fixture().await
    );
}
