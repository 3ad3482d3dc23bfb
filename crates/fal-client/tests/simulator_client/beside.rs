//! What stands beside the queue: direct runs, uploads, and the platform.

use std::time::Duration;

use fal_client::http::{HttpFalFiles, HttpFalPlatform, HttpFalQueue, HttpFalRunner, UploadLimits};
use fal_client::simulator::{Fault, Host, RecordedRequest, Step};
use fal_client::{
    Endpoint, FalErrorKind, FalFiles, FalPlatform, FalPlatformExt, FalQueue, FalRunner, LostSearch,
    ObjectLifecycle, PayloadDeletion, RequestQuery, SubmitOptions, TimeSource, UploadFile,
};
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::support::{FAST, client, quick, settings, simulator};

fn fast() -> Endpoint {
    FAST.parse().unwrap()
}

fn input() -> Value {
    json!({ "prompt": "a lake at dawn", "num_images": 2 })
}

#[tokio::test]
async fn a_direct_run_gives_its_output_and_its_bill() {
    let simulator = simulator(None).await;
    let runner = HttpFalRunner::new(&settings(&simulator)).unwrap();
    let options = SubmitOptions::default();
    let output = runner.run(&fast(), &input(), &options).await.unwrap();
    assert_eq!(output.value["images"].as_array().unwrap().len(), 2);
    assert!(output.billable_units.is_some());
}

#[tokio::test]
async fn a_direct_run_that_was_perhaps_started_is_told_from_one_that_was_not() {
    for (fault, kind) in [
        (Fault::DropAfterAccept, FalErrorKind::Unacknowledged),
        (
            Fault::TooManyRequests {
                retry_after: Duration::ZERO,
            },
            FalErrorKind::RateLimited,
        ),
        (Fault::RefusePrompt, FalErrorKind::Refused),
        (Fault::Locked, FalErrorKind::Locked),
    ] {
        let simulator = simulator(Some(fault.clone())).await;
        let runner = HttpFalRunner::new(&settings(&simulator)).unwrap();
        let options = SubmitOptions::default();
        let error = runner.run(&fast(), &input(), &options).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{fault:?}");
    }
}

#[tokio::test]
async fn a_streaming_run_gives_piece_by_piece_and_tells_when_it_breaks() {
    for (fault, pieces) in [(None, 3), (Some(Fault::StreamBreaks { after: 1 }), 1)] {
        let simulator = simulator(fault).await;
        let runner = HttpFalRunner::new(&settings(&simulator)).unwrap();
        let options = SubmitOptions::default();
        let stream = runner.stream(&fast(), &input(), &options).await.unwrap();
        let outcomes: Vec<_> = stream.collect().await;
        let good = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(good, pieces);
        if let Some(Err(error)) = outcomes.last() {
            assert_eq!(error.kind(), FalErrorKind::Unacknowledged);
        }
    }
}

#[tokio::test]
async fn files_go_up_whole_and_in_parts_without_the_key_in_the_wrong_place() {
    let simulator = simulator(None).await;
    let limits = UploadLimits {
        most: 1000,
        multipart_from: 100,
        part: 30,
        parallel: 3,
    };
    let files = HttpFalFiles::new(&settings(&simulator)).unwrap();
    let files = files.with_limits(limits);
    for size in [99_u8, 200] {
        let bytes: Vec<u8> = (0..size).collect();
        let file = UploadFile::new(bytes.clone(), "image/png").unwrap();
        let url = files.upload(file.with_name("cat.png")).await.unwrap();
        let media = simulator.media_url();
        assert!(url.expose().starts_with(media.as_str()));
        let kept = get(url.expose()).await;
        assert!(kept.ends_with(&bytes), "{size}");
    }
    let requests = simulator.control().requests();
    let of_media = requests.iter().filter(|asked| asked.host() == Host::Media);
    let names: Vec<_> = of_media.map(RecordedRequest::header_names).collect();
    assert_eq!(
        names.len(),
        1 + 7 + 1 + 2,
        "a file, seven parts, their end, two reads"
    );
    let key = "authorization".to_owned();
    assert!(names.iter().all(|names| !names.contains(&key)));
}

