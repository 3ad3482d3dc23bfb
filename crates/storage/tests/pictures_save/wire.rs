//! Two servers on loopback: one that sends pictures of any length, one that takes objects and forgets them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use core_config::Secret;
use storage::minio::{MinioSettings, MinioStore};
use storage::pictures::testing::sample_picture;
use storage::pictures::{BucketMap, FetchPolicy, GuardedFetch, ImageFormat, PictureStorage};
use storage::{Credentials, SystemClock};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// So many bytes are sent and taken at once.
const PIECE: usize = 64 << 10;
static FILLER: [u8; PIECE] = [7; PIECE];

/// What goes on at a server.
#[derive(Debug, Default)]
pub(crate) struct Gauge {
    open: AtomicUsize,
    peak: AtomicUsize,
    bytes: AtomicU64,
}

impl Gauge {
    /// Returns how many connections are open, as far as the server has noticed.
    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    /// Returns how many connections were open at once.
    pub(crate) fn peak(&self) -> usize {
        self.peak.load(Ordering::SeqCst)
    }

    /// Returns how many bytes of bodies came or went.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::SeqCst)
    }

    fn count(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::SeqCst);
    }
}

#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) origin: String,
    pub(crate) gauge: Arc<Gauge>,
}

impl Server {
    async fn start<F, S>(serve: F) -> Self
    where
        F: Fn(TcpStream, Arc<Gauge>) -> S + Send + 'static,
        S: Future<Output = std::io::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let gauge = Arc::new(Gauge::default());
        let shared = Arc::clone(&gauge);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let open = shared.open.fetch_add(1, Ordering::SeqCst) + 1;
                shared.peak.fetch_max(open, Ordering::SeqCst);
                let served = serve(socket, Arc::clone(&shared));
                let shared = Arc::clone(&shared);
                tokio::spawn(async move {
                    // An error means that the other side is gone.
                    let _ = served.await;
                    shared.open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { origin, gauge }
    }

    /// Starts a server whose picture at `/{name}/{filler}` has so many bytes and the frame around them;
    /// it waits before each answer and after each piece.
    pub(crate) async fn of_pictures(delay: Duration, pause: Duration) -> Self {
        Self::start(move |socket, gauge| send_picture(socket, gauge, delay, pause)).await
    }

    /// Starts an S3 server that has no object and takes each.
    pub(crate) async fn of_objects() -> Self {
        Self::start(take_objects).await
    }

    /// Returns a store that puts to this server.
    pub(crate) fn store(&self) -> MinioStore {
        let keys = Credentials::new("who", Secret::new("word"));
        let settings = MinioSettings::new(self.origin.parse().unwrap(), keys);
        MinioStore::new(&settings, Arc::new(SystemClock)).unwrap()
    }
}

/// Returns a service that fetches from `pictures` and puts to `objects`.
pub(crate) fn between(pictures: &Server, objects: &Server, max_bytes: u64) -> PictureStorage {
    let policy = FetchPolicy::default()
        .with_max_bytes(max_bytes)
        .with_total_timeout(Duration::from_mins(10))
        .allow_loopback_http(&pictures.origin)
        .unwrap();
    let source = GuardedFetch::new(policy).unwrap();
    let store = Arc::new(objects.store());
    PictureStorage::new(store, Arc::new(source), BucketMap::default()).with_picture_cap(max_bytes)
}

async fn send_picture(
    mut socket: TcpStream,
    gauge: Arc<Gauge>,
    delay: Duration,
    pause: Duration,
) -> std::io::Result<()> {
    let head = read_head(&mut socket).await?;
    let path = head.split(' ').nth(1).unwrap_or_default();
    let filler: usize = path.rsplit('/').next().unwrap_or_default().parse().unwrap();
    let frame = sample_picture(ImageFormat::Png, 1024, 1024, b"");
    tokio::time::sleep(delay).await;
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: {}\r\n\r\n",
        frame.len() + filler
    );
    socket.write_all(answer.as_bytes()).await?;
    // The signature and the first chunk are 33 bytes; then comes the length of the data and their name.
    socket.write_all(&frame[..33]).await?;
    let length = u32::try_from(filler).unwrap().to_be_bytes();
    socket.write_all(&length).await?;
    socket.write_all(b"IDAT").await?;
    let mut left = filler;
    while left > 0 {
        let count = left.min(PIECE);
        socket.write_all(&FILLER[..count]).await?;
        gauge.count(count);
        left -= count;
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
    }
    socket.write_all(&frame[41..]).await?;
    socket.shutdown().await
}

async fn take_objects(mut socket: TcpStream, gauge: Arc<Gauge>) -> std::io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        let head = read_head(&mut socket).await?.to_ascii_lowercase();
        if !head.starts_with("put") {
            let missing = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
            socket.write_all(missing.as_bytes()).await?;
            continue;
        }
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let mut left: usize = length.unwrap().parse().unwrap();
        while left > 0 {
            let room = left.min(PIECE);
            let count = socket.read(&mut piece[..room]).await?;
            if count == 0 {
                return Ok(());
            }
            gauge.count(count);
            left -= count;
        }
        let taken = "HTTP/1.1 200 OK\r\nETag: \"tag\"\r\nContent-Length: 0\r\n\r\n";
        socket.write_all(taken.as_bytes()).await?;
    }
}

async fn read_head(socket: &mut TcpStream) -> std::io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}
