//! The servers that are spoken to: a sink of our own, and an S3 server.
//!
//! Each has a runtime of its own, so that no client is measured by how it shares one with a server.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use core_config::Secret;
use storage::endpoint::S3Endpoint;
use storage::{Credentials, MemoryStore, ObjectStore, SystemClock};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::cpu::SERVER_THREAD;
use super::sink;
use crate::shared::Outcome;

pub(crate) const REGION: &str = "us-east-1";
pub(crate) const ACCESS_KEY: &str = "benchmark";
pub(crate) const BUCKET: &str = "imagen4";

/// The secret of a server that lives on loopback for as long as the benchmark does.
pub(crate) fn credentials() -> Credentials {
    Credentials::new(ACCESS_KEY, Secret::new("a-word-for-loopback-only"))
}

/// A server that ends with its handle.
#[derive(Debug)]
pub(crate) struct Server {
    addr: SocketAddr,
    runtime: Option<Runtime>,
}

impl Server {
    /// Starts a server that discards what is put, and answers every get with `served`.
    pub(crate) async fn sink(served: Bytes) -> Outcome<Self> {
        let runtime = runtime()?;
        let listener = runtime.spawn(TcpListener::bind(("127.0.0.1", 0)));
        let listener = listener.await??;
        let addr = listener.local_addr()?;
        runtime.spawn(sink::run(listener, served));
        Ok(Self {
            addr,
            runtime: Some(runtime),
        })
    }

    /// Starts our S3 endpoint over memory, with the bucket in it.
    pub(crate) async fn s3() -> Outcome<Self> {
        let runtime = runtime()?;
        let store = Arc::new(MemoryStore::new(Arc::new(SystemClock)));
        let started = runtime.spawn(async move {
            store.ensure_bucket(&BUCKET.parse()?).await?;
            let bound = S3Endpoint::bind(([127, 0, 0, 1], 0).into()).await?;
            let addr = bound.addr();
            let endpoint = bound.start(store, &[credentials()], REGION);
            // The endpoint ends with its handle, which lives as long as the runtime.
            tokio::spawn(async move {
                std::future::pending::<()>().await;
                drop(endpoint);
            });
            Outcome::Ok(addr)
        });
        Ok(Self {
            addr: started.await??,
            runtime: Some(runtime),
        })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A runtime may not be waited for within another.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn runtime() -> Outcome<Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let builder = builder.worker_threads(2).thread_name(SERVER_THREAD);
    Ok(builder.enable_all().build()?)
}
