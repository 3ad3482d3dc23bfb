//! What the spans hold, and what they never hold.
#![expect(
    clippy::unwrap_used,
    reason = "what sets a test up may panic as the test does"
)]

use std::{
    io,
    sync::{Arc, Mutex},
};

use fal_client::{
    FalError, FalErrorKind, FalQueue, Operation, SubmitOptions, layer::Traced,
    testing::ScriptedFalQueue,
};
use serde_json::json;
use tracing_subscriber::fmt::{MakeWriter, format::FmtSpan};

#[derive(Debug, Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

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
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false)
        .with_writer(lines.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

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
    queue.result(&job).await.unwrap_err();
    queue.cancel(&job).await.unwrap();

    let shown = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    for call in ["submit", "status", "result", "cancel"] {
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
