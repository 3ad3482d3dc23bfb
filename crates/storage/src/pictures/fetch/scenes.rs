//! Scenes in which a link, a redirect or a resolver tries to lead inside; nothing inside is ever dialled.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener as StdListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::connection::Dialer;
use super::{FetchPolicy, GuardedFetch, HostLookup, is_public};
use crate::pictures::{FetchErrorKind as Kind, PictureSourceExt};

/// A link, what the redirects say on the way, how names resolve, and how it must end.
///
/// `{origin}` is the one allowed origin, which redirects to the next hop at each of its paths `/0`, `/1` …;
/// `{inside}` is the port of a listener on loopback that must never hear anything.
struct Scene {
    start: &'static str,
    hops: &'static [&'static str],
    /// The answers of the resolver, one per question; the last is repeated.
    answers: &'static [&'static [&'static str]],
    ends: Kind,
    /// The public addresses that are dialled; all of them refuse.
    dialled: &'static [&'static str],
}

/// A link to a name that resolves like this.
const fn name(answers: &'static [&'static [&'static str]], ends: Kind) -> Scene {
    Scene {
        start: "https://rebound.example:{inside}/canary",
        hops: &[],
        answers,
        ends,
        dialled: &[],
    }
}

/// A redirect of the allowed origin to this place.
const fn redirect(hops: &'static [&'static str], ends: Kind) -> Scene {
    Scene {
        start: "{origin}/0",
        hops,
        answers: &[&["127.0.0.1"]],
        ends,
        dialled: &[],
    }
}

