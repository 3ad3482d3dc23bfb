//! A model, a client over a scripted queue, and what is told of its job.

use std::sync::Arc;

use fal_client::{
    Endpoint, FalClient, FalModel, JobEvent, JobHandle, LogLine, PollPolicy, SubmitOptions,
    testing::{JobScript, ScriptedFalQueue},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(crate) struct Echo(pub(crate) Endpoint);

#[derive(Serialize)]
pub(crate) struct Prompt {
    pub(crate) prompt: &'static str,
}

#[derive(Debug, PartialEq, Deserialize)]
pub(crate) struct Answer {
    pub(crate) answer: String,
}

impl FalModel for Echo {
    type Input = Prompt;
    type Output = Answer;

    fn endpoint(&self) -> &Endpoint {
        &self.0
    }
}

pub(crate) fn model() -> Echo {
    Echo("fal-ai/echo/v1".parse().unwrap())
}

pub(crate) fn client(queue: &ScriptedFalQueue, poll: PollPolicy) -> FalClient {
    FalClient::new(Arc::new(queue.clone())).with_poll(poll)
}

pub(crate) fn answering() -> JobScript {
    JobScript::gives(json!({ "answer": "yes", "more": 1 }))
}

pub(crate) async fn submit(client: &FalClient) -> JobHandle {
    client
        .submit(
            &model(),
            &Prompt { prompt: "well?" },
            &SubmitOptions::default(),
        )
        .await
        .unwrap()
}

/// What is told of a job that waits, runs and ends.
pub(crate) fn every_event() -> Vec<JobEvent> {
    let line = |text: &str| {
        JobEvent::Line(LogLine {
            message: text.to_owned(),
            ..LogLine::default()
        })
    };
    let queued = JobEvent::Queued { position: 0 };
    vec![queued, JobEvent::Running, line("running"), line("done")]
}
