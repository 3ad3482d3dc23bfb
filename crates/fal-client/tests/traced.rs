//! What the spans hold, and what they never hold.
#![expect(
    clippy::unwrap_used,
    reason = "what sets a test up may panic as the test does"
)]

use std::{
    io,
    sync::{Arc, Mutex},
};

use chrono::DateTime;
use fal_client::{
    Endpoint, FalError, FalErrorKind, FalFiles, FalPlatform, FalQueue, FalRunner, Operation,
    RequestQuery, SubmitOptions, UploadFile,
    layer::Traced,
    testing::{MockFalFiles, MockFalPlatform, MockFalRunner, ScriptedFalQueue},
};
use serde_json::json;
use tracing_subscriber::fmt::{MakeWriter, format::FmtSpan};

#[derive(Debug, Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn shown(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn subscriber(lines: &Lines) -> impl tracing::Subscriber + Send + Sync + 'static {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false)
        .with_writer(lines.clone())
        .finish()
}

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn spans_name_the_call_and_the_job_and_never_the_prompt() {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(subscriber(&lines));

    let inner = ScriptedFalQueue::default();
    inner.fail_next(
        Operation::Result,
        FalError::new(FalErrorKind::Refused, Operation::Result).with_reason("canary"),
    );
    let queue = Traced::new(inner);
    let endpoint = "fal-ai/imagen4/preview".parse().unwrap();
    let input = json!({ "prompt": "a canary prompt" });
    let job = queue
        .submit(&endpoint, &input, &SubmitOptions::default())
        .await
        .unwrap();
    queue.status(&job).await.unwrap();
    drop(queue.watch(&job).await.unwrap());
    queue.result(&job).await.unwrap_err();
    queue.cancel(&job).await.unwrap();

    let shown = lines.shown();
    for call in ["submit", "status", "watch", "result", "cancel"] {
        let line = shown
            .lines()
            .find(|line| line.contains(&format!("fal.{call}{{")));
        let line = line.unwrap_or_else(|| panic!("no span of {call} in {shown}"));
        assert!(
            line.contains("DEBUG") && line.contains("fal.endpoint=fal-ai/imagen4/preview"),
            "{line}"
        );
        assert!(line.contains(job.request_id.as_str()), "{line}");
        assert_eq!(
            line.contains("fal.error_kind=Refused"),
            call == "result",
            "{line}"
        );
    }
    assert!(!shown.contains("canary"), "{shown}");
    drop(queue.into_inner());
}

#[tokio::test]
async fn the_other_ports_have_their_spans_too() {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(subscriber(&lines));
    let endpoint: Endpoint = "fal-ai/imagen4/preview".parse().unwrap();
    let failed = |operation| FalError::new(FalErrorKind::Unavailable, operation);

    let mut runner = MockFalRunner::new();
    runner
        .expect_run()
        .returning(move |_, _, _| Err(failed(Operation::Run)));
    runner
        .expect_stream()
        .returning(move |_, _, _| Err(failed(Operation::Run)));
    let (runner, input, options) = (
        Traced::new(runner),
        json!({ "prompt": "canary" }),
        SubmitOptions::default(),
    );
    drop(runner.run(&endpoint, &input, &options).await);
    drop(runner.stream(&endpoint, &input, &options).await);

    let mut platform = MockFalPlatform::new();
    platform
        .expect_list_requests()
        .returning(move |_| Err(failed(Operation::List)));
    platform
        .expect_delete_payload()
        .returning(move |_| Err(failed(Operation::DeletePayload)));
    let platform = Traced::new(platform);
    let query = RequestQuery::new(endpoint, DateTime::UNIX_EPOCH);
    drop(platform.list_requests(&query).await);
    drop(platform.delete_payload(&"1".parse().unwrap()).await);

    let mut files = MockFalFiles::new();
    files
        .expect_upload()
        .returning(move |_| Err(failed(Operation::Upload)));
    let file = UploadFile::new("canary", "image/png").unwrap();
    drop(
        Traced::new(files)
            .upload(file.with_name("canary.png"))
            .await,
    );

    let shown = lines.shown();
    for call in ["run", "stream", "list_requests", "delete_payload", "upload"] {
        let line = shown
            .lines()
            .find(|line| line.contains(&format!("fal.{call}{{")));
        let line = line.unwrap_or_else(|| panic!("no span of {call} in {shown}"));
        assert!(line.contains("fal.error_kind=Unavailable"), "{line}");
    }
    assert!(!shown.contains("canary"), "{shown}");
}
