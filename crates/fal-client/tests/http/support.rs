//! The adapters before a scripted server.

use core_config::Secret;
use fal_client::{
    Endpoint, FalKey, JobHandle,
    http::{FalSettings, HttpFalQueue},
    testing::{Reply, ScriptedServer},
};

pub(crate) const KEY: &str = "canary-id:canary-secret";
pub(crate) const ID: &str = "484ccb37-02f6-4a5a-9b8e-2d3b6a1d1a10";

pub(crate) fn endpoint() -> Endpoint {
    "fal-ai/imagen4/preview/fast".parse().unwrap()
}

pub(crate) fn job() -> JobHandle {
    JobHandle::new(endpoint(), ID.parse().unwrap())
}

/// Settings whose every origin is the server.
pub(crate) fn settings(server: &ScriptedServer) -> FalSettings {
    let key = FalKey::new(&Secret::new(KEY)).unwrap();
    let url = server.url().unwrap();
    FalSettings::new(key)
        .with_queue_url(url.clone())
        .with_run_url(url.clone())
        .with_rest_url(url.clone())
        .with_platform_url(url)
}

pub(crate) async fn start(replies: impl IntoIterator<Item = Reply>) -> ScriptedServer {
    ScriptedServer::start(replies).await.unwrap()
}

pub(crate) async fn serve(
    replies: impl IntoIterator<Item = Reply>,
) -> (ScriptedServer, HttpFalQueue) {
    let server = start(replies).await;
    let queue = HttpFalQueue::new(&settings(&server)).unwrap();
    (server, queue)
}
