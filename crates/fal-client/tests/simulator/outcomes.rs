//! How jobs can end, and what their outputs can look like.

use std::time::Duration;

use fal_client::simulator::{Fault, Rule};
use serde_json::{Value, json};

use crate::support::{APP, Bench, quick};

const HOUR: Duration = Duration::from_hours(1);

fn input() -> Value {
    json!({ "prompt": "a meadow", "num_images": 2 })
}

#[tokio::test]
async fn a_model_can_fail_in_its_own_words_which_the_status_does_not_show() {
    for (error_type, status) in [
        ("generation_timeout", 504),
        ("downstream_service_error", 400),
        ("downstream_service_unavailable", 500),
        ("file_download_error", 422),
    ] {
        let error_type = error_type.to_owned();
        let bench = Bench::with_fault(Fault::ModelError { status, error_type }).await;
        let id = bench.submit(&input()).await;
        assert!(bench.completed(&id).await.json().get("error").is_none());
        let result = bench.get(&format!("{APP}/requests/{id}")).await;
        assert_eq!(result.status, status);
        let detail = &result.json()["detail"][0];
        assert!(detail["type"].is_string() && detail["msg"].is_string());
        assert_eq!(detail["input"], input(), "the input is echoed");
    }
}

#[tokio::test]
async fn a_model_that_panics_leaves_one_text() {
    let bench = Bench::with_fault(Fault::Unhandled).await;
    let result = bench.result(&input()).await;
    assert_eq!(result.status, 500);
    assert_eq!(result.json(), json!({ "detail": "Internal Server Error" }));
}

#[tokio::test]
async fn an_output_can_have_another_shape() {
    let bench = Bench::with_fault(Fault::WrongOutput).await;
    let result = bench.result(&input()).await;
    assert_eq!(result.status, 200);
    assert!(result.json().get("images").is_none());
}

#[tokio::test]
async fn an_output_can_be_without_any_picture() {
    let bench = Bench::with_fault(Fault::FewerImages(0)).await;
    let result = bench.result(&input()).await;
    assert_eq!(result.json()["images"], json!([]));
    assert_eq!(result.header("x-fal-billable-units"), Some("0"));
}

#[tokio::test]
async fn pictures_can_come_as_bare_links() {
    let bench = Bench::with_fault(Fault::BareImages).await;
    let result = bench.result(&input()).await.json();
    let image = result["images"][0].as_object().unwrap();
    assert_eq!(image.keys().collect::<Vec<_>>(), ["url"]);
    let file = bench.fetch(image["url"].as_str().unwrap()).await.unwrap();
    assert!(image::load_from_memory(&file.bytes).is_ok());
}

#[tokio::test]
async fn what_is_said_of_a_picture_can_be_wrong() {
    let bench = Bench::with_fault(Fault::WrongMetadata).await;
    let result = bench.result(&input()).await.json();
    let image = &result["images"][0];
    let file = bench.fetch(image["url"].as_str().unwrap()).await.unwrap();
    assert_ne!(image["file_size"], json!(file.bytes.len()));
    assert_ne!(image["content_type"].as_str(), file.header("content-type"));
    let picture = image::load_from_memory(&file.bytes).unwrap();
    assert_ne!(image["width"], json!(picture.width()));
}

#[tokio::test]
async fn a_request_can_wait_for_ever_while_others_pass_it() {
    let builder = quick().runners(1).virtual_time();
    let rules = [Rule::nth_submit(1, Fault::NeverStarts)];
    let bench = Bench::start(builder.script(rules)).await;
    let stuck = bench.submit(&input()).await;
    let next = bench.submit(&input()).await;
    bench.simulator.control().advance(HOUR);
    bench.completed(&next).await;
    let status = bench.get(&format!("{APP}/requests/{stuck}/status")).await;
    assert_eq!(status.json()["status"], "IN_QUEUE");
    let cancel = bench.put(&format!("{APP}/requests/{stuck}/cancel")).await;
    assert_eq!(cancel.status, 202);
    bench.completed(&stuck).await;
}

#[tokio::test]
async fn a_request_whose_runner_dies_goes_back_to_the_line_and_is_run_again() {
    let run = Duration::from_secs(10);
    let builder = quick().runners(1).run_time(run).virtual_time();
    let rules = [Rule::nth_submit(1, Fault::Requeued)];
    let bench = Bench::start(builder.script(rules)).await;
    let id = bench.submit(&input()).await;
    let path = format!("{APP}/requests/{id}/status");
    let control = bench.simulator.control();
    let mut seen = Vec::new();
    for _ in 0..400 {
        let status = bench.get(&path).await.json();
        seen.push(status["status"].as_str().unwrap().to_owned());
        if status["status"] == "COMPLETED" {
            break;
        }
        control.advance(Duration::from_millis(500));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(seen.last().map(String::as_str), Some("COMPLETED"));
    let status = bench.completed(&id).await.json();
    assert!(status.get("error").is_none());
    assert_eq!(
        status["metrics"]["inference_time"], 10.0,
        "the second run counts"
    );
    let took = seen.len() as u64 / 2;
    assert!(took >= 15, "half a run was for nothing: {took} s");
    assert_eq!(control.accepted_submits(), 1);
}
