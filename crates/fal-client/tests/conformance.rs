//! The port's rules over the fake, the layers and the pointers.
#![expect(
    clippy::unwrap_used,
    reason = "what sets a test up may panic as the test does"
)]

use std::{sync::Arc, time::Duration};

use fal_client::{
    FalError, FalErrorKind, FalQueue, Operation, RetryPolicy,
    layer::{Retrying, Traced},
    testing::{JobScript, ScriptedFalQueue, conformance::QueueFixture},
};
use serde_json::json;

fn around(queue: Arc<dyn FalQueue>) -> QueueFixture {
    QueueFixture {
        queue,
        endpoint: "fal-ai/imagen4/preview".parse().unwrap(),
        good_input: json!({ "prompt": "a lighthouse" }),
        bad_input: json!({ "prompt": "bad" }),
        pause: Duration::from_millis(1),
        keeps: None,
    }
}

/// A fake that fails the jobs whose prompt is `bad`.
fn fake() -> ScriptedFalQueue {
    let refused = FalError::new(FalErrorKind::Refused, Operation::Result).with_status(422);
    ScriptedFalQueue::default()
        .with_rule(|input| input["prompt"] == "bad", JobScript::fails(refused))
}

mod scripted {
    fal_client::fal_queue_conformance!(
        #[tokio::test(start_paused = true)]
        fixture = super::around(super::Arc::new(super::fake()))
    );
}

mod retrying {
    fal_client::fal_queue_conformance!(
        #[tokio::test(start_paused = true)]
        fixture = super::around(super::Arc::new(super::Retrying::new(
            super::fake(),
            super::RetryPolicy::default()
        )))
    );
}

mod traced {
    fal_client::fal_queue_conformance!(
        #[tokio::test(start_paused = true)]
        fixture = super::around(super::Arc::new(super::Traced::new(super::fake())))
    );
}

mod pointers {
    fal_client::fal_queue_conformance!(
        #[tokio::test(start_paused = true)]
        fixture = super::around(super::Arc::new(Box::new(super::Arc::new(super::fake()))))
    );
}
