//! A server that gives the key back in every text that an answer has.

use std::{sync::Arc, time::Duration};

use chrono::DateTime;
use fal_client::{
    Endpoint, FalClient, FalFiles, FalPlatform, FalQueue, FalRunner, JobHandle, JobStatus,
    OnTimeout, PollPolicy, RequestQuery, RetryPolicy, SubmitOptions, UploadFile,
    http::{FalSettings, HttpFalFiles, HttpFalPlatform, HttpFalRunner},
    layer::Traced,
    testing::{Reply, ScriptedServer},
};
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::{queue::queue, shown::Shown};

/// How often each reply is given: as often as something is asked, and more.
const OFTEN: usize = 60;

/// Answers in which `text`, the key or a half of it, stands wherever a text can stand.
fn replies(text: &str) -> Vec<Reply> {
    let detail = json!({
        "loc": ["body", text], "type": text, "url": text, "ctx": { text: text },
        "msg": format!("{text} may not: {}", text.to_uppercase()), "input": { "prompt": "a lake" },
    });
    let bodies = [
        json!({ "detail": [detail] }),
        json!({ "detail": format!("Application \"{text}\" not found"), "error_type": text }),
        json!({ "error": { "type": text, "message": text } }),
        json!({ "status": text, "error_type": text }),
    ];
    let headers = [
        ("x-fal-error-type", text),
        ("x-fal-request-id", text),
        ("location", text),
    ];
    let of_body = |body: &Value| {
        let of_status = |status| Reply::with_headers(status, &headers, &body.to_string());
        [400, 422, 503].map(of_status)
    };
    let mut replies: Vec<_> = bodies.iter().flat_map(of_body).collect();
    replies.extend(of_success(text).iter().flat_map(|body| {
        let events = format!("event: error\ndata: {body}\n\ndata: {body}\n\n");
        let good = Reply::with_headers(200, &headers, &body.to_string());
        [good, Reply::events(&events)]
    }));
    replies.extend(of_no_answer(text));
    replies
}

/// Bodies of successes.
fn of_success(text: &str) -> [Value; 4] {
    let line = json!({ "message": text, "timestamp": text, "level": text, "source": text });
    [
        json!({ "request_id": text, "response_url": format!("https://{text}@example.org/") }),
        json!({ "status": "IN_PROGRESS", "logs": [line] }),
        json!({ "status": "COMPLETED", "logs": [line], "error": text, "error_type": text }),
        json!({ "detail": [{ "type": "content_policy_violation", "msg": text, "loc": [text] }] }),
    ]
}

/// Pages, and what is no HTTP.
fn of_no_answer(text: &str) -> [Reply; 4] {
    let reason =
        format!("HTTP/1.1 503 {text}\r\nx-fal-request-id: {text}\r\ncontent-length: 0\r\n\r\n");
    [
        Reply::html(503, &format!("<html>{text}<center>nginx</center></html>")),
        Reply::html(200, text),
        Reply::Raw(reason.into_bytes()),
        Reply::Raw(format!("{text}\r\n{text}: {text}\r\n\r\n").into_bytes()),
    ]
}

/// Asks everything that can be asked, of a server that answers with the key.
pub(crate) async fn the_key_comes_back(settings: &FalSettings, shown: &mut Shown) {
    let server = ScriptedServer::start([]).await.unwrap();
    let url = server.url().unwrap();
    let settings = settings
        .clone()
        .with_queue_url(url.clone())
        .with_run_url(url.clone())
        .with_rest_url(url.clone())
        .with_platform_url(url);
    let asker = Asker::new(&settings);
    let key = settings.key().expose();
    let (_, secret) = key.split_once(':').unwrap();
    for text in [key, secret] {
        for reply in replies(text) {
            server.clear();
            (0..OFTEN).for_each(|_| server.add(reply.clone()));
            asker.ask_about_a_job(shown).await;
            asker.ask_besides(shown).await;
        }
    }
}

/// Everything that can be asked.
struct Asker {
    client: FalClient,
    runner: Traced<HttpFalRunner>,
    platform: Traced<HttpFalPlatform>,
    files: Traced<HttpFalFiles>,
    endpoint: Endpoint,
}

impl Asker {
    fn new(settings: &FalSettings) -> Self {
        let pause = Duration::from_millis(1);
        let policy = PollPolicy::default()
            .with_interval(pause, pause)
            .with_total(pause * 5)
            .with_on_timeout(OnTimeout::Keep);
        let files = HttpFalFiles::new(settings).unwrap();
        Self {
            client: FalClient::new(Arc::new(queue(settings))).with_poll(policy),
            runner: Traced::new(HttpFalRunner::new(settings).unwrap()),
            platform: Traced::new(HttpFalPlatform::new(settings).unwrap()),
            files: Traced::new(files.with_retry(RetryPolicy::new(1))),
            endpoint: "fal-ai/imagen4/preview/fast".parse().unwrap(),
        }
    }

    async fn ask_about_a_job(&self, shown: &mut Shown) {
        let queue = self.client.queue();
        let (input, options) = (json!({ "prompt": "a lake" }), SubmitOptions::default());
        shown.outcome(queue.submit(&self.endpoint, &input, &options).await);
        let job = JobHandle::new(self.endpoint.clone(), "1".parse().unwrap());
        let polled = shown.outcome(queue.status(&job).await);
        if let Some(JobStatus::Completed {
            failure: Some(failure),
            ..
        }) = polled
        {
            shown.text(&failure.error);
        }
        shown.states(queue.watch(&job).await).await;
        shown.outcome(queue.result(&job).await);
        shown.outcome(queue.cancel(&job).await);
        let mut events = Vec::new();
        let waited = self.client.wait(&job, |event| events.push(event.clone()));
        shown.outcome(waited.await);
        shown.debug(&events);
    }

    async fn ask_besides(&self, shown: &mut Shown) {
        let (input, options) = (json!({ "prompt": "a lake" }), SubmitOptions::default());
        shown.outcome(self.runner.run(&self.endpoint, &input, &options).await);
        match self.runner.stream(&self.endpoint, &input, &options).await {
            Ok(pieces) => {
                for piece in pieces.collect::<Vec<_>>().await {
                    // The pieces themselves are the model's, and the caller's to show.
                    shown.outcome(piece.map(drop));
                }
            }
            Err(error) => drop(shown.outcome(Err::<(), _>(error))),
        }
        let query = RequestQuery::new(self.endpoint.clone(), DateTime::UNIX_EPOCH);
        shown.outcome(self.platform.list_requests(&query).await);
        let id = "1".parse().unwrap();
        shown.outcome(self.platform.delete_payload(&id).await);
        let file = UploadFile::new("bytes", "image/png").unwrap();
        shown.outcome(self.files.upload(file).await);
    }
}
