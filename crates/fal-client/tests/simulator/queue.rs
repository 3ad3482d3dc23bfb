//! Submit, status, result and cancel; the key; and the line before the runners.

use std::time::Duration;

use fal_client::simulator::{FalSimulator, Fault, Host, Rule};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{APP, Bench, FAST, quick, read};

const HOUR: Duration = Duration::from_hours(1);

fn input() -> Value {
    json!({ "prompt": "a lighthouse at dawn" })
}

#[tokio::test]
async fn a_submit_answers_with_the_id_and_links_under_the_app() {
    let bench = Bench::start(quick().queue_time(HOUR)).await;
    let answer = bench.post(FAST, &input()).await;
    assert_eq!(answer.status, 200);
    let body = answer.json();
    let id = body["request_id"].as_str().unwrap();
    assert!(uuid::Uuid::parse_str(id).is_ok());
    assert_eq!(answer.header("x-fal-request-id"), Some(id));
    let base = bench.url(&format!("{APP}/requests/{id}"));
    assert_eq!(body["response_url"], json!(base));
    assert_eq!(body["status_url"], json!(format!("{base}/status")));
    assert_eq!(body["cancel_url"], json!(format!("{base}/cancel")));
    assert_eq!(body["status"], "IN_QUEUE");
    assert_eq!(body["queue_position"], 0);
    assert_eq!(body["logs"], Value::Null);
    assert_eq!(body["metrics"], json!({}));
    assert_eq!(bench.simulator.control().accepted_submits(), 1);
}

#[tokio::test]
async fn a_waiting_request_has_its_position_and_no_result() {
    let bench = Bench::start(quick().queue_time(HOUR)).await;
    bench.submit(&input()).await;
    let id = bench.submit(&input()).await;
    let status = bench.get(&format!("{APP}/requests/{id}/status")).await;
    assert_eq!(status.status, 202);
    assert_eq!(status.json()["status"], "IN_QUEUE");
    assert_eq!(status.json()["queue_position"], 1);
    let result = bench.get(&format!("{APP}/requests/{id}")).await;
    assert_eq!(result.status, 400);
    assert_eq!(
        result.json(),
        json!({ "detail": "Request is still in progress" })
    );
}

