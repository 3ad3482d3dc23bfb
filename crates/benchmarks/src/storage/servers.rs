//! The servers that are spoken to: a sink of our own, and an S3 server.
//!
//! Each has a runtime of its own, so that no client is measured by how it shares one with a server.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use core_config::Secret;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::HeaderValue;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use storage::endpoint::S3Endpoint;
use storage::{Credentials, MemoryStore, ObjectStore, SystemClock};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use super::cpu::SERVER_THREAD;
use crate::shared::Outcome;

pub(crate) const REGION: &str = "us-east-1";
pub(crate) const ACCESS_KEY: &str = "benchmark";
pub(crate) const BUCKET: &str = "imagen4";

/// What the sink answers to the beginning and to the end of an upload in parts.
const UPLOAD: &str =
    "<InitiateMultipartUploadResult><UploadId>0</UploadId></InitiateMultipartUploadResult>";
const COMPLETED: &str =
    "<CompleteMultipartUploadResult><ETag>&quot;0-1&quot;</ETag></CompleteMultipartUploadResult>";

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
        runtime.spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, served.clone()));
            }
        });
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

async fn serve(socket: TcpStream, served: Bytes) {
    // A client that hangs up is no matter here.
    let _ = socket.set_nodelay(true);
    let service = service_fn(|request| answer(request, served.clone()));
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(socket), service)
        .await;
}

async fn answer(
    request: Request<Incoming>,
    served: Bytes,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let document = match (request.method(), request.uri().query()) {
        (&Method::GET, _) => served,
        (&Method::POST, Some("uploads" | "uploads=")) => UPLOAD.into(),
        (&Method::POST, _) => COMPLETED.into(),
        _ => Bytes::new(),
    };
    let mut body = request.into_body();
    while body.frame().await.is_some() {}
    let mut response = Response::new(Full::new(document));
    let headers = response.headers_mut();
    for (name, value) in [
        ("content-type", "image/png"),
        ("etag", "\"0\""),
        ("last-modified", "Fri, 24 May 2013 00:00:00 GMT"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}
