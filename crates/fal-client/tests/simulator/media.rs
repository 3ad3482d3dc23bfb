//! The files behind the links, whole and broken.

use std::time::Duration;

use fal_client::simulator::{Fault, Host, Rule};
use serde_json::json;

use crate::support::{APP, Bench, quick, read};

#[tokio::test]
async fn a_link_serves_the_picture_with_its_headers_and_without_a_key() {
    let bench = Bench::start(quick()).await;
    let link = bench.picture_link("a boat at sea").await;
    let path = link
        .strip_prefix(bench.simulator.media_url().as_str())
        .unwrap();
    let parts: Vec<&str> = path.split('/').collect();
    assert_eq!(parts[..2], ["files", "b"]);
    assert!(parts[2].len() == 8 && parts[2].bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert!(
        parts[3]
            .rsplit_once('.')
            .is_some_and(|name| name.1 == "png")
    );
    let file = bench.fetch(&link).await.unwrap();
    assert_eq!(file.status, 200);
    assert_eq!(file.header("content-type"), Some("image/png"));
    assert_eq!(
        file.header("content-length"),
        Some(file.bytes.len().to_string().as_str())
    );
    let etag = file.header("etag").unwrap().to_owned();
    let again = read(bench.client.get(&link).header("if-none-match", &etag))
        .await
        .unwrap();
    assert_eq!(again.status, 304);
    let head = read(bench.client.head(&link)).await.unwrap();
    assert_eq!(head.status, 200);
    assert_eq!(head.header("content-length"), file.header("content-length"));
    assert!(head.bytes.is_empty());
}

#[tokio::test]
async fn an_unknown_file_is_not_found_and_nothing_can_be_sent() {
    let bench = Bench::start(quick()).await;
    let base = bench.simulator.media_url();
    let answer = bench
        .fetch(&format!("{base}files/b/00000000/x.png"))
        .await
        .unwrap();
    assert_eq!(answer.status, 404);
    let answer = read(bench.client.post(base).body("x")).await.unwrap();
    assert_eq!(answer.status, 405);
}

#[tokio::test]
async fn missing_media_is_linked_and_not_found() {
    let bench = Bench::with_fault(Fault::MediaMissing).await;
    let link = bench.picture_link("a boat").await;
    assert_eq!(bench.fetch(&link).await.unwrap().status, 404);
}

#[tokio::test]
async fn truncated_media_breaks_off_against_its_length() {
    let bench = Bench::with_fault(Fault::MediaTruncated).await;
    let link = bench.picture_link("a boat").await;
    let mut answer = bench.client.get(&link).send().await.unwrap();
    let promised = answer.content_length().unwrap();
    let mut got = 0;
    let broken = loop {
        match answer.chunk().await {
            Ok(Some(piece)) => got += piece.len() as u64,
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    assert!(broken);
    assert!(got > 0 && got < promised, "{got} of {promised}");
}

#[tokio::test]
async fn media_of_the_wrong_type_is_html_called_a_picture() {
    let bench = Bench::with_fault(Fault::MediaWrongType).await;
    let link = bench.picture_link("a boat").await;
    let file = bench.fetch(&link).await.unwrap();
    assert_eq!(file.status, 200);
    assert_eq!(file.header("content-type"), Some("image/png"));
    assert!(file.bytes.starts_with(b"<!doctype html>"));
}

#[tokio::test]
async fn a_file_can_be_forbidden() {
    let bench = Bench::with_fault(Fault::MediaForbidden).await;
    let link = bench.picture_link("a boat").await;
    assert_eq!(bench.fetch(&link).await.unwrap().status, 403);
}

#[tokio::test]
async fn a_file_can_expire() {
    let expires = Fault::MediaExpires(Duration::from_mins(1));
    let script = [Rule::nth_submit(1, expires)];
    let bench = Bench::start(quick().virtual_time().script(script)).await;
    let id = bench.submit(&json!({ "prompt": "a boat" })).await;
    let control = bench.simulator.control();
    control.advance(Duration::from_secs(1));
    bench.completed(&id).await;
    let result = bench.get(&format!("{APP}/requests/{id}")).await.json();
    let link = result["images"][0]["url"].as_str().unwrap();
    control.advance(Duration::from_secs(30));
    assert_eq!(bench.fetch(link).await.unwrap().status, 200);
    control.advance(Duration::from_secs(30));
    assert_eq!(bench.fetch(link).await.unwrap().status, 404);
    let result = bench.get(&format!("{APP}/requests/{id}")).await;
    assert_eq!(result.status, 200, "the result outlives its files");
}

#[tokio::test]
async fn a_file_can_be_unavailable_for_a_while() {
    let bench = Bench::with_fault(Fault::MediaUnavailable { times: 2 }).await;
    let link = bench.picture_link("a boat").await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(bench.fetch(&link).await.unwrap().status);
    }
    assert_eq!(statuses, [503, 503, 200, 200]);
}

#[tokio::test]
async fn a_file_can_be_slow() {
    let slow = Fault::MediaSlow(Duration::from_millis(300));
    let bench = Bench::with_fault(slow).await;
    let link = bench.picture_link("a boat").await;
    let began = tokio::time::Instant::now();
    assert_eq!(bench.fetch(&link).await.unwrap().status, 200);
    assert!(began.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_file_can_be_empty_garbage_or_called_by_another_type() {
    for (fault, content_type, is_empty, is_picture) in [
        (Fault::MediaEmpty, "image/png", true, false),
        (Fault::MediaGarbage, "image/png", false, false),
        (Fault::MediaMislabelled, "image/gif", false, true),
    ] {
        let bench = Bench::with_fault(fault.clone()).await;
        let link = bench.picture_link("a boat").await;
        let file = bench.fetch(&link).await.unwrap();
        assert_eq!(file.status, 200, "{fault:?}");
        assert_eq!(file.header("content-type"), Some(content_type));
        assert_eq!(file.bytes.is_empty(), is_empty, "{fault:?}");
        let picture = image::load_from_memory(&file.bytes);
        assert_eq!(picture.is_ok(), is_picture, "{fault:?}");
    }
}

#[tokio::test]
async fn a_file_can_lead_to_an_address_that_no_picture_may_come_from() {
    let bench = Bench::with_fault(Fault::MediaRedirects).await;
    let link = bench.picture_link("a boat").await;
    assert_eq!(bench.fetch(&link).await.unwrap().status, 404);
    let asked = bench.simulator.control().requests();
    let last = asked.last().unwrap();
    assert_eq!((last.host(), last.path()), (Host::Queue, "/_redirected"));
}
