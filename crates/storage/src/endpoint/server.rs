//! The server: a listener, a task, and a handle to end it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use super::access::{Keys, Limits};
use super::service::Service;
use super::unread;
use crate::error::{Result, StorageError, StorageErrorKind};
use crate::sigv4::{Credentials, InvalidHost, SignedHost};
use crate::store::ObjectStore;

/// Requests under way get so long to end when the server is shut down.
const GRACE: Duration = Duration::from_secs(5);

/// A client must send the head of its request within this time.
const HEAD_LIMIT: Duration = Duration::from_secs(30);

/// An accept that failed, such as for want of file descriptors, is repeated after this pause.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(50);

/// Starts S3 endpoints.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use core_config::Secret;
/// use storage::endpoint::S3Endpoint;
/// use storage::{Credentials, MemoryStore, SystemClock};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = Arc::new(MemoryStore::new(Arc::new(SystemClock)));
/// let keys = [Credentials::new("who", Secret::new("word"))];
/// let endpoint = S3Endpoint::serve(store, ([127, 0, 0, 1], 0).into(), &keys, "us-east-1").await?;
/// assert!(endpoint.url().starts_with("http://127.0.0.1:"));
/// endpoint.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct S3Endpoint;

impl S3Endpoint {
    /// Binds `address` without serving anything yet; port 0 takes a free one.
    ///
    /// The store can then be given a signer of links for the address that was taken.
    ///
    /// # Errors
    ///
    /// `Config` when the address cannot be bound.
    ///
    /// # Cancellation
    ///
    /// Nothing is bound.
    pub async fn bind(address: SocketAddr) -> Result<BoundEndpoint> {
        let broken = |error| {
            StorageError::new(StorageErrorKind::Config, "serve", address).with_source(error)
        };
        let listener = TcpListener::bind(address).await.map_err(broken)?;
        let addr = listener.local_addr().map_err(broken)?;
        Ok(BoundEndpoint { listener, addr })
    }

    /// Binds `address` and serves `store` to the holders of `credentials`.
    ///
    /// # Errors
    ///
    /// `Config` when the address cannot be bound.
    ///
    /// # Cancellation
    ///
    /// Nothing is served.
    pub async fn serve(
        store: Arc<dyn ObjectStore>,
        address: SocketAddr,
        credentials: &[Credentials],
        region: &str,
    ) -> Result<RunningEndpoint> {
        let bound = Self::bind(address).await?;
        Ok(bound.start(store, credentials, region))
    }
}

/// An address that is bound and not served yet.
#[derive(Debug)]
pub struct BoundEndpoint {
    listener: TcpListener,
    addr: SocketAddr,
}

impl BoundEndpoint {
    /// Returns the address with its true port.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Returns the host that links are signed for when clients reach the endpoint directly.
    ///
    /// # Errors
    ///
    /// [`InvalidHost`] is not met in practice: an address is always a host.
    pub fn host(&self) -> Result<SignedHost, InvalidHost> {
        self.addr.to_string().parse()
    }

    /// Serves `store` to the holders of `credentials`, who sign for `region`.
    ///
    /// It must be called within a runtime, which runs the server.
    pub fn start(
        self,
        store: Arc<dyn ObjectStore>,
        credentials: &[Credentials],
        region: &str,
    ) -> RunningEndpoint {
        let (stop, stopped) = oneshot::channel();
        let service = service(store, credentials, region);
        let task = tokio::spawn(run(self.listener, service, stopped));
        RunningEndpoint {
            addr: self.addr,
            stop,
            task,
        }
    }
}

/// An endpoint that runs until it is shut down or dropped.
#[derive(Debug)]
pub struct RunningEndpoint {
    addr: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl RunningEndpoint {
    /// Returns the address with its true port.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Returns the URL without a path.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Takes no more connections and waits for requests under way, 5 s at most.
    ///
    /// # Cancellation
    ///
    /// The server ends all the same.
    pub async fn shutdown(self) {
        // The task may have ended already, and then there is nobody to tell.
        let _ = self.stop.send(());
        if let Err(error) = self.task.await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the endpoint died"
            );
        }
    }
}

/// Returns what answers requests to `store` by the holders of `credentials`, who sign for `region`.
pub(super) fn service(
    store: Arc<dyn ObjectStore>,
    credentials: &[Credentials],
    region: &str,
) -> S3Service {
    let mut builder = S3ServiceBuilder::new(Service::new(store, region.to_owned()));
    builder.set_auth(Keys::new(credentials));
    builder.set_access(Limits {
        region: region.to_owned(),
    });
    builder.build()
}

/// Serves until told to stop or until the handle is dropped.
async fn run(listener: TcpListener, service: S3Service, mut stopped: oneshot::Receiver<()>) {
    let connections = GracefulShutdown::new();
    let mut tasks = JoinSet::new();
    // Only with one version is the limit on the head also one on silence.
    let mut http = Builder::new(TokioExecutor::new()).http1_only();
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIMIT);
    loop {
        let socket = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = &mut stopped => break,
        };
        while tasks.try_join_next().is_some() {}
        let Ok((socket, _)) = socket else {
            tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
            continue;
        };
        // Without it the last piece of an answer may wait for the client's acknowledgement.
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "a socket refuses nodelay");
        }
        let service = service.clone();
        let service = service_fn(move |request| unread::answer(service.clone(), request));
        let served = http.serve_connection(TokioIo::new(socket), service);
        let served = connections.watch(served.into_owned());
        tasks.spawn(async move {
            if let Err(error) = served.await {
                tracing::debug!(error = &*error, "a connection ended early");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(GRACE, connections.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("requests under way are cut off");
    }
    // Dropping the set ends what is left of them.
    drop(tasks);
}