const INSIDE: Kind = Kind::ForbiddenAddress;
const SCENES: &[Scene] = &[
    // Names that resolve to the inside, in every disguise.
    name(&[&["127.0.0.1"]], INSIDE),
    name(&[&["10.0.0.1"]], INSIDE),
    name(&[&["169.254.169.254"]], INSIDE),
    name(&[&["::1"]], INSIDE),
    name(&[&["::"]], INSIDE),
    name(&[&["0.0.0.0"]], INSIDE),
    name(&[&["::ffff:127.0.0.1"]], INSIDE),
    name(&[&["::127.0.0.1"]], INSIDE),
    name(&[&["::ffff:0:127.0.0.1"]], INSIDE),
    name(&[&["64:ff9b::127.0.0.1"]], INSIDE),
    name(&[&["64:ff9b:1::7f00:1"]], INSIDE),
    name(&[&["2002:7f00:1::"]], INSIDE),
    name(&[&["2001:0:4136:e378:8000:63bf:80ff:fffe"]], INSIDE),
    name(&[&["2606:4700::5efe:127.0.0.1"]], INSIDE),
    name(&[&["fd00:ec2::254"]], INSIDE),
    // Mixed answers: one address inside refuses the name.
    name(&[&["8.8.8.8", "127.0.0.1"]], INSIDE),
    name(&[&["127.0.0.1", "8.8.8.8"]], INSIDE),
    name(&[&["2606:4700::1111", "8.8.8.8", "::1"]], INSIDE),
    name(&[&[]], Kind::Unavailable),
    // Rebinding: public when it is checked, inside when it is asked again. It is not asked again.
    Scene {
        dialled: &["8.8.8.8"],
        ..name(&[&["8.8.8.8"], &["127.0.0.1"]], Kind::Unavailable)
    },
    Scene {
        dialled: &["8.8.8.8", "2606:4700::1111"],
        ..name(
            &[&["8.8.8.8", "2606:4700::1111"], &["::1"]],
            Kind::Unavailable,
        )
    },
    // Redirects to names.
    redirect(&["https://rebound.example:{inside}/"], INSIDE),
    redirect(&["https://rebound.example.:{inside}/"], INSIDE),
    redirect(&["/1", "/2", "https://rebound.example:{inside}/"], INSIDE),
    Scene {
        answers: &[&["1.1.1.1"], &["127.0.0.1"]],
        dialled: &["1.1.1.1"],
        ..redirect(&["https://rebound.example:{inside}/"], Kind::Unavailable)
    },
    redirect(&["https://localhost:{inside}/"], INSIDE),
    redirect(&["https://LOCALHOST.:{inside}/"], INSIDE),
    redirect(&["https://a.localhost:{inside}/"], INSIDE),
    // Redirects to addresses, in every notation.
    redirect(&["https://127.0.0.1:{inside}/"], INSIDE),
    redirect(&["https://127.0.0.1.:{inside}/"], INSIDE),
    redirect(&["https://2130706433:{inside}/"], INSIDE),
    redirect(&["https://0x7f000001:{inside}/"], INSIDE),
    redirect(&["https://0177.0.0.1:{inside}/"], INSIDE),
    redirect(&["https://017700000001:{inside}/"], INSIDE),
    redirect(&["https://127.1:{inside}/"], INSIDE),
    redirect(&["https://127.0.1:{inside}/"], INSIDE),
    redirect(&["https://0x7f.0.0.0x1:{inside}/"], INSIDE),
    redirect(&["https://0:{inside}/"], INSIDE),
    redirect(&["https://%31%32%37.0.0.1:{inside}/"], INSIDE),
    redirect(&["https://127.0.\t0.1:{inside}/"], INSIDE),
    redirect(&["https:/127.0.0.1:{inside}/"], INSIDE),
    redirect(&["https:\\\\127.0.0.1:{inside}\\"], INSIDE),
    redirect(&["https://[::1]:{inside}/"], INSIDE),
    redirect(&["https://[::]:{inside}/"], INSIDE),
    redirect(&["https://[::ffff:127.0.0.1]:{inside}/"], INSIDE),
    redirect(&["https://[::ffff:7f00:1]:{inside}/"], INSIDE),
    redirect(&["https://[64:ff9b::7f00:1]:{inside}/"], INSIDE),
    redirect(&["https://[2002:7f00:1::]:{inside}/"], INSIDE),
    redirect(&["https://[fe80::1%25lo]:{inside}/"], Kind::Redirect),
    redirect(&["https://127.0.0.1%00.example:{inside}/"], Kind::Redirect),
    redirect(&["https://①②⑦.0.0.1:{inside}/"], Kind::Redirect),
    // Redirects to other schemes and ports.
    redirect(&["http://127.0.0.1:{inside}/"], Kind::ForbiddenScheme),
    redirect(&["//127.0.0.1:{inside}/"], Kind::ForbiddenScheme),
    redirect(&["\\\\127.0.0.1:{inside}\\"], Kind::ForbiddenScheme),
    redirect(&["http://localhost:{inside}/"], Kind::ForbiddenScheme),
    redirect(&["ftp://127.0.0.1:{inside}/"], Kind::ForbiddenScheme),
    redirect(&["gopher://127.0.0.1:{inside}/_GET"], Kind::ForbiddenScheme),
    redirect(&["ws://127.0.0.1:{inside}/"], Kind::ForbiddenScheme),
    redirect(&["file:///etc/passwd"], Kind::ForbiddenScheme),
    redirect(&["unix:/run/docker.sock"], Kind::ForbiddenScheme),
    redirect(&["javascript:alert(1)"], Kind::ForbiddenScheme),
    redirect(&["data:image/png;base64,AAAA"], Kind::ForbiddenScheme),
    redirect(&["https://v3.fal.media:22/"], Kind::ForbiddenPort),
    redirect(&["https://v3.fal.media:6379/"], Kind::ForbiddenPort),
    // Redirects with a user name, to the inside or to hide it.
    redirect(&["https://user:word@127.0.0.1:{inside}/"], Kind::InvalidUrl),
    redirect(
        &["https://v3.fal.media@127.0.0.1:{inside}/"],
        Kind::InvalidUrl,
    ),
    redirect(&["https://127.0.0.1:{inside}\\@v3.fal.media/"], INSIDE),
    redirect(&["https://127.0.0.1:{inside}#@v3.fal.media/"], INSIDE),
    // Loops, and one hop too many.
    redirect(&["/0"], Kind::Redirect),
    redirect(&["/1", "/0"], Kind::Redirect),
    redirect(&["/1", "/2", "/3", "/4"], Kind::Redirect),
    redirect(&["/1", "/2", "/3", "https://127.0.0.1:{inside}/"], INSIDE),
];

