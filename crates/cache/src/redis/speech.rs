//! Whether a server speaks TLS or plain text, found out when a first connection failed for no clear reason.
//!
//! A server of plain text waits for the end of what it takes for a long command, and one of TLS hangs up: neither
//! says what is wrong.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::config::Node;

/// The types of a TLS record that a server begins with: an alert or its part of the handshake (RFC 8446, 5.1).
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;

/// The offer of a client that knows TLS 1.2 and little else; any TLS server answers it, be it with an alert.
const CLIENT_HELLO: &[u8] = &[
    HANDSHAKE, 3, 1, 0, 45, // a record of 45 bytes
    1, 0, 0, 41, 3, 3, // a client's hello of 41 bytes, version 1.2
    1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16,
    17, // no secret comes of it, so this need not be random
    18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, //
    0,  // no session
    0, 2, 0xc0, 0x2f, // one suite
    1, 0, // no compression
];

/// Returns whether the server answers a plain PING, be it with a refusal.
pub(super) async fn is_plain(node: &Node, limit: Duration) -> bool {
    let first = first_byte(node, b"PING\r\n");
    matches!(timeout(limit, first).await, Ok(Some(b'+' | b'-')))
}

/// Returns whether the server answers an offer of TLS.
pub(super) async fn is_tls(node: &Node, limit: Duration) -> bool {
    let first = first_byte(node, CLIENT_HELLO);
    matches!(timeout(limit, first).await, Ok(Some(ALERT | HANDSHAKE)))
}

async fn first_byte(node: &Node, words: &[u8]) -> Option<u8> {
    let mut stream = TcpStream::connect((node.host.as_str(), node.port))
        .await
        .ok()?;
    stream.write_all(words).await.ok()?;
    stream.read_u8().await.ok()
}
