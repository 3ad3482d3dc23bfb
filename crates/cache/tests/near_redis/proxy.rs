//! A network between a client and the server that can swallow everything.

use std::net::Ipv4Addr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Passes bytes on both ways; while it swallows, connections stay open and nothing arrives.
pub(crate) struct Proxy {
    port: u16,
    swallows: watch::Sender<bool>,
}

impl Proxy {
    pub(crate) async fn start(server: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (swallows, watched) = watch::channel(false);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect((Ipv4Addr::LOCALHOST, server))
                    .await
                    .unwrap();
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                tokio::spawn(pass(from_client, to_server, watched.clone()));
                tokio::spawn(pass(from_server, to_client, watched.clone()));
            }
        });
        Self { port, swallows }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// From now on nothing arrives, and nobody is told.
    pub(crate) fn swallow(&self) {
        self.swallows.send_replace(true);
    }

    /// New bytes pass again; what was swallowed is lost, so that the connections of before are broken.
    pub(crate) fn pass(&self) {
        self.swallows.send_replace(false);
    }
}

/// Passes bytes on until the end; once some were swallowed, whatever follows them would make no sense.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, swallows: watch::Receiver<bool>) {
    let mut buffer = [0; 16 * 1_024];
    let mut has_lost = false;
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        has_lost |= *swallows.borrow();
        if !has_lost && to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