/// Resolves by a script and counts the questions.
#[derive(Debug, Default)]
struct Script {
    answers: Vec<Vec<IpAddr>>,
    questions: Mutex<usize>,
}

#[async_trait]
impl HostLookup for Script {
    async fn lookup(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let mut questions = self.questions.lock().unwrap();
        let answer = self.answers.get(*questions).or(self.answers.last());
        *questions += 1;
        Ok(answer.cloned().unwrap_or_default())
    }
}

/// Notes what is dialled; connects on loopback, and finds everything else refused.
#[derive(Debug, Default)]
struct Notebook(Mutex<Vec<SocketAddr>>);

#[async_trait]
impl Dialer for Notebook {
    async fn dial(&self, address: SocketAddr) -> io::Result<TcpStream> {
        self.0.lock().unwrap().push(address);
        if address.ip().is_loopback() {
            return TcpStream::connect(address).await;
        }
        Err(io::ErrorKind::ConnectionRefused.into())
    }
}

/// Answers `/n` with a redirect to the hop of that number, and everything else with 404.
async fn serve(listener: TcpListener, hops: Vec<String>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let mut head = vec![0; 4096];
        let length = stream.read(&mut head).await.unwrap();
        let head = String::from_utf8_lossy(&head[..length]).into_owned();
        let number = head
            .split([' ', '/'])
            .nth(2)
            .and_then(|text| text.parse().ok());
        let hop = number.and_then(|number: usize| hops.get(number));
        let answer = match hop {
            Some(hop) => {
                format!("HTTP/1.1 302 Found\r\nLocation: {hop}\r\nContent-Length: 0\r\n\r\n")
            }
            None => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned(),
        };
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
}

struct Played {
    kind: Kind,
    dialled: Vec<SocketAddr>,
    questions: usize,
}

async fn play(scene: &Scene, inside: u16) -> (Played, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let origin = format!("http://{address}");
    let fill = |text: &str| {
        text.replace("{origin}", &origin)
            .replace("{inside}", &inside.to_string())
    };
    let hops = scene.hops.iter().map(|hop| fill(hop)).collect();
    let server = tokio::spawn(serve(listener, hops));
    let parse = |text: &&str| text.parse().unwrap();
    let answers = scene
        .answers
        .iter()
        .map(|all| all.iter().map(parse).collect());
    let lookup = Arc::new(Script {
        answers: answers.collect(),
        ..Script::default()
    });
    let notebook = Arc::new(Notebook::default());
    // The port of the inside is allowed, so that it is not the port that saves us.
    let policy = FetchPolicy::default()
        .with_ports([inside])
        .allow_loopback_http(&origin)
        .unwrap();
    let (names, dialer) = (Arc::clone(&lookup), Arc::clone(&notebook));
    let fetch = GuardedFetch::with_dialer(policy, names, dialer).unwrap();
    let error = fetch.fetch(&fill(scene.start)).await.unwrap_err();
    server.abort();
    let played = Played {
        kind: error.kind(),
        dialled: notebook.0.lock().unwrap().clone(),
        questions: *lookup.questions.lock().unwrap(),
    };
    (played, address)
}

