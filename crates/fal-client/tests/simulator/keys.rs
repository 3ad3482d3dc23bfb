//! Who is let in besides the holder of the key: tokens, and callers of the proxy.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::support::{APP, Bench, FAST, quick};

#[tokio::test]
async fn a_token_stands_for_the_key_for_its_apps_and_its_time() {
    let bench = Bench::start(quick().virtual_time()).await;
    let wish = json!({ "allowed_apps": ["imagen4"], "token_expiration": 120 });
    let token = bench.post("tokens/", &wish).await.json();
    let token = token.as_str().unwrap();
    let submit = async |endpoint: &str| {
        let url = bench.url(&format!("{endpoint}?fal_jwt_token={token}"));
        let body = json!({ "prompt": "a lake" }).to_string();
        bench.call(Method::POST, &url, &[], body).await
    };
    let answer = submit(FAST).await;
    assert_eq!(answer.status, 200);
    let id = answer.json()["request_id"].as_str().unwrap().to_owned();
    let status = bench.url(&format!("{APP}/requests/{id}/status?fal_jwt_token={token}"));
    assert_eq!(bench.fetch(&status).await.unwrap().status, 202);
    assert_eq!(submit("fal-ai/nano-banana").await.status, 401);
    bench.simulator.control().advance(Duration::from_mins(2));
    assert_eq!(submit(FAST).await.status, 401);
    assert_eq!(bench.simulator.control().accepted_submits(), 1);
}

#[tokio::test]
async fn a_token_is_given_to_the_holder_of_the_key_alone() {
    let bench = Bench::start(quick()).await;
    let url = bench.url("tokens/");
    let answer = bench.call(Method::POST, &url, &[], "{}").await;
    assert_eq!(answer.status, 401);
    let answer = bench.post("tokens/", &json!({ "allowed_apps": 1 })).await;
    assert_eq!(answer.status, 422);
}

#[tokio::test]
async fn the_proxy_adds_the_key_and_knows_fals_addresses_only() {
    let bench = Bench::start(quick()).await;
    let url = bench.url("api/fal/proxy");
    let body = json!({ "prompt": "a lake", "content_type": "image/png" }).to_string();
    let call = async |method: Method, target: &str| {
        let headers = [("x-fal-target-url", target)];
        bench.call(method, &url, &headers, body.clone()).await
    };
    let target = format!("https://queue.fal.run/{FAST}");
    let submitted = call(Method::POST, &target).await;
    assert_eq!(submitted.status, 200);
    let id = submitted.json()["request_id"].as_str().unwrap().to_owned();
    bench.completed(&id).await;
    let target = format!("https://queue.fal.run/{APP}/requests/{id}/status?logs=1");
    let status = call(Method::GET, &target).await.json();
    assert!(status["logs"].is_array(), "the query is passed on");
    let target = format!("https://fal.run/{FAST}");
    assert!(call(Method::POST, &target).await.json()["images"].is_array());
    let target = "https://rest.fal.ai/storage/upload/initiate?storage_type=fal-cdn-v3";
    let initiated = call(Method::POST, target).await.json();
    assert!(initiated["upload_url"].is_string(), "{initiated}");
    for bad in ["https://example.org/x", "https://rest.fal.ai/billing", "x"] {
        let answer = call(Method::POST, bad).await;
        assert_eq!(
            (answer.status, answer.json()["detail"].as_str()),
            (400, Some("Invalid request"))
        );
    }
    let bare = bench.call(Method::POST, &url, &[], "{}").await;
    assert_eq!(bare.status, 400);
}
