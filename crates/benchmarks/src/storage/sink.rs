//! A server that costs as little as one can: what is put is thrown away by the kernel, uncopied.
//!
//! A framework would take a share of the machine that is larger than what the clients differ by.

use std::io;
use std::mem::MaybeUninit;

use bytes::Bytes;
use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::{TcpListener, TcpStream};

/// More than any peer sends before its body.
const HEAD_BYTES: usize = 8 * 1024;

/// So much is thrown away at once, in bytes.
const DISCARDED_BYTES: usize = 256 * 1024;

/// Asks the kernel to drop what it would copy (`man 7 tcp`, since Linux 2.4).
const MSG_TRUNC: i32 = 0x20;

/// What is answered to the beginning and to the end of an upload in parts.
const UPLOAD: &str =
    "<InitiateMultipartUploadResult><UploadId>0</UploadId></InitiateMultipartUploadResult>";
const COMPLETED: &str =
    "<CompleteMultipartUploadResult><ETag>&quot;0-1&quot;</ETag></CompleteMultipartUploadResult>";

/// Takes connections for as long as its runtime lives, and answers every get with `served`.
pub(super) async fn run(listener: TcpListener, served: Bytes) {
    while let Ok((socket, _)) = listener.accept().await {
        tokio::spawn(serve(socket, served.clone()));
    }
}

/// A client that hangs up is no matter here.
async fn serve(mut socket: TcpStream, served: Bytes) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut buffer = vec![0; HEAD_BYTES];
    let mut filled = 0;
    loop {
        let count = socket.read(&mut buffer[filled..]).await?;
        if count == 0 {
            return Ok(());
        }
        filled += count;
        let Some(request) = Request::read(&buffer[..filled])? else {
            continue;
        };
        discard(
            &socket,
            (request.head + request.body).saturating_sub(filled),
        )
        .await?;
        filled = 0;
        answer(&mut socket, request.document(&served)).await?;
    }
}

async fn discard(socket: &TcpStream, mut left: usize) -> io::Result<()> {
    let mut untouched = vec![MaybeUninit::uninit(); DISCARDED_BYTES.min(left)];
    while left > 0 {
        let room = left.min(DISCARDED_BYTES);
        let dropped = socket.async_io(Interest::READABLE, || {
            SockRef::from(socket).recv_with_flags(&mut untouched[..room], MSG_TRUNC)
        });
        match dropped.await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => left -= count,
        }
    }
    Ok(())
}

async fn answer(socket: &mut TcpStream, document: &[u8]) -> io::Result<()> {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: image/png\r\netag: \"0\"\r\n\
         last-modified: Fri, 24 May 2013 00:00:00 GMT\r\ncontent-length: {}\r\n\r\n",
        document.len()
    );
    socket.write_all(head.as_bytes()).await?;
    socket.write_all(document).await
}

/// What the head of a request tells.
struct Request {
    kind: Kind,
    /// The lengths of the head and of the body, in bytes.
    head: usize,
    body: usize,
}

enum Kind {
    Get,
    Begin,
    Complete,
    Other,
}

impl Request {
    /// Returns the request whose head `bytes` begin with, or `None` while the head is not whole.
    fn read(bytes: &[u8]) -> io::Result<Option<Self>> {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut request = httparse::Request::new(&mut headers);
        let httparse::Status::Complete(head) = request.parse(bytes).map_err(io::Error::other)?
        else {
            return Ok(None);
        };
        let header = |name| {
            let mut headers = request.headers.iter();
            headers.find(|header| header.name.eq_ignore_ascii_case(name))
        };
        if header("transfer-encoding").is_some() {
            return Err(io::Error::other(
                "the sink takes only bodies of known length",
            ));
        }
        let length = header("content-length");
        let length = length.and_then(|length| str::from_utf8(length.value).ok()?.parse().ok());
        let query = request.path.and_then(|path| Some(path.split_once('?')?.1));
        Ok(Some(Self {
            kind: match (request.method, query) {
                (Some("GET"), _) => Kind::Get,
                (Some("POST"), Some("uploads" | "uploads=")) => Kind::Begin,
                (Some("POST"), _) => Kind::Complete,
                _ => Kind::Other,
            },
            head,
            body: length.unwrap_or(0),
        }))
    }

    fn document<'a>(&self, served: &'a [u8]) -> &'a [u8] {
        match self.kind {
            Kind::Get => served,
            Kind::Begin => UPLOAD.as_bytes(),
            Kind::Complete => COMPLETED.as_bytes(),
            Kind::Other => &[],
        }
    }
}
