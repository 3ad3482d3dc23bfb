//! Webhooks: what they say, how they are signed, when they come again, and what can be wrong with them.

use std::time::Duration;

use fal_client::TimeSource;
use fal_client::simulator::{FalSimulatorBuilder, Fault, Rule};
use fal_client::testing::{RecordedRequest, Reply, ScriptedServer};
use fal_client::webhook::{
    Delivery, DeliveryOutcome, KeySet, Verification, WebhookErrorKind, WebhookHeaders, verify,
};
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use crate::support::{APP, Bench, FAST, quick};

/// A simulator, and a receiver that answers with scripted statuses.
struct Watch {
    bench: Bench,
    receiver: ScriptedServer,
}

fn soon() -> FalSimulatorBuilder {
    quick().webhook_pause(Duration::from_millis(20))
}

impl Watch {
    async fn start(builder: FalSimulatorBuilder, statuses: &[u16]) -> Self {
        let replies = statuses.iter().map(|status| Reply::json(*status, "{}"));
        Self {
            bench: Bench::start(builder).await,
            receiver: ScriptedServer::start(replies).await.unwrap(),
        }
    }

    async fn with_fault(fault: Fault, statuses: &[u16]) -> Self {
        Self::start(soon().script([Rule::nth_submit(1, fault)]), statuses).await
    }

    /// Submits an input whose end is to be told, and returns the request's id.
    async fn submit(&self, input: &Value) -> String {
        let hook = format!("http://{}/hook?job=1&kind=a", self.receiver.address());
        let mut url = Url::parse(&self.bench.url(FAST)).unwrap();
        url.query_pairs_mut().append_pair("fal_webhook", &hook);
        let key = self.bench.authorization();
        let headers = [("authorization", key.as_str())];
        let body = input.to_string();
        let answer = self.bench.call(Method::POST, url.as_str(), &headers, body);
        let answer = answer.await;
        assert_eq!(answer.status, 200);
        answer.json()["request_id"].as_str().unwrap().to_owned()
    }

    async fn submit_lake(&self) -> String {
        self.submit(&json!({ "prompt": "a lake" })).await
    }

