//! Everything beside the queue while it is spoilt: direct runs, the platform, uploads, webhooks.

use std::{sync::Arc, time::Duration};

use chrono::DateTime;
use fal_client::{
    FalFiles, FalPlatform, FalPlatformExt, FalQueue, FalRunner, InputHash, RequestQuery,
    RetryPolicy, SubmitOptions, TimeSource, UnknownSubmit, UploadFile, WebhookUrl,
    http::{
        FalSettings, HttpFalFiles, HttpFalPlatform, HttpFalRunner, HttpKeySource, UploadLimits,
    },
    layer::{Retrying, Traced},
    simulator::{FalSimulator, Fault, Rule, Step},
    testing::{Reply, ScriptedServer},
    webhook::{MemoryReplayGuard, WebhookHeaders, WebhookReceiver},
};
use futures_util::StreamExt;
use serde_json::json;
use tokio::time::sleep;

use crate::{queue::queue, shown::Shown};

pub(crate) async fn runs_go_wrong(
    simulator: &FalSimulator,
    settings: &FalSettings,
    shown: &mut Shown,
) {
    let retry = RetryPolicy::new(2).with_base(Duration::ZERO);
    let runner = HttpFalRunner::new(settings).unwrap();
    let runner = Traced::new(Retrying::new(runner, retry));
    shown.debug(&runner);
    let endpoint = "fal-ai/imagen4/preview/fast".parse().unwrap();
    let (input, options) = (json!({ "prompt": "a lake" }), SubmitOptions::default());
    let at = Step::Submit;
    for fault in [
        Fault::RefusePrompt,
        Fault::Ingress { status: 503, at },
        Fault::KeyRefused { at },
        Fault::DropAnswer { at },
        Fault::TruncatedAnswer { at },
        Fault::HtmlPage { at },
        Fault::Slow(Duration::from_secs(3)),
        Fault::StreamGarbage { after: 1 },
    ] {
        simulator.control().clear_rules();
        simulator.control().add(Rule::next_submit(fault.clone()));
        shown.outcome(runner.run(&endpoint, &input, &options).await);
        simulator.control().add(Rule::next_submit(fault));
        match runner.stream(&endpoint, &input, &options).await {
            Ok(pieces) => {
                for piece in pieces.collect::<Vec<_>>().await {
                    shown.outcome(piece);
                }
            }
            Err(error) => drop(shown.outcome(Err::<(), _>(error))),
        }
    }
}

pub(crate) async fn the_platform_goes_wrong(
    simulator: &FalSimulator,
    settings: &FalSettings,
    shown: &mut Shown,
) {
    let platform = Traced::new(HttpFalPlatform::new(settings).unwrap());
    shown.debug(&platform);
    let endpoint: fal_client::Endpoint = "fal-ai/imagen4/preview/fast".parse().unwrap();
    let query = RequestQuery::new(endpoint.clone(), DateTime::UNIX_EPOCH);
    shown.outcome(platform.list_requests(&query).await);
    let ids = simulator.control().accepted_ids();
    for id in [ids.last().unwrap().as_str(), "unknown"] {
        shown.outcome(platform.delete_payload(&id.parse().unwrap()).await);
    }
    let now = TimeSource::default().now();
    let lost = UnknownSubmit::new(endpoint, InputHash::of(&json!({})), now, now);
    shown.debug(&platform.find_lost(&lost).await);
    // Answers that the simulator does not give.
    for reply in [
        Reply::json(403, "{}"),
        Reply::html(502, "nginx"),
        Reply::Close,
    ] {
        let server = ScriptedServer::start([reply.clone(), reply]).await.unwrap();
        let elsewhere = settings.clone().with_platform_url(server.url().unwrap());
        let platform = Traced::new(HttpFalPlatform::new(&elsewhere).unwrap());
        shown.outcome(platform.list_requests(&query).await);
        shown.outcome(platform.delete_payload(&"1".parse().unwrap()).await);
    }
}

