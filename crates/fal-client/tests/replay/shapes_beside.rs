//! What the simulator sends beside its queue has the shape of the recordings.

use std::time::Duration;

use fal_client::{
    simulator::{Fault, Rule},
    testing::{Reply, ScriptedServer},
    webhook::WebhookHeaders,
};
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use crate::{
    asker::{Asker, quick},
    recorded::{body, endpoint},
    shape::assert_same,
};

fn input() -> Value {
    json!({ "prompt": "a lake at dawn" })
}

#[tokio::test]
async fn direct_runs_look_as_recorded() {
    let asker = Asker::start(quick()).await;
    let run = asker.simulator.run_url().join(endpoint().as_str()).unwrap();
    let output = asker
        .ask(Method::POST, run.clone(), &input().to_string())
        .await;
    output.assert_like("run");
    let stream: Url = format!("{run}/stream").parse().unwrap();
    let pieces = asker.ask(Method::POST, stream, &input().to_string()).await;
    pieces.assert_like("output_stream");
}

#[tokio::test]
async fn the_platform_looks_as_recorded() {
    let asker = Asker::start(quick()).await;
    let id = asker.submitted(&input()).await;
    asker.status(&id, "COMPLETED").await;
    let mut list = asker
        .simulator
        .platform_url()
        .join("models/requests/by-endpoint")
        .unwrap();
    list.query_pairs_mut()
        .append_pair("endpoint_id", endpoint().as_str())
        .append_pair("expand", "payloads");
    let page = asker.ask(Method::GET, list, "").await;
    page.assert_like("requests");
    let path = format!("models/requests/{id}/payloads");
    let payload = asker.simulator.platform_url().join(&path).unwrap();
    let deleted = asker.ask(Method::DELETE, payload, "").await;
    deleted.assert_like("payload_deleted");
    let unknown = "models/requests/00000000-0000-4000-8000-000000000000/payloads";
    let unknown = asker.simulator.platform_url().join(unknown).unwrap();
    let gone = asker.ask(Method::DELETE, unknown, "").await;
    gone.assert_like("payload_not_found");
}

#[tokio::test]
async fn uploads_look_as_recorded() {
    let asker = Asker::start(quick()).await;
    let file = json!({ "content_type": "image/png", "file_name": "cat.png" }).to_string();
    let initiate = |name: &str| {
        let path = format!("storage/upload/{name}?storage_type=fal-cdn-v3");
        asker.simulator.rest_url().join(&path).unwrap()
    };
    let whole = asker.ask(Method::POST, initiate("initiate"), &file).await;
    whole.assert_like("upload_initiated");
    let address = |text: &str| -> Url {
        let answer: Value = serde_json::from_str(text).unwrap();
        answer["upload_url"].as_str().unwrap().parse().unwrap()
    };
    let taken = asker.ask(Method::PUT, address(&whole.body), "bytes").await;
    assert_eq!(taken.status, 200);
    let parts = asker
        .ask(Method::POST, initiate("initiate-multipart"), &file)
        .await;
    parts.assert_like("upload_initiated");
    let mut part = address(&parts.body);
    part.path_segments_mut().unwrap().push("1");
    let taken = asker.ask(Method::PUT, part, "bytes").await;
    taken.assert_like("part_taken");
    assert!(taken.headers.iter().any(|(name, _)| name == "etag"));
}

#[tokio::test]
async fn the_published_keys_look_as_recorded() {
    let asker = Asker::start(quick()).await;
    let url = asker
        .simulator
        .rest_url()
        .join(".well-known/jwks.json")
        .unwrap();
    let keys = asker.ask(Method::GET, url, "").await;
    keys.assert_like("keys");
    assert!(
        keys.body.contains("=\""),
        "FAL pads its keys: {}",
        keys.body
    );
}

#[tokio::test]
async fn deliveries_look_as_recorded() {
    let hooks = ScriptedServer::start([]).await.unwrap();
    let script = [Rule::nth_submit(3, Fault::WebhookWithoutPayload)];
    let asker = Asker::start(quick().script(script)).await;
    let mut url = asker
        .simulator
        .queue_url()
        .join(endpoint().as_str())
        .unwrap();
    let hook = format!("http://{}/fal", hooks.address());
    url.query_pairs_mut().append_pair("fal_webhook", &hook);
    for (number, (prompt, recorded)) in [
        ("a lake at dawn", "ok"),
        ("a forbidden lake", "error"),
        ("a lake at dusk", "payload_error"),
    ]
    .into_iter()
    .enumerate()
    {
        hooks.add(Reply::json(200, "{}"));
        let input = json!({ "prompt": prompt }).to_string();
        asker.ask(Method::POST, url.clone(), &input).await;
        let delivery = delivered(&hooks, number).await;
        let found = serde_json::from_slice(&delivery.body).unwrap();
        let mut like = body(&format!("webhook/{recorded}.json"));
        // What a model gives is no matter of webhooks, and has recordings of its own.
        like["payload"] = Value::Null;
        assert_same(recorded, &like, &found);
        assert!(WebhookHeaders::read(|name| delivery.header(name)).is_ok());
        assert_eq!(delivery.header("content-type"), Some("application/json"));
    }
}

/// Waits for a delivery, counted from 0.
async fn delivered(hooks: &ScriptedServer, number: usize) -> fal_client::testing::RecordedRequest {
    for _ in 0..2_000 {
        if let Some(delivery) = hooks.requests().get(number) {
            return delivery.clone();
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("no webhook came");
}
