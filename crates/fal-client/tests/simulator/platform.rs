//! The platform: the listing of requests, and the delete of what is kept of them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{APP, Answer, Bench, FAST, quick};

async fn list(bench: &Bench, query: &str) -> Value {
    let path = format!("v1/models/requests/by-endpoint?endpoint_id={FAST}{query}");
    let answer = bench.get(&path).await;
    assert_eq!(answer.status, 200);
    answer.json()
}

fn ids(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().into_iter().flatten();
    items
        .filter_map(|item| item["request_id"].as_str())
        .collect()
}

async fn delete(bench: &Bench, id: &str) -> Answer {
    let path = format!("v1/models/requests/{id}/payloads");
    bench.send(Method::DELETE, &path, "").await.unwrap()
}

#[tokio::test]
async fn requests_are_listed_newest_first_with_their_payloads_when_asked() {
    let bench = Bench::start(quick()).await;
    assert_eq!(bench.simulator.platform_url().as_str(), bench.url("v1/"));
    let input = json!({ "prompt": "a lake" });
    let first = bench.submit(&input).await;
    bench.completed(&first).await;
    let second = bench.submit(&json!({ "prompt": 1 })).await;
    bench.completed(&second).await;
    bench.post("fal-ai/nano-banana", &input).await;
    let page = list(&bench, "&expand=payloads").await;
    assert_eq!(ids(&page), [second.as_str(), first.as_str()]);
    let item = &page["items"][1];
    assert_eq!(item["endpoint_id"], FAST);
    assert_eq!(item["status_code"], 200);
    assert_eq!(item["json_input"], input);
    assert!(item["json_output"]["images"].is_array());
    for name in ["sent_at", "started_at", "ended_at"] {
        assert!(item[name].is_string(), "{name}");
    }
    assert_eq!(page["items"][0]["status_code"], 422);
    let bare = list(&bench, "").await;
    assert!(bare["items"][0].get("json_input").is_none());
}

#[tokio::test]
async fn pages_follow_one_another_without_gaps() {
    let bench = Bench::start(quick().queue_time(std::time::Duration::from_hours(1))).await;
    for number in 0..5 {
        bench
            .submit(&json!({ "prompt": format!("a lake {number}") }))
            .await;
    }
    let mut seen = Vec::new();
    let mut cursor = String::new();
    for _ in 0..3 {
        let page = list(&bench, &format!("&limit=2{cursor}")).await;
        seen.extend(ids(&page).into_iter().map(str::to_owned));
        let next = page["next_cursor"].as_str();
        assert_eq!(page["has_more"], json!(next.is_some()));
        let Some(next) = next else { break };
        cursor = format!("&cursor={}", next.replace('=', "%3D"));
    }
    let mut accepted = bench.simulator.control().accepted_ids();
    accepted.reverse();
    assert_eq!(seen, accepted, "also those that still wait");
}

#[tokio::test]
async fn a_listing_is_bounded_by_times() {
    let bench = Bench::start(quick()).await;
    bench.submit(&json!({ "prompt": "a lake" })).await;
    let all = list(&bench, "&start=2020-01-01T00:00:00Z").await;
    assert_eq!(ids(&all).len(), 1);
    let none = list(&bench, "&end=2020-01-01T00:00:00Z").await;
    assert!(ids(&none).is_empty());
    let path = format!("v1/models/requests/by-endpoint?endpoint_id={FAST}&start=soon");
    assert_eq!(bench.get(&path).await.status, 422);
    assert_eq!(
        bench.get("v1/models/requests/by-endpoint").await.status,
        422
    );
}

#[tokio::test]
async fn a_delete_takes_input_output_and_files_and_is_done_once() {
    let bench = Bench::start(quick()).await;
    let id = bench.submit(&json!({ "prompt": "a lake" })).await;
    bench.completed(&id).await;
    let result = bench.get(&format!("{APP}/requests/{id}")).await.json();
    let link = result["images"][0]["url"].as_str().unwrap();
    assert_eq!(bench.fetch(link).await.unwrap().status, 200);
    let deleted = delete(&bench, &id).await;
    assert_eq!(
        deleted.json(),
        json!({ "cdn_delete_results": [{ "link": link, "exception": null }] })
    );
    assert_eq!(bench.fetch(link).await.unwrap().status, 404);
    assert_eq!(bench.get(&format!("{APP}/requests/{id}")).await.status, 404);
    let page = list(&bench, "&expand=payloads").await;
    assert!(page["items"][0].get("json_input").is_none());
    let again = delete(&bench, &id).await;
    assert_eq!(
        (again.status, again.json()["error"]["type"].as_str()),
        (404, Some("not_found"))
    );
}

#[tokio::test]
async fn a_delete_needs_the_admin_scope_and_a_request_that_is_over() {
    let bench = Bench::start(quick().without_admin_scope()).await;
    let id = bench.submit(&json!({ "prompt": "a lake" })).await;
    bench.completed(&id).await;
    assert_eq!(delete(&bench, &id).await.status, 403);
    let bench = Bench::start(quick().queue_time(std::time::Duration::from_hours(1))).await;
    let id = bench.submit(&json!({ "prompt": "a lake" })).await;
    assert_eq!(delete(&bench, &id).await.status, 400);
}

#[tokio::test]
async fn a_request_that_must_not_be_kept_is_listed_without_its_payload() {
    let bench = Bench::start(quick()).await;
    let input = json!({ "prompt": "a lake" });
    bench.submit_with(&[("x-fal-store-io", "0")], &input).await;
    let page = list(&bench, "&expand=payloads").await;
    assert_eq!(ids(&page).len(), 1);
    assert!(page["items"][0].get("json_input").is_none());
}

#[tokio::test]
async fn the_platform_speaks_of_a_wrong_key_in_its_own_form() {
    let bench = Bench::start(quick()).await;
    let url = bench.url(&format!(
        "v1/models/requests/by-endpoint?endpoint_id={FAST}"
    ));
    let answer = bench.fetch(&url).await.unwrap();
    assert_eq!(answer.status, 401);
    assert_eq!(answer.json()["error"]["type"], "authorization_error");
    assert_eq!(bench.get("v1/else").await.status, 404);
}