#[tokio::test]
async fn a_running_request_shows_logs_when_asked() {
    let bench = Bench::start(FalSimulator::builder().run_time(HOUR)).await;
    let id = bench.submit(&input()).await;
    let mut body = Value::Null;
    for _ in 0..500 {
        body = bench
            .get(&format!("{APP}/requests/{id}/status?logs=true"))
            .await
            .json();
        if body["status"] == "IN_PROGRESS" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(body["status"], "IN_PROGRESS");
    for field in ["message", "timestamp", "level", "source"] {
        assert!(body["logs"][0][field].is_string(), "{field}");
    }
    let plain = bench
        .get(&format!("{APP}/requests/{id}/status?logs=0"))
        .await;
    assert_eq!(plain.status, 202);
    assert_eq!(plain.json()["logs"], Value::Null);
    assert_eq!(bench.get(&format!("{APP}/requests/{id}")).await.status, 400);
}

#[tokio::test]
async fn a_completed_request_has_logs_metrics_and_a_result_on_every_path() {
    let bench = Bench::start(quick()).await;
    let id = bench
        .submit(&json!({ "prompt": "a lake", "num_images": 2 }))
        .await;
    let status = bench.completed(&id).await;
    let body = status.json();
    assert_eq!(body["status"], "COMPLETED");
    assert_eq!(status.header("x-fal-request-id"), Some(id.as_str()));
    assert!(body["metrics"]["inference_time"].as_f64().unwrap() >= 0.03);
    assert!(body.get("error").is_none());
    let lines = body["logs"].as_array().unwrap();
    assert_eq!(lines.last().unwrap()["message"], "Request completed");
    let result = bench.get(&format!("{APP}/requests/{id}")).await;
    assert_eq!(result.status, 200);
    assert_eq!(result.header("x-fal-request-id"), Some(id.as_str()));
    assert_eq!(result.header("x-fal-billable-units"), Some("2"));
    assert_eq!(result.json()["images"].as_array().unwrap().len(), 2);
    for path in [
        format!("{APP}/requests/{id}/"),
        format!("{APP}/requests/{id}/response"),
        format!("{FAST}/requests/{id}"),
        format!("{FAST}/requests/{id}/response/"),
    ] {
        assert_eq!(bench.get(&path).await.json(), result.json(), "{path}");
    }
    for path in [
        format!("{APP}/requests/{id}/status/"),
        format!("{FAST}/requests/{id}/status"),
    ] {
        assert_eq!(bench.get(&path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn an_unknown_request_is_not_found_even_without_a_key() {
    let bench = Bench::start(quick()).await;
    let known = bench.submit(&input()).await;
    for path in [
        format!("{APP}/requests/0"),
        format!("{APP}/requests/0/status"),
        format!("fal-ai/nano-banana/requests/{known}"),
    ] {
        let answer = read(bench.client.get(bench.url(&path))).await.unwrap();
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.json(), json!({ "status": "NOT_FOUND" }));
    }
    assert_eq!(
        bench.put(&format!("{APP}/requests/0/cancel")).await.status,
        404
    );
}

#[tokio::test]
async fn a_wrong_key_is_turned_away_in_words() {
    let bench = Bench::start(quick()).await;
    let id = bench.submit(&input()).await;
    let no_user = "No user found for Key ID and Secret";
    let format = "Invalid Key Authorization header format. Expected '<key_id>:<key_secret>'.";
    for (header, words) in [
        (None, "Cannot access application \"fal-ai/imagen4\""),
        (Some("Key a:b"), no_user),
        (Some("Key ab"), format),
        (Some("Bearer ab"), "invalid key credentials"),
    ] {
        for path in [FAST.to_owned(), format!("{APP}/requests/{id}")] {
            let method = if path == FAST {
                Method::POST
            } else {
                Method::GET
            };
            let mut request = bench.client.request(method, bench.url(&path)).body("{}");
            if let Some(header) = header {
                request = request.header("authorization", header);
            }
            let answer = read(request).await.unwrap();
            assert_eq!(answer.status, 401, "{path}");
            assert_eq!(answer.json(), json!({ "detail": words }));
        }
    }
    assert_eq!(bench.simulator.control().accepted_submits(), 1);
}

#[tokio::test]
async fn unknown_and_retired_models_are_not_found_by_their_alias() {
    let bench = Bench::start(quick().retired(["fal-ai/imagen4"])).await;
    for (path, alias) in [
        ("fal-ai/dall-e/large", "dall-e"),
        ("fal-ai/imagen4/ultra", "imagen4"),
        (FAST, "imagen4"),
    ] {
        let answer = bench.post(path, &input()).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(
            answer.json()["detail"],
            format!("Application \"{alias}\" not found")
        );
    }
    assert_eq!(bench.post("fal-ai/nano-banana", &input()).await.status, 200);
}

#[tokio::test]
async fn all_five_models_take_requests() {
    let bench = Bench::start(quick().queue_time(HOUR)).await;
    for path in [
        "fal-ai/imagen4/preview",
        "fal-ai/imagen4/preview/fast",
        "fal-ai/imagen4/preview/ultra",
        "fal-ai/nano-banana",
        "fal-ai/nano-banana-2",
    ] {
        assert_eq!(bench.post(path, &input()).await.status, 200, "{path}");
    }
    assert_eq!(bench.simulator.control().accepted_submits(), 5);
}

#[tokio::test]
async fn the_wrong_method_is_not_allowed() {
    let bench = Bench::start(quick().queue_time(HOUR)).await;
    let id = bench.submit(&input()).await;
    assert_eq!(bench.get(FAST).await.status, 405);
    assert_eq!(
        bench
            .get(&format!("{APP}/requests/{id}/cancel"))
            .await
            .status,
        405
    );
    assert_eq!(bench.put(&format!("{APP}/requests/{id}")).await.status, 405);
    assert_eq!(bench.get("nothing").await.status, 404);
}

#[tokio::test]
async fn one_runner_serves_first_come_first() {
    let bench = Bench::start(quick().runners(1)).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(bench.submit(&input()).await);
    }
    bench.completed(&ids[1]).await;
    let first = bench
        .get(&format!("{APP}/requests/{}/status", ids[0]))
        .await;
    assert_eq!(first.json()["status"], "COMPLETED");
    bench.completed(&ids[2]).await;
    let second = bench
        .get(&format!("{APP}/requests/{}/status", ids[1]))
        .await;
    assert_eq!(second.json()["status"], "COMPLETED");
}

#[tokio::test]
async fn positions_count_those_ahead_and_move_up_after_a_cancel() {
    let bench = Bench::start(quick().runners(1).queue_time(HOUR)).await;
    let mut ids = Vec::new();
    for position in 0..3 {
        let body = bench.post(FAST, &input()).await.json();
        assert_eq!(body["queue_position"], position);
        ids.push(body["request_id"].as_str().unwrap().to_owned());
    }
    let cancel = bench
        .put(&format!("{APP}/requests/{}/cancel", ids[1]))
        .await;
    assert_eq!(cancel.status, 202);
    assert_eq!(cancel.json(), json!({ "status": "CANCELLATION_REQUESTED" }));
    let third = bench
        .get(&format!("{APP}/requests/{}/status", ids[2]))
        .await;
    assert_eq!(third.json()["queue_position"], 1);
    let status = bench.completed(&ids[1]).await.json();
    assert_eq!(status["error_type"], "client_cancelled");
    let result = bench.get(&format!("{APP}/requests/{}", ids[1])).await;
    assert_eq!(result.status, 499);
    assert_eq!(result.header("x-fal-error-type"), Some("client_cancelled"));
    let again = bench
        .put(&format!("{FAST}/requests/{}/cancel", ids[1]))
        .await;
    assert_eq!(again.status, 400);
    assert_eq!(again.json(), json!({ "status": "ALREADY_COMPLETED" }));
}

#[tokio::test]
async fn a_cancel_frees_the_runner_of_a_running_request() {
    let script = [Rule::nth_submit(1, Fault::Slow(HOUR))];
    let bench = Bench::start(quick().runners(1).script(script)).await;
    let slow = bench.submit(&input()).await;
    let next = bench.submit(&input()).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let cancel = bench.put(&format!("{APP}/requests/{slow}/cancel")).await;
    assert_eq!(cancel.status, 202);
    assert_eq!(
        bench.completed(&slow).await.json()["error_type"],
        "client_cancelled"
    );
    assert!(bench.completed(&next).await.json().get("error").is_none());
}

#[tokio::test]
async fn a_full_queue_turns_away_who_asks_for_a_short_one() {
    let bench = Bench::start(quick().queue_time(HOUR)).await;
    bench.submit(&input()).await;
    let path = format!("{FAST}?fal_max_queue_length=0");
    assert_eq!(bench.post(&path, &input()).await.status, 429);
    assert_eq!(bench.simulator.control().accepted_submits(), 1);
}

#[tokio::test]
async fn requests_are_recorded_by_origin_without_the_key() {
    let bench = Bench::start(quick()).await;
    let link = bench.picture_link("a boat").await;
    assert_eq!(bench.fetch(&link).await.unwrap().status, 200);
    let requests = bench.simulator.control().requests();
    let names = |host| {
        let asked = requests
            .iter()
            .filter(move |request| request.host() == host);
        asked
            .flat_map(|request| request.header_names().to_vec())
            .collect::<Vec<_>>()
    };
    assert_eq!(requests[0].method(), "POST");
    assert_eq!(requests[0].path(), format!("/{FAST}"));
    assert!(names(Host::Queue).contains(&"authorization".to_owned()));
    assert!(!names(Host::Media).is_empty());
    assert!(!names(Host::Media).contains(&"authorization".to_owned()));
    let secret = bench.simulator.key().expose().to_owned();
    assert!(!format!("{requests:?}{:?}", bench.simulator).contains(&secret));
}

#[tokio::test]
async fn two_simulators_have_two_keys_and_a_stopped_one_is_gone() {
    let one = quick().start().await.unwrap();
    let two = quick().start().await.unwrap();
    assert_ne!(one.key().expose(), two.key().expose());
    assert_ne!(one.queue_url(), one.media_url());
    let url = one.queue_url();
    one.stop().await;
    assert!(
        crate::support::client()
            .get(url)
            .send()
            .await
            .unwrap_err()
            .is_connect()
    );
    two.stop().await;
}
