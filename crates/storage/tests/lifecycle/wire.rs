//! What goes over the wire, and what is made of answers that are odd.

use std::sync::atomic::{AtomicUsize, Ordering};

use storage::lifecycle::{
    BucketLifecycle, LifecycleAction, LifecycleDays, LifecyclePlan, LifecycleRule,
};
use storage::{BucketName, StorageErrorKind};

use super::scripted::{Act, Scripted, answer};

const HEAD: &str = "<?xml version=\"1.0\"?>\n<LifecycleConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
const THEIRS: &str = "\n  <Rule><ID>theirs</ID><NotYetKnown at=\"1\"><Deep>x &amp; y</Deep></NotYetKnown>\
    <Prefix></Prefix><Status>Disabled</Status></Rule>";
const TAIL: &str =
    "\n  <ExpiryUpdatedAt>2026-03-01T00:00:00Z</ExpiryUpdatedAt></LifecycleConfiguration>\n";
const OURS: &str = "<Rule><ID>pictures-abort-uploads</ID><Filter></Filter><Status>Enabled</Status>\
    <AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation>\
    </AbortIncompleteMultipartUpload></Rule>";
const NONE: &str = "<Error><Code>NoSuchLifecycleConfiguration</Code></Error>";

fn bucket() -> BucketName {
    "bucket".parse().unwrap()
}

fn abort() -> LifecycleRule {
    let action = LifecycleAction::AbortUploadsAfter(LifecycleDays::new(1).unwrap());
    LifecycleRule::new("abort-uploads", "", action).unwrap()
}

/// A server that gives these answers to the reads, one after the other, and takes every write.
async fn serve(reads: Vec<Act>) -> Scripted {
    let next = AtomicUsize::new(0);
    Scripted::start(move |line| {
        if !line.starts_with("get /bucket?lifecycle") {
            return answer(200, "");
        }
        let at = next.fetch_add(1, Ordering::SeqCst);
        reads[at.min(reads.len() - 1)].clone()
    })
    .await
}

/// An answer with the type that the crate wants before it reads an error.
fn refusal(status: u16, document: &str) -> Act {
    let headers = "content-type: application/xml\r\n".to_owned();
    Act::Answer(status, headers, document.to_owned())
}

fn document(rules: &str) -> Act {
    answer(200, &format!("{HEAD}{rules}{TAIL}"))
}

#[tokio::test]
async fn what_others_wrote_is_sent_back_to_the_byte() {
    let both = format!("{THEIRS}{OURS}");
    let server = serve(vec![document(THEIRS), document(THEIRS), document(&both)]).await;
    let store = server.store();
    let plan = LifecyclePlan::make(&store, &bucket(), &[abort()])
        .await
        .unwrap();
    plan.apply(&store).await.unwrap();
    let bodies = server.bodies();
    let sent = bodies.iter().find(|body| !body.is_empty()).unwrap();
    assert_eq!(sent, &format!("{HEAD}{both}{TAIL}"));
    let again = LifecyclePlan::make(&store, &bucket(), &[abort()])
        .await
        .unwrap();
    assert_eq!(again.changes(), []);
    again.apply(&store).await.unwrap();
    let puts = server
        .seen()
        .into_iter()
        .filter(|line| line.starts_with("put"));
    assert_eq!(puts.count(), 1, "a second apply sends nothing");
}

#[tokio::test]
async fn a_first_rule_makes_the_document_and_the_last_one_removes_it() {
    let whole = format!("<LifecycleConfiguration>{OURS}</LifecycleConfiguration>");
    let server = serve(vec![
        refusal(404, NONE),
        refusal(404, NONE),
        answer(200, &whole),
    ])
    .await;
    let store = server.store();
    let plan = LifecyclePlan::make(&store, &bucket(), &[abort()])
        .await
        .unwrap();
    plan.apply(&store).await.unwrap();
    let bodies = server.bodies();
    let sent = bodies.iter().find(|body| !body.is_empty()).unwrap();
    assert!(sent.starts_with("<LifecycleConfiguration xmlns="), "{sent}");
    assert!(sent.contains(OURS) && !sent.contains("<Prefix>"), "{sent}");

    let server = serve(vec![
        answer(200, &whole),
        answer(200, &whole),
        refusal(404, NONE),
    ])
    .await;
    let store = server.store();
    let plan = LifecyclePlan::make(&store, &bucket(), &[]).await.unwrap();
    plan.apply(&store).await.unwrap();
    let deletes = server
        .seen()
        .into_iter()
        .filter(|line| line.starts_with("delete"));
    assert_eq!(deletes.count(), 1);
}

#[tokio::test]
async fn a_change_before_the_write_stops_it_and_one_after_it_is_told() {
    let other = THEIRS.replace("x &amp; y", "z");
    let server = serve(vec![document(THEIRS), document(&other)]).await;
    let store = server.store();
    let plan = LifecyclePlan::make(&store, &bucket(), &[abort()])
        .await
        .unwrap();
    let error = plan.apply(&store).await.unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::Conflict);
    assert!(!server.seen().iter().any(|line| line.starts_with("put")));

    let server = serve(vec![document(THEIRS), document(THEIRS), document(THEIRS)]).await;
    let store = server.store();
    let plan = LifecyclePlan::make(&store, &bucket(), &[abort()])
        .await
        .unwrap();
    let error = plan.apply(&store).await.unwrap_err();
    assert_eq!(
        error.kind(),
        StorageErrorKind::Conflict,
        "the write has vanished"
    );
}

#[tokio::test]
async fn odd_answers_are_no_rules_and_change_nothing() {
    for (act, kind) in [
        (
            answer(200, "<html>login</html>"),
            StorageErrorKind::Unexpected,
        ),
        (answer(200, ""), StorageErrorKind::Unexpected),
        (
            refusal(404, "<Error><Code>NoSuchBucket</Code></Error>"),
            StorageErrorKind::BucketNotFound,
        ),
        (
            refusal(403, "<Error><Code>AccessDenied</Code></Error>"),
            StorageErrorKind::Denied,
        ),
        (Act::Stall, StorageErrorKind::TimedOut),
    ] {
        let server = serve(vec![act]).await;
        let error = server.store().rules(&bucket()).await.unwrap_err();
        assert_eq!(error.kind(), kind);
    }
}
