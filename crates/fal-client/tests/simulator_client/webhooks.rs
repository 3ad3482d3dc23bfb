//! Webhooks from the simulator to our own receiver, whose keys come from the simulator too.

use std::sync::Arc;
use std::time::Duration;

use fal_client::http::HttpKeySource;
use fal_client::simulator::{FalSimulator, Fault};
use fal_client::testing::{RecordedRequest, Reply, ScriptedServer};
use fal_client::webhook::{
    DeliveryOutcome, KeysPolicy, MemoryReplayGuard, Received, WebhookError, WebhookErrorKind,
    WebhookHeaders, WebhookReceiver,
};
use fal_client::{Endpoint, SubmitOptions, WebhookUrl};
use serde_json::json;

use crate::support::{FAST, client, settings, simulator};

/// A simulator, a server that is called, and the receiver behind it.
struct Bench {
    simulator: FalSimulator,
    server: ScriptedServer,
    receiver: WebhookReceiver,
}

impl Bench {
    async fn start(fault: Option<Fault>) -> Self {
        let simulator = simulator(fault).await;
        let keys = HttpKeySource::new(&settings(&simulator)).unwrap();
        let receiver = WebhookReceiver::new(Arc::new(keys), Arc::new(MemoryReplayGuard::default()))
            .with_keys_policy(KeysPolicy::default().with_pause(Duration::ZERO))
            .with_user_id(simulator.user_id());
        let replies = (0..4).map(|_| Reply::json(200, "{}"));
        Self {
            server: ScriptedServer::start(replies).await.unwrap(),
            simulator,
            receiver,
        }
    }

    /// Submits a job that is to be reported, and returns its id.
    async fn submit(&self) -> String {
        let base: WebhookUrl = format!("http://{}/fal", self.server.address())
            .parse()
            .unwrap();
        let options = SubmitOptions::default().with_webhook(base.for_id("0199").unwrap());
        let endpoint: Endpoint = FAST.parse().unwrap();
        let input = json!({ "prompt": "a lake" });
        let client = client(&self.simulator);
        let job = client.queue().submit(&endpoint, &input, &options).await;
        job.unwrap().request_id.to_string()
    }

    async fn heard(&self, count: usize) -> Vec<RecordedRequest> {
        for _ in 0..1000 {
            let heard = self.server.requests();
            if heard.len() >= count {
                return heard;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{count} deliveries did not come");
    }

    async fn receive(&self, delivery: &RecordedRequest) -> Result<Received, WebhookError> {
        let headers = WebhookHeaders::read(|name| delivery.header(name))?;
        self.receiver.receive(&headers, &delivery.body).await
    }
}

#[tokio::test]
async fn a_delivery_is_taken_once_and_known_the_second_time() {
    let bench = Bench::start(Some(Fault::WebhookTwice)).await;
    let id = bench.submit().await;
    let heard = bench.heard(2).await;
    assert_eq!(heard[0].target, "/fal/0199");
    let Ok(Received::First(first)) = bench.receive(&heard[0]).await else {
        panic!("the first delivery is the first");
    };
    assert_eq!(first.request_id.to_string(), id);
    assert!(matches!(first.outcome, DeliveryOutcome::Output(_)));
    let second = bench.receive(&heard[1]).await;
    assert!(matches!(second, Ok(Received::Again(_))));
}

#[tokio::test]
async fn a_delivery_that_is_not_fals_is_refused() {
    for (fault, kind) in [
        (Fault::WebhookTampered, WebhookErrorKind::BadSignature),
        (Fault::WebhookForged, WebhookErrorKind::BadSignature),
        (Fault::WebhookStale, WebhookErrorKind::OutOfTime),
        (Fault::WebhookUnsigned, WebhookErrorKind::BadHeaders),
    ] {
        let bench = Bench::start(Some(fault.clone())).await;
        bench.submit().await;
        let delivery = &bench.heard(1).await[0];
        let error = bench.receive(delivery).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{fault:?}");
    }
}

#[tokio::test]
async fn after_a_change_of_keys_the_new_ones_are_fetched() {
    let bench = Bench::start(None).await;
    bench.submit().await;
    let first = &bench.heard(1).await[0];
    assert!(bench.receive(first).await.is_ok());
    bench.simulator.control().rotate_webhook_key();
    bench.submit().await;
    let second = &bench.heard(2).await[1];
    let taken = bench.receive(second).await;
    assert!(matches!(taken, Ok(Received::First(_))), "{taken:?}");
}

#[tokio::test]
async fn an_output_that_cannot_be_delivered_is_fetched_from_the_queue() {
    let bench = Bench::start(Some(Fault::WebhookWithoutPayload)).await;
    bench.submit().await;
    let delivery = &bench.heard(1).await[0];
    let Ok(Received::First(told)) = bench.receive(delivery).await else {
        panic!("it is taken");
    };
    assert_eq!(told.outcome, DeliveryOutcome::FetchResult);
}
