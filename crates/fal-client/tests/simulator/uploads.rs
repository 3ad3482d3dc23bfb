//! Uploads by both ways: to a signed address, and with a token of the CDN.

use fal_client::simulator::Host;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Bench, quick};

const CDN: &str = "storage_type=fal-cdn-v3";

async fn initiate(bench: &Bench, step: &str) -> Value {
    let wish = json!({ "file_name": "cat.png", "content_type": "image/png" });
    let path = format!("storage/upload/{step}?{CDN}");
    let answer = bench.post(&path, &wish).await;
    assert_eq!(answer.status, 200);
    answer.json()
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

async fn put(bench: &Bench, url: &str, headers: &[(&str, &str)], body: &'static str) -> Answer {
    bench.call(Method::PUT, url, headers, body).await
}

#[tokio::test]
async fn a_file_goes_whole_to_a_signed_address_and_is_read_at_its_link() {
    let bench = Bench::start(quick()).await;
    let initiated = initiate(&bench, "initiate").await;
    let (upload, file) = (text(&initiated, "upload_url"), text(&initiated, "file_url"));
    assert_eq!(bench.fetch(&file).await.unwrap().status, 404);
    let type_header = [("content-type", "image/png")];
    assert_eq!(
        put(&bench, &upload, &type_header, "bytes").await.status,
        200
    );
    let read = bench.fetch(&file).await.unwrap();
    assert_eq!((read.status, read.bytes.as_slice()), (200, &b"bytes"[..]));
    assert_eq!(read.header("content-type"), Some("image/png"));
    assert!(file.ends_with("cat.png"), "{file}");
    let asked = bench.simulator.control().requests();
    let of_media = asked.iter().filter(|asked| asked.host() == Host::Media);
    let mut names = of_media.map(|asked| asked.header_names().join(" "));
    assert!(names.all(|names| !names.contains("authorization")));
}

#[tokio::test]
async fn a_signed_address_needs_its_signature_and_serves_once() {
    let bench = Bench::start(quick()).await;
    let upload = text(&initiate(&bench, "initiate").await, "upload_url");
    let (bare, _) = upload.split_once('?').unwrap();
    assert_eq!(put(&bench, bare, &[], "bytes").await.status, 403);
    let forged = format!("{bare}?signature=x");
    assert_eq!(put(&bench, &forged, &[], "bytes").await.status, 403);
    assert_eq!(put(&bench, &upload, &[], "bytes").await.status, 200);
    assert_eq!(put(&bench, &upload, &[], "other").await.status, 403);
}

#[tokio::test]
async fn a_file_goes_in_parts_and_is_there_when_all_are_named() {
    let bench = Bench::start(quick()).await;
    let initiated = initiate(&bench, "initiate-multipart").await;
    let (upload, file) = (text(&initiated, "upload_url"), text(&initiated, "file_url"));
    let (path, query) = upload.split_once('?').unwrap();
    let mut parts = Vec::new();
    for (number, bytes) in [(2, "world"), (1, "hello ")] {
        let answer = put(&bench, &format!("{path}/{number}?{query}"), &[], bytes).await;
        let told = answer.json();
        assert_eq!(told["partNumber"], number);
        assert_eq!(answer.header("etag"), told["etag"].as_str());
        parts.push(told);
    }
    let complete = format!("{path}/complete?{query}");
    let call = async |parts: &[Value]| {
        let body = json!({ "parts": parts }).to_string();
        bench.call(Method::POST, &complete, &[], body).await
    };
    assert_eq!(call(&parts[..1]).await.status, 400, "a part is missing");
    assert_eq!(bench.fetch(&file).await.unwrap().status, 404);
    assert_eq!(call(&parts).await.status, 200);
    assert_eq!(bench.fetch(&file).await.unwrap().bytes, b"hello world");
}

/// Returns a token of the CDN as a header, and the base of its uploads.
async fn cdn(bench: &Bench) -> (String, String) {
    let path = format!("storage/auth/token?{CDN}");
    let token = bench.post(&path, &json!({})).await.json();
    assert_eq!(token["token_type"], "Bearer");
    let ends = token["expires_at"].as_str().unwrap();
    assert!(ends.ends_with("+00:00"), "{ends}");
    let header = format!("Bearer {}", text(&token, "token"));
    (header, text(&token, "base_url"))
}

#[tokio::test]
async fn a_token_of_the_cdn_takes_whole_files_on_both_origins() {
    let bench = Bench::start(quick()).await;
    let (token, base) = cdn(&bench).await;
    let headers = [
        ("authorization", token.as_str()),
        ("content-type", "text/plain"),
        ("x-fal-file-name", "note.txt"),
    ];
    for url in [format!("{base}/files/upload"), bench.url("files/upload")] {
        let answer = bench.call(Method::POST, &url, &headers, "a note").await;
        let link = text(&answer.json(), "access_url");
        let read = bench.fetch(&link).await.unwrap();
        assert_eq!(read.bytes, b"a note");
        assert_eq!(read.header("content-type"), Some("text/plain"));
    }
    let key = bench.authorization();
    let with_key = [("authorization", key.as_str())];
    let url = bench.url("files/upload");
    let answer = bench.call(Method::POST, &url, &with_key, "a note").await;
    assert_eq!(answer.status, 401, "the key is no token");
}

#[tokio::test]
async fn a_token_of_the_cdn_takes_files_in_parts() {
    let bench = Bench::start(quick()).await;
    let (token, base) = cdn(&bench).await;
    let headers = [
        ("authorization", token.as_str()),
        ("x-fal-file-name", "a/../b.bin"),
    ];
    let url = format!("{base}/files/upload/multipart");
    let begun = bench.call(Method::POST, &url, &headers, "").await.json();
    let (link, id) = (text(&begun, "access_url"), text(&begun, "uploadId"));
    let part = put(&bench, &format!("{link}/multipart/{id}/1"), &headers, "all").await;
    let etag = part.header("etag").unwrap();
    let body = json!({ "parts": [{ "partNumber": 1, "etag": etag }] }).to_string();
    let url = format!("{link}/multipart/{id}/complete");
    assert_eq!(
        bench
            .call(Method::POST, &url, &[], body.clone())
            .await
            .status,
        401
    );
    let done = bench.call(Method::POST, &url, &headers, body).await;
    assert_eq!(done.status, 200);
    assert_eq!(bench.fetch(&link).await.unwrap().bytes, b"all");
}

#[tokio::test]
async fn an_uploaded_file_dies_and_hides_as_its_header_says() {
    let bench = Bench::start(quick()).await;
    let (token, base) = cdn(&bench).await;
    for (lifecycle, status) in [
        (r#"{"expiration_duration_seconds":0}"#, 404),
        (r#"{"initial_acl":{"default":"forbid"}}"#, 403),
        (r#"{"initial_acl":{"default":"hide"}}"#, 404),
        (r#"{"expiration_duration_seconds":null}"#, 200),
    ] {
        let headers = [
            ("authorization", token.as_str()),
            ("x-fal-object-lifecycle", lifecycle),
        ];
        let url = format!("{base}/files/upload");
        let answer = bench.call(Method::POST, &url, &headers, "x").await;
        let link = text(&answer.json(), "access_url");
        let read = bench.fetch(&link).await.unwrap();
        assert_eq!(read.status, status, "{lifecycle}");
    }
}

#[tokio::test]
async fn an_upload_needs_the_key_and_a_content_type() {
    let bench = Bench::start(quick()).await;
    let url = bench.url("storage/upload/initiate");
    let answer = bench.call(Method::POST, &url, &[], "{}").await;
    assert_eq!(answer.status, 401);
    let answer = bench.post("storage/upload/initiate", &json!({})).await;
    assert_eq!(answer.status, 422);
}
