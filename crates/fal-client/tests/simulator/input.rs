//! Inputs that a model does not take, each with its own complaint.

use serde_json::{Value, json};

use crate::support::{APP, Bench, FAST, quick};

/// Returns inputs with one bad field, and the field, type and context of the complaint.
fn bad_fields() -> [(Value, &'static str, &'static str, Value); 10] {
    let ratios = json!({ "expected": ["1:1", "16:9", "9:16", "3:4", "4:3"] });
    let formats = json!({ "expected": ["jpeg", "png", "webp"] });
    [
        (json!({}), "prompt", "missing", Value::Null),
        (json!({ "prompt": 7 }), "prompt", "string_type", Value::Null),
        (
            json!({ "prompt": "ab" }),
            "prompt",
            "string_too_short",
            json!({ "min_length": 3 }),
        ),
        (
            json!({ "prompt": "x".repeat(5001) }),
            "prompt",
            "string_too_long",
            json!({ "max_length": 5000 }),
        ),
        (
            json!({ "prompt": "sun", "aspect_ratio": "2:1" }),
            "aspect_ratio",
            "one_of",
            ratios,
        ),
        (
            json!({ "prompt": "sun", "num_images": 0 }),
            "num_images",
            "greater_than_equal",
            json!({ "ge": 1 }),
        ),
        (
            json!({ "prompt": "sun", "num_images": 5 }),
            "num_images",
            "less_than_equal",
            json!({ "le": 4 }),
        ),
        (
            json!({ "prompt": "sun", "num_images": "1" }),
            "num_images",
            "int_type",
            Value::Null,
        ),
        (
            json!({ "prompt": "sun", "output_format": "gif" }),
            "output_format",
            "one_of",
            formats,
        ),
        (
            json!({ "prompt": "sun", "sync_mode": "yes" }),
            "sync_mode",
            "bool_type",
            Value::Null,
        ),
    ]
}

#[tokio::test]
async fn each_bad_field_has_its_own_complaint() {
    let bench = Bench::start(quick()).await;
    for (input, field, kind, context) in bad_fields() {
        let answer = bench.result(&input).await;
        assert_eq!(answer.status, 422, "{kind}");
        assert_eq!(answer.header("x-fal-billable-units"), Some("0"));
        let details = answer.json()["detail"].as_array().unwrap().clone();
        assert_eq!(details.len(), 1, "{kind}");
        assert_eq!(details[0]["loc"], json!(["body", field]));
        assert_eq!(details[0]["type"], kind);
        assert_eq!(details[0]["ctx"], context);
        assert!(details[0]["msg"].is_string());
        let url = format!("https://docs.fal.ai/errors/#{kind}");
        assert_eq!(details[0]["url"], url);
    }
}

#[tokio::test]
async fn all_complaints_come_at_once() {
    let bench = Bench::start(quick()).await;
    let answer = bench.result(&json!({ "num_images": 9, "seed": "x" })).await;
    assert_eq!(answer.json()["detail"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_model_takes_its_own_fields_and_ignores_others() {
    let bench = Bench::start(quick()).await;
    // The fast model has no resolution, so FAL ignores it there.
    let unknown = json!({ "prompt": "a lake", "resolution": "9K", "image_size": "huge" });
    assert_eq!(bench.result(&unknown).await.status, 200);
    let ultra = "fal-ai/imagen4/preview/ultra";
    let submitted = bench
        .post(ultra, &json!({ "prompt": "a lake", "resolution": "9K" }))
        .await;
    let id = submitted.json()["request_id"].as_str().unwrap().to_owned();
    bench.completed(&id).await;
    assert_eq!(bench.get(&format!("{APP}/requests/{id}")).await.status, 422);
}

#[tokio::test]
async fn a_body_that_is_not_json_is_turned_away_at_once() {
    let bench = Bench::start(quick()).await;
    let answer = bench
        .send(reqwest::Method::POST, FAST, "{prompt:")
        .await
        .unwrap();
    assert_eq!(answer.status, 422);
    assert_eq!(answer.json()["detail"][0]["type"], "json_invalid");
    assert_eq!(bench.simulator.control().accepted_submits(), 0);
}

#[tokio::test]
async fn an_input_that_is_no_object_is_one_complaint() {
    let bench = Bench::start(quick()).await;
    let answer = bench.result(&json!(["a lake"])).await;
    assert_eq!(answer.status, 422);
    assert_eq!(answer.json()["detail"][0]["loc"], json!(["body"]));
}
