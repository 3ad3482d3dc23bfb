//! The pictures: the same for the same request, in every format and size.

use image::{GenericImageView, ImageFormat};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{APP, Bench, large, quick};

fn digest(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

/// Runs one request and returns the digests of its pictures.
async fn digests(bench: &Bench, input: &Value) -> Vec<Vec<u8>> {
    let output = bench.result(input).await.json();
    let mut found = Vec::new();
    for image in output["images"].as_array().unwrap() {
        let file = bench.fetch(image["url"].as_str().unwrap()).await.unwrap();
        assert_eq!(image["file_size"], json!(file.bytes.len()));
        found.push(digest(&file.bytes));
    }
    found
}

#[tokio::test]
async fn the_same_request_gives_the_same_bytes_and_each_index_its_own() {
    let bench = Bench::start(quick()).await;
    let input = json!({ "prompt": "a city by night", "num_images": 2, "seed": 7 });
    let first = digests(&bench, &input).await;
    assert_eq!(first, digests(&bench, &input).await);
    assert_ne!(first[0], first[1]);
    let other_seed = json!({ "prompt": "a city by night", "num_images": 2, "seed": 8 });
    assert_ne!(first[0], digests(&bench, &other_seed).await[0]);
    let other_prompt = json!({ "prompt": "a city by  night", "num_images": 1, "seed": 7 });
    assert_ne!(first[0], digests(&bench, &other_prompt).await[0]);
}

/// Runs a request for one picture and checks that it is what it is said to be.
async fn check(bench: &Bench, ratio: &str, format: &str, kind: ImageFormat, size: (u32, u32)) {
    let input = json!({ "prompt": "a forest", "aspect_ratio": ratio, "output_format": format });
    let output = bench.result(&input).await.json();
    assert_eq!(output["description"], "");
    let entry = &output["images"][0];
    let content_type = format!("image/{format}");
    assert_eq!(entry["content_type"], content_type);
    assert_eq!(
        (&entry["width"], &entry["height"]),
        (&json!(size.0), &json!(size.1))
    );
    let link = entry["url"].as_str().unwrap();
    assert!(link.ends_with(entry["file_name"].as_str().unwrap()));
    let file = bench.fetch(link).await.unwrap();
    assert_eq!(file.header("content-type"), Some(content_type.as_str()));
    assert_eq!(image::guess_format(&file.bytes).unwrap(), kind);
    let picture = image::load_from_memory(&file.bytes).unwrap();
    assert_eq!(picture.dimensions(), size);
    assert!(file.bytes.len() < 2_000_000);
}

#[tokio::test]
async fn every_format_and_shape_decodes_with_its_size() {
    // An eighth of the true size on each side: a debug build draws the whole of it for seconds.
    let bench = Bench::start(quick()).await;
    for (ratio, format, kind, size) in [
        ("1:1", "png", ImageFormat::Png, (128, 128)),
        ("16:9", "jpeg", ImageFormat::Jpeg, (176, 96)),
        ("9:16", "webp", ImageFormat::WebP, (96, 176)),
        ("4:3", "png", ImageFormat::Png, (160, 112)),
        ("3:4", "jpeg", ImageFormat::Jpeg, (112, 160)),
    ] {
        check(&bench, ratio, format, kind, size).await;
    }
}

#[tokio::test]
async fn a_picture_has_the_size_that_the_real_model_gives() {
    let bench = Bench::start(large()).await;
    check(&bench, "16:9", "png", ImageFormat::Png, (1408, 768)).await;
}

#[tokio::test]
async fn resolutions_change_the_size() {
    let bench = Bench::start(quick()).await;
    for (endpoint, app, resolution, side) in [
        ("fal-ai/imagen4/preview", APP, "2K", 256),
        ("fal-ai/nano-banana-2", "fal-ai/nano-banana-2", "0.5K", 64),
    ] {
        let input =
            json!({ "prompt": "a dune", "resolution": resolution, "output_format": "jpeg" });
        let submitted = bench.post(endpoint, &input).await.json();
        let id = submitted["request_id"].as_str().unwrap().to_owned();
        let path = format!("{app}/requests/{id}");
        for _ in 0..1500 {
            if bench.get(&format!("{path}/status")).await.status == 200 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let output = bench.get(&path).await.json();
        assert_eq!(output["images"][0]["width"], side);
        assert_eq!(output["images"][0]["height"], side);
    }
}

#[tokio::test]
async fn sync_mode_puts_the_picture_into_the_answer() {
    let bench = Bench::start(quick()).await;
    let mut input = json!({ "prompt": "a cat", "output_format": "webp" });
    let file = bench.result(&input).await.json();
    let file = bench
        .fetch(file["images"][0]["url"].as_str().unwrap())
        .await
        .unwrap();
    input["sync_mode"] = json!(true);
    let output = bench.result(&input).await.json();
    let link = output["images"][0]["url"].as_str().unwrap();
    let encoded = link.strip_prefix("data:image/webp;base64,").unwrap();
    assert_eq!(encoded.len(), file.bytes.len().div_ceil(3) * 4);
    // The first bytes of any WebP file, RIFF.
    assert!(encoded.starts_with("UklGR"));
}

#[tokio::test(start_paused = true)]
async fn time_passes_on_the_clock_of_tokio() {
    let bench = Bench::start(quick().run_time(std::time::Duration::from_hours(1))).await;
    let id = bench.submit(&json!({ "prompt": "a slow dawn" })).await;
    tokio::time::sleep(std::time::Duration::from_secs(3601)).await;
    let body = bench.completed(&id).await.json();
    assert!(body["metrics"]["inference_time"].as_f64().unwrap() >= 3600.0);
}