/// Returns an answer as it came over the wire.
async fn get(link: &str) -> Vec<u8> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let url: url::Url = link.parse().unwrap();
    let address = ("127.0.0.1", url.port().unwrap());
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let ask = format!(
        "GET {} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        url.path()
    );
    stream.write_all(ask.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_submit_whose_answer_was_lost_is_found_in_the_list() {
    for fault in [
        Fault::DropAfterAccept,
        Fault::IngressAfterAccept { status: 504 },
        Fault::GarbageJson { at: Step::Submit },
    ] {
        let simulator = simulator(Some(fault.clone())).await;
        let queue = HttpFalQueue::new(&settings(&simulator)).unwrap();
        let options = SubmitOptions::default();
        let error = queue.submit(&fast(), &input(), &options).await.unwrap_err();
        assert_eq!(error.kind(), FalErrorKind::Unacknowledged, "{fault:?}");
        let platform = HttpFalPlatform::new(&settings(&simulator)).unwrap();
        let lost = error.unknown_submit().unwrap();
        let LostSearch::Found(id) = platform.find_lost(lost).await else {
            panic!("{fault:?}: it is not found");
        };
        assert_eq!(simulator.control().accepted_ids(), [id.to_string()]);
    }
}

#[tokio::test]
async fn the_list_is_read_to_its_end_page_by_page() {
    let simulator = quick().start().await.unwrap();
    let client = client(&simulator);
    for _ in 0..5 {
        let options = SubmitOptions::default();
        client
            .queue()
            .submit(&fast(), &input(), &options)
            .await
            .unwrap();
    }
    let platform = HttpFalPlatform::new(&settings(&simulator)).unwrap();
    let hour_ago = TimeSource::default().now() - Duration::from_hours(1);
    let mut query = RequestQuery::new(fast(), hour_ago);
    query.limit = 2;
    let mut ids = Vec::new();
    loop {
        let page = platform.list_requests(&query).await.unwrap();
        assert!(page.requests.iter().all(|one| one.input == Some(input())));
        ids.extend(
            page.requests
                .into_iter()
                .map(|one| one.request_id.to_string()),
        );
        query.cursor = page.next_cursor;
        if query.cursor.is_none() {
            break;
        }
    }
    ids.reverse();
    assert_eq!(ids, simulator.control().accepted_ids());
}

#[tokio::test]
async fn what_is_kept_of_a_request_is_destroyed_with_the_admin_scope_alone() {
    for (builder, has_scope) in [(quick(), true), (quick().without_admin_scope(), false)] {
        let simulator = builder.start().await.unwrap();
        let client = client(&simulator);
        let options = SubmitOptions::default();
        let job = client.queue().submit(&fast(), &input(), &options).await;
        let job = job.unwrap();
        client.wait(&job, |_| {}).await.unwrap();
        let platform = HttpFalPlatform::new(&settings(&simulator)).unwrap();
        let deleted = platform.delete_payload(&job.request_id).await;
        if !has_scope {
            assert_eq!(deleted.unwrap_err().kind(), FalErrorKind::NeedsAdminKey);
            continue;
        }
        let whole = PayloadDeletion::Deleted {
            files: 2,
            left: Vec::new(),
        };
        assert_eq!(deleted.unwrap(), whole);
        let again = platform.delete_payload(&job.request_id).await.unwrap();
        assert_eq!(again, PayloadDeletion::AlreadyGone);
    }
}

#[tokio::test]
async fn files_and_outputs_die_as_their_lifecycle_says() {
    let simulator = quick().virtual_time().start().await.unwrap();
    let minute = Duration::from_mins(1);
    let lifecycle = ObjectLifecycle::default().with_expires(minute);
    let files = HttpFalFiles::new(&settings(&simulator)).unwrap();
    let file = UploadFile::new("x", "text/plain").unwrap();
    let file = file.with_lifecycle(lifecycle.clone());
    let uploaded = files.upload(file).await.unwrap().expose().to_owned();
    let client = client(&simulator);
    let options = SubmitOptions::default().with_lifecycle(lifecycle);
    let job = client.queue().submit(&fast(), &input(), &options).await;
    simulator.control().advance(Duration::from_secs(1));
    let output = client.wait(&job.unwrap(), |_| {}).await.unwrap();
    let picture = output.value["images"][0]["url"].as_str().unwrap();
    for link in [&uploaded, picture] {
        assert!(get(link).await.starts_with(b"HTTP/1.1 200"), "{link}");
    }
    simulator.control().advance(minute);
    for link in [&uploaded, picture] {
        assert!(get(link).await.starts_with(b"HTTP/1.1 404"), "{link}");
    }
}