#[tokio::test]
async fn no_scene_leads_inside() {
    assert!(SCENES.len() >= 70, "{}", SCENES.len());
    let forbidden = StdListener::bind("127.0.0.1:0").unwrap();
    forbidden.set_nonblocking(true).unwrap();
    let inside = forbidden.local_addr().unwrap().port();
    for scene in SCENES {
        let shown = format!("{} {:?} {:?}", scene.start, scene.hops, scene.answers);
        let (played, origin) = play(scene, inside).await;
        assert_eq!(played.kind, scene.ends, "{shown}");
        assert!(
            played.questions <= 1,
            "{shown} asked {} times",
            played.questions
        );
        let (outside, at_home): (Vec<_>, Vec<_>) = played
            .dialled
            .into_iter()
            .partition(|address| is_public(address.ip()));
        assert!(
            at_home.iter().all(|address| *address == origin),
            "{shown}: {at_home:?}"
        );
        assert!(at_home.len() <= 4, "{shown}");
        let outside: Vec<_> = outside
            .iter()
            .map(|address| address.ip().to_string())
            .collect();
        assert_eq!(outside, scene.dialled, "{shown}");
        // Without a connection no byte can have arrived.
        let heard = forbidden.accept().map_err(|error| error.kind());
        assert_eq!(heard.err(), Some(io::ErrorKind::WouldBlock), "{shown}");
    }
}

#[tokio::test]
async fn a_name_that_moves_inside_between_two_fetches_is_refused() {
    let lookup = Script {
        answers: vec![
            vec!["8.8.8.8".parse().unwrap()],
            vec!["127.0.0.1".parse().unwrap()],
        ],
        ..Script::default()
    };
    let notebook = Arc::new(Notebook::default());
    let dialer = Arc::clone(&notebook);
    let policy = FetchPolicy::default();
    let fetch = GuardedFetch::with_dialer(policy, Arc::new(lookup), dialer).unwrap();
    for expected in [Kind::Unavailable, Kind::ForbiddenAddress] {
        let error = fetch.fetch("https://rebound.example/").await.unwrap_err();
        assert_eq!(error.kind(), expected);
    }
    assert_eq!(
        *notebook.0.lock().unwrap(),
        ["8.8.8.8:443".parse().unwrap()]
    );
}

/// Leads every address to the same place, as a network that rewrites addresses does.
#[derive(Debug)]
struct Bent(SocketAddr);

#[async_trait]
impl Dialer for Bent {
    async fn dial(&self, _: SocketAddr) -> io::Result<TcpStream> {
        TcpStream::connect(self.0).await
    }
}

#[tokio::test]
async fn a_connection_that_ends_inside_hears_not_one_byte() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dialer = Arc::new(Bent(listener.local_addr().unwrap()));
    let policy = FetchPolicy::default();
    let fetch = GuardedFetch::with_dialer(policy, Arc::new(Script::default()), dialer).unwrap();
    let error = fetch.fetch("https://8.8.8.8/").await.unwrap_err();
    assert_eq!(error.kind(), Kind::ForbiddenAddress);
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut heard = Vec::new();
    stream.read_to_end(&mut heard).await.unwrap();
    assert!(heard.is_empty(), "{heard:?}");
}

/// Keeps silent at one address, and refuses all others but loopback.
#[derive(Debug)]
struct Silent(IpAddr);

#[async_trait]
impl Dialer for Silent {
    async fn dial(&self, address: SocketAddr) -> io::Result<TcpStream> {
        if address.ip() == self.0 {
            std::future::pending::<()>().await;
        }
        Err(io::ErrorKind::ConnectionRefused.into())
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_address_ends_with_the_limit_on_connecting() {
    let lookup = Script {
        answers: vec![vec!["8.8.8.8".parse().unwrap(), "1.1.1.1".parse().unwrap()]],
        ..Script::default()
    };
    let dialer = Arc::new(Silent("8.8.8.8".parse().unwrap()));
    let policy = FetchPolicy::default().with_connect_timeout(Duration::from_secs(3));
    let fetch = GuardedFetch::with_dialer(policy, Arc::new(lookup), dialer).unwrap();
    let start = tokio::time::Instant::now();
    let error = fetch.fetch("https://silent.example/").await.unwrap_err();
    assert_eq!(error.kind(), Kind::TimedOut);
    assert_eq!(start.elapsed().as_secs(), 3);
}
