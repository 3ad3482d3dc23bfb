//! What stands beside the queue reads its recorded answers, however they are framed.

use chrono::DateTime;
use fal_client::{
    BillableUnits, FalErrorKind, FalFiles, FalPlatform, FalRunner, PayloadDeletion, RequestQuery,
    RetryPolicy, SubmitOptions, UploadFile,
    http::{FalSettings, HttpFalFiles, HttpFalPlatform, HttpFalRunner, HttpKeySource},
    webhook::{Delivery, KeySet, KeySource},
};
use futures_util::TryStreamExt;
use serde_json::{Value, json};

use crate::recorded::{ID, Recorded, body, endpoint, job, replayed};

fn platform(settings: &FalSettings) -> HttpFalPlatform {
    HttpFalPlatform::new(settings).unwrap()
}

fn recorded_output() -> Value {
    serde_json::from_str(&Recorded::read("result").body).unwrap()
}

#[tokio::test]
async fn a_direct_run_gives_its_output_and_its_units() {
    let ask = async |settings| {
        let runner = HttpFalRunner::new(&settings).unwrap();
        let (input, options) = (json!({ "prompt": "a cat" }), SubmitOptions::default());
        runner.run(&endpoint(), &input, &options).await
    };
    for output in replayed("run", ask).await {
        let output = output.unwrap();
        assert_eq!(output.value, recorded_output());
        assert_eq!(output.billable_units, Some(BillableUnits::from_units(1)));
    }
}

#[tokio::test]
async fn a_stream_of_output_is_read_piece_by_piece() {
    let ask = async |settings| {
        let runner = HttpFalRunner::new(&settings).unwrap();
        let (input, options) = (json!({ "prompt": "a cat" }), SubmitOptions::default());
        let pieces = runner.stream(&endpoint(), &input, &options).await?;
        pieces.try_collect::<Vec<_>>().await
    };
    for pieces in replayed("output_stream", ask).await {
        let pieces = pieces.unwrap();
        assert_eq!((pieces.len(), &pieces[1]), (2, &recorded_output()));
    }
}

#[tokio::test]
async fn the_list_of_requests_is_read() {
    let query = RequestQuery::new(endpoint(), DateTime::UNIX_EPOCH);
    let ask = async |settings| platform(&settings).list_requests(&query).await;
    for page in replayed("requests", ask).await {
        let page = page.unwrap();
        let request = &page.requests[0];
        assert_eq!(request.request_id, job().request_id);
        assert_eq!(
            request.input,
            Some(json!({ "prompt": "a lighthouse at dawn" }))
        );
        assert_eq!((request.status_code, page.next_cursor), (Some(200), None));
    }
    for refused in replayed("requests_unauthorized", ask).await {
        assert_eq!(refused.unwrap_err().kind(), FalErrorKind::Unauthorized);
    }
}

#[tokio::test]
async fn the_delete_of_a_payload_is_read() {
    let id = ID.parse().unwrap();
    let ask = async |settings| platform(&settings).delete_payload(&id).await;
    for deleted in replayed("payload_deleted", ask).await {
        let all = PayloadDeletion::Deleted {
            files: 1,
            left: Vec::new(),
        };
        assert_eq!(deleted.unwrap(), all);
    }
    for gone in replayed("payload_not_found", ask).await {
        assert_eq!(gone.unwrap(), PayloadDeletion::AlreadyGone);
    }
}

#[tokio::test]
async fn an_upload_that_is_turned_away_is_read() {
    let ask = async |settings| {
        let files = HttpFalFiles::new(&settings).unwrap();
        let files = files.with_retry(RetryPolicy::new(1));
        let file = UploadFile::new("bytes", "image/png").unwrap();
        files.upload(file.with_name("cat.png")).await
    };
    for outcome in replayed("no_user", ask).await {
        assert_eq!(outcome.unwrap_err().kind(), FalErrorKind::Unauthorized);
    }
}

#[tokio::test]
async fn the_published_keys_are_read_with_their_padding() {
    let ask = async |settings| HttpKeySource::new(&settings).unwrap().fetch().await;
    for set in replayed("keys", ask).await {
        assert!(KeySet::parse(&set.unwrap()).is_ok());
    }
}

#[test]
fn each_delivery_is_read() {
    for name in ["ok", "error", "payload_error"] {
        let recorded = body(&format!("webhook/{name}.json")).to_string();
        let delivery = Delivery::parse(recorded.as_bytes()).unwrap();
        assert_eq!(delivery.request_id, job().request_id, "{name}");
    }
}
