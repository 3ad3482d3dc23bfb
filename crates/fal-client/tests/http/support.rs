//! A queue before a scripted server.

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

pub(crate) fn settings(server: &ScriptedServer) -> FalSettings {
    let key = FalKey::new(&Secret::new(KEY)).unwrap();
    FalSettings::new(key).with_queue_url(server.url().unwrap())
}

pub(crate) async fn serve(
    replies: impl IntoIterator<Item = Reply>,
) -> (ScriptedServer, HttpFalQueue) {
    let server = ScriptedServer::start(replies).await.unwrap();
    let queue = HttpFalQueue::new(&settings(&server)).unwrap();
    (server, queue)
}