/// Uploads that are refused, broken off and stalled, whole and in parts.
pub(crate) async fn uploads_go_wrong(settings: &FalSettings, shown: &mut Shown) {
    let limits = UploadLimits {
        most: 100,
        multipart_from: 20,
        part: 10,
        parallel: 2,
    };
    let replies = [
        Reply::html(503, "nginx"),
        Reply::html(403, "expired"),
        Reply::json(200, "{}"),
        Reply::Close,
        Reply::Silence,
    ];
    let good = Traced::new(HttpFalFiles::new(settings).unwrap().with_limits(limits));
    for size in [5, 25, 101] {
        shown.outcome(good.upload(file(size)).await);
        for reply in &replies {
            let cdn = ScriptedServer::start(vec![reply.clone(); 8]).await.unwrap();
            let upload = format!("http://{}/signed?signature=s", cdn.address());
            let body = json!({ "upload_url": upload, "file_url": "https://v3.fal.media/x" });
            let initiated = Reply::json(200, &body.to_string());
            for first in [initiated, reply.clone()] {
                let rest = ScriptedServer::start([first]).await.unwrap();
                let elsewhere = settings.clone().with_rest_url(rest.url().unwrap());
                let files = HttpFalFiles::new(&elsewhere).unwrap();
                let retry = RetryPolicy::new(2).with_base(Duration::ZERO);
                let files = Traced::new(files.with_limits(limits).with_retry(retry));
                shown.debug(&files);
                // A file may take longer than a request, so silence is left after a while.
                let limit = Duration::from_millis(100);
                let upload = tokio::time::timeout(limit, files.upload(file(size)));
                if let Ok(outcome) = upload.await {
                    shown.outcome(outcome);
                }
                assert_no_key(&cdn, settings);
            }
        }
    }
}

fn file(size: usize) -> UploadFile {
    let file = UploadFile::new(vec![b'x'; size], "image/png").unwrap();
    file.with_name("cat.png")
}

/// The server that takes the bytes is not FAL's queue, and is never told the key.
fn assert_no_key(cdn: &ScriptedServer, settings: &FalSettings) {
    let (_, secret) = settings.key().expose().split_once(':').unwrap();
    assert!(!format!("{:?}", cdn.requests()).contains(secret));
}

/// Deliveries that are tampered with, forged, stale, unsigned and right.
pub(crate) async fn webhooks_go_wrong(
    simulator: &FalSimulator,
    settings: &FalSettings,
    shown: &mut Shown,
) {
    let keys = Arc::new(HttpKeySource::new(settings).unwrap());
    let receiver = WebhookReceiver::new(keys, Arc::new(MemoryReplayGuard::default()));
    shown.debug(&receiver);
    let queue = queue(settings);
    let hooks = ScriptedServer::start([]).await.unwrap();
    let hook: WebhookUrl = format!("http://{}/fal", hooks.address()).parse().unwrap();
    let endpoint = "fal-ai/imagen4/preview/fast".parse().unwrap();
    for (number, fault) in [
        Fault::WebhookTampered,
        Fault::WebhookForged,
        Fault::WebhookStale,
        Fault::WebhookUnsigned,
        Fault::RefusePrompt,
    ]
    .into_iter()
    .enumerate()
    {
        hooks.add(Reply::json(200, "{}"));
        simulator.control().clear_rules();
        simulator.control().add(Rule::next_submit(fault));
        let options = SubmitOptions::default().with_webhook(hook.clone());
        let input = json!({ "prompt": "a lake" });
        shown.outcome(queue.submit(&endpoint, &input, &options).await);
        let mut came = hooks.requests();
        for _ in 0..1_000 {
            if came.len() > number {
                break;
            }
            sleep(Duration::from_millis(5)).await;
            came = hooks.requests();
        }
        let delivery = came.get(number).unwrap();
        match WebhookHeaders::read(|name| delivery.header(name)) {
            Ok(headers) => shown.webhook(receiver.receive(&headers, &delivery.body).await),
            Err(error) => shown.webhook(Err::<(), _>(error)),
        }
        shown.debug(&hooks.requests());
    }
}
