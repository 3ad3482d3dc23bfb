//! Opens connections, to checked addresses alone.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::guard::Target;
use super::resolver::{HostLookup, resolve};
use crate::pictures::fetch_error::{FetchError, FetchErrorKind};

/// How long one address is tried before the next is tried beside it (RFC 8305 §5).
const HEAD_START: Duration = Duration::from_millis(250);

/// A connection, plain or within TLS.
pub(super) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// Connects to one address; exchanged in tests, to see where connections would go.
#[async_trait]
pub(super) trait Dialer: fmt::Debug + Send + Sync + 'static {
    async fn dial(&self, address: SocketAddr) -> io::Result<TcpStream>;
}

/// Connects as the system does.
#[derive(Debug)]
pub(super) struct SystemDialer;

#[async_trait]
impl Dialer for SystemDialer {
    async fn dial(&self, address: SocketAddr) -> io::Result<TcpStream> {
        TcpStream::connect(address).await
    }
}

/// Resolves a host once, checks every address, and connects to one of them.
#[derive(Clone)]
pub(super) struct Connector {
    lookup: Arc<dyn HostLookup>,
    dialer: Arc<dyn Dialer>,
    tls: TlsConnector,
}

impl Connector {
    pub(super) fn new(
        lookup: Arc<dyn HostLookup>,
        dialer: Arc<dyn Dialer>,
        mut tls: ClientConfig,
    ) -> Self {
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self {
            lookup,
            dialer,
            tls: TlsConnector::from(Arc::new(tls)),
        }
    }

    /// Returns a connection to `target`, within TLS unless it is an allowed plain origin.
    pub(super) async fn open(&self, target: &Target) -> Result<Box<dyn Wire>, FetchError> {
        let addresses = resolve(&*self.lookup, target).await?;
        let tcp = self.dial_any(addresses).await.map_err(unreachable)?;
        target.check_peer(tcp.peer_addr().ok())?;
        tcp.set_nodelay(true).map_err(unreachable)?;
        if !target.is_https() {
            return Ok(Box::new(tcp));
        }
        let name = server_name(target)?;
        let tls = self.tls.connect(name, tcp).await.map_err(unreachable)?;
        Ok(Box::new(tls))
    }

    /// Tries the addresses in turn, the next one as soon as one fails or keeps silent for a while.
    async fn dial_any(&self, addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
        let mut waiting = addresses.into_iter();
        let mut running = FuturesUnordered::new();
        let mut last_error = io::Error::other("no address");
        loop {
            match waiting.next() {
                Some(address) => running.push(self.dialer.dial(address)),
                None if running.is_empty() => return Err(last_error),
                None => {}
            }
            let outcome = if waiting.len() > 0 {
                timeout(HEAD_START, running.next()).await.ok().flatten()
            } else {
                running.next().await
            };
            match outcome {
                Some(Ok(stream)) => return Ok(stream),
                Some(Err(error)) => last_error = error,
                None => {}
            }
        }
    }
}

fn server_name(target: &Target) -> Result<ServerName<'static>, FetchError> {
    if let Some(address) = target.literal() {
        return Ok(ServerName::IpAddress(address.into()));
    }
    let host = target.host();
    // The dot of the root is no part of a certificate's name.
    let host = host.strip_suffix('.').unwrap_or(host);
    ServerName::try_from(host.to_owned()).map_err(|error| {
        FetchError::new(FetchErrorKind::InvalidUrl)
            .with_detail("no name that a certificate could have")
            .with_source(error)
    })
}

fn unreachable(error: io::Error) -> FetchError {
    FetchError::new(FetchErrorKind::Unavailable)
        .with_detail("no connection")
        .with_source(error)
}