    /// Waits until the receiver has got this many deliveries.
    async fn heard(&self, count: usize) -> Vec<RecordedRequest> {
        for _ in 0..1000 {
            let heard = self.receiver.requests();
            if heard.len() >= count {
                return heard;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!(
            "{} of {count} deliveries came",
            self.receiver.requests().len()
        );
    }

    /// Lets the time pass in which one more delivery would come.
    async fn heard_at_last(&self) -> Vec<RecordedRequest> {
        tokio::time::sleep(Duration::from_millis(150)).await;
        self.receiver.requests()
    }

    /// Checks one delivery as a receiver does.
    async fn verdict(&self, delivery: &RecordedRequest) -> Result<(), WebhookErrorKind> {
        let published = self.bench.get(".well-known/jwks.json").await.bytes;
        let keys = KeySet::parse(&published).unwrap();
        let against = Verification {
            keys: &keys,
            now: TimeSource::default().now(),
            user_id: Some(self.bench.simulator.user_id()),
        };
        let headers = WebhookHeaders::read(|name| delivery.header(name));
        let headers = headers.map_err(|error| error.kind())?;
        verify(&headers, &delivery.body, against).map_err(|error| error.kind())
    }
}

fn body(delivery: &RecordedRequest) -> Value {
    serde_json::from_slice(&delivery.body).unwrap()
}

#[tokio::test]
async fn the_end_of_a_job_is_told_once_and_signed_as_fal_signs() {
    let watch = Watch::start(soon(), &[200]).await;
    let id = watch.submit_lake().await;
    let delivery = &watch.heard(1).await[0];
    assert_eq!(watch.verdict(delivery).await, Ok(()));
    assert_eq!(
        (delivery.method.as_str(), delivery.target.as_str()),
        ("POST", "/hook?job=1&kind=a")
    );
    assert_eq!(delivery.header("content-type"), Some("application/json"));
    let told = body(delivery);
    assert_eq!(told["request_id"], json!(id));
    assert_eq!(told["status"], "OK");
    assert!(told["gateway_request_id"].is_string());
    let result = watch.bench.get(&format!("{APP}/requests/{id}")).await;
    assert_eq!(told["payload"], result.json());
    assert_eq!(watch.heard_at_last().await.len(), 1);
    let record = watch.bench.simulator.control().deliveries();
    assert_eq!(record.len(), 1);
    assert_eq!(
        (
            record[0].request_id(),
            record[0].attempt(),
            record[0].status()
        ),
        (id.as_str(), 1, Some(200))
    );
}

#[tokio::test]
async fn a_refusal_is_told_with_its_status_and_its_details() {
    let watch = Watch::start(soon(), &[200]).await;
    watch
        .submit(&json!({ "prompt": "a forbidden garden" }))
        .await;
    let told = body(&watch.heard(1).await[0]);
    assert_eq!(told["status"], "ERROR");
    assert_eq!(told["error"], "Invalid status code: 422");
    assert_eq!(
        told["payload"]["detail"][0]["type"],
        "content_policy_violation"
    );
}

#[tokio::test]
async fn a_cancelled_job_is_told_too() {
    let watch = Watch::start(soon().queue_time(Duration::from_hours(1)), &[200]).await;
    let id = watch.submit_lake().await;
    watch
        .bench
        .put(&format!("{APP}/requests/{id}/cancel"))
        .await;
    let told = body(&watch.heard(1).await[0]);
    assert_eq!(told["error"], "Invalid status code: 499");
    assert_eq!(told["payload"]["error_type"], "client_cancelled");
}

#[tokio::test]
async fn a_delivery_comes_again_until_it_is_taken() {
    let watch = Watch::start(soon(), &[500, 404, 200]).await;
    let id = watch.submit_lake().await;
    let heard = watch.heard(3).await;
    assert!(
        heard
            .iter()
            .all(|delivery| body(delivery)["request_id"] == json!(id))
    );
    for delivery in &heard {
        assert_eq!(watch.verdict(delivery).await, Ok(()));
    }
    assert_eq!(watch.heard_at_last().await.len(), 3);
    let record = watch.bench.simulator.control().deliveries();
    let attempts: Vec<_> = record
        .iter()
        .map(|sent| (sent.attempt(), sent.status()))
        .collect();
    assert_eq!(attempts, [(1, Some(500)), (2, Some(404)), (3, Some(200))]);
}

#[tokio::test]
async fn a_redirect_is_a_refusal_for_good() {
    let watch = Watch::start(soon(), &[302]).await;
    watch.submit_lake().await;
    watch.heard(1).await;
    assert_eq!(watch.heard_at_last().await.len(), 1);
}

#[tokio::test]
async fn nobody_but_this_machine_is_called() {
    let watch = Watch::start(soon(), &[]).await;
    let path = format!("{FAST}?fal_webhook=http%3A%2F%2F192.0.2.1%2Fhook");
    let input = json!({ "prompt": "a lake" });
    let id = watch.bench.post(&path, &input).await.json()["request_id"].clone();
    watch.bench.completed(id.as_str().unwrap()).await;
    for _ in 0..100 {
        if let Some(record) = watch.bench.simulator.control().deliveries().first() {
            assert_eq!(record.status(), None);
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("what is not sent is recorded as well");
}

#[tokio::test]
async fn an_address_that_is_none_is_a_bad_request() {
    let watch = Watch::start(soon(), &[]).await;
    let path = format!("{FAST}?fal_webhook=nowhere");
    let input = json!({ "prompt": "a lake" });
    assert_eq!(watch.bench.post(&path, &input).await.status, 400);
    assert_eq!(watch.bench.simulator.control().accepted_submits(), 0);
}

#[tokio::test]
async fn after_a_change_of_keys_the_old_one_is_not_published_any_more() {
    let watch = Watch::start(soon(), &[200, 200]).await;
    watch.submit_lake().await;
    let old = watch.heard(1).await.remove(0);
    watch.bench.simulator.control().rotate_webhook_key();
    assert_eq!(
        watch.verdict(&old).await,
        Err(WebhookErrorKind::BadSignature)
    );
    watch.submit_lake().await;
    let new = watch.heard(2).await.remove(1);
    assert_eq!(watch.verdict(&new).await, Ok(()));
}

#[tokio::test]
async fn a_webhook_can_be_lost() {
    let watch = Watch::with_fault(Fault::WebhookLost, &[200]).await;
    let id = watch.submit_lake().await;
    watch.bench.completed(&id).await;
    assert!(watch.heard_at_last().await.is_empty());
}

#[tokio::test]
async fn a_webhook_can_come_twice_although_it_was_taken() {
    let watch = Watch::with_fault(Fault::WebhookTwice, &[200, 200]).await;
    watch.submit_lake().await;
    let heard = watch.heard(2).await;
    assert_eq!(heard[0].body, heard[1].body);
    for delivery in &heard {
        assert_eq!(watch.verdict(delivery).await, Ok(()));
    }
}

#[tokio::test]
async fn a_webhook_can_come_before_the_answer_to_the_submit() {
    let watch = Watch::with_fault(Fault::WebhookFirst, &[200]).await;
    let id = watch.submit_lake().await;
    let heard = watch.receiver.requests();
    assert_eq!(heard.len(), 1, "it is there when the submit is answered");
    assert_eq!(body(&heard[0])["request_id"], json!(id));
}

#[tokio::test]
async fn a_webhook_can_come_late() {
    let late = Fault::WebhookLate(Duration::from_hours(1));
    let script = [Rule::nth_submit(1, late)];
    let watch = Watch::start(soon().virtual_time().script(script), &[200]).await;
    let id = watch.submit_lake().await;
    let control = watch.bench.simulator.control();
    control.advance(Duration::from_mins(1));
    watch.bench.completed(&id).await;
    assert!(watch.heard_at_last().await.is_empty());
    // The hour counts from the moment at which the end of the job is heard of.
    for _ in 0..1000 {
        control.advance(Duration::from_hours(1));
        if !watch.receiver.requests().is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the webhook did not come");
}

#[tokio::test]
async fn a_webhook_can_be_changed_on_its_way_forged_stale_or_unsigned() {
    for (fault, kind) in [
        (Fault::WebhookTampered, WebhookErrorKind::BadSignature),
        (Fault::WebhookForged, WebhookErrorKind::BadSignature),
        (Fault::WebhookStale, WebhookErrorKind::OutOfTime),
        (Fault::WebhookUnsigned, WebhookErrorKind::BadHeaders),
    ] {
        let watch = Watch::with_fault(fault.clone(), &[401, 200]).await;
        watch.submit_lake().await;
        for delivery in watch.heard(2).await {
            assert_eq!(watch.verdict(&delivery).await, Err(kind), "{fault:?}");
        }
    }
}

#[tokio::test]
async fn a_webhook_can_leave_the_output_to_be_fetched() {
    let watch = Watch::with_fault(Fault::WebhookWithoutPayload, &[200]).await;
    let id = watch.submit_lake().await;
    let delivery = &watch.heard(1).await[0];
    assert_eq!(watch.verdict(delivery).await, Ok(()));
    let told = body(delivery);
    assert_eq!(
        (&told["status"], &told["payload"]),
        (&json!("OK"), &Value::Null)
    );
    assert!(told["payload_error"].is_string());
    let outcome = Delivery::parse(&delivery.body).unwrap().outcome;
    assert_eq!(outcome, DeliveryOutcome::FetchResult);
    let result = watch.bench.get(&format!("{APP}/requests/{id}")).await;
    assert_eq!(result.status, 200);
}
