//! A Redis server of one's own.

use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use super::folder::Folder;

/// A `redis-server` from `PATH` on a free port of the loopback, with nothing in it and nothing kept on disk.
///
/// It is stopped when dropped, also when the test panics. Its calls block and panic when something is wrong:
/// they are for tests.
#[derive(Debug)]
pub struct RedisServer {
    child: Child,
    port: u16,
    password: Option<String>,
    arguments: Vec<String>,
    /// What a replication leaves there must not be what another server starts with.
    folder: Folder,
}

impl RedisServer {
    /// Starts a server that answers.
    ///
    /// # Panics
    ///
    /// When `redis-server` is not installed or does not start.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a server with further arguments, such as `["--requirepass", "word"]`.
    ///
    /// # Panics
    ///
    /// When `redis-server` is not installed or does not start.
    pub fn start_with(arguments: &[&str]) -> Self {
        // Another process may take the port between our look and the server's start.
        for _ in 0..10 {
            let port = free_port();
            let mut all = vec!["--port".to_owned(), port.to_string()];
            all.extend(
                DEFAULTS
                    .into_iter()
                    .chain(arguments.iter().copied())
                    .map(str::to_owned),
            );
            if let Some(server) = Self::try_start(port, all) {
                return server;
            }
        }
        panic!("redis-server did not start; run `redis-server --port 0` by hand to see why");
    }

    /// Starts a server on `port` with these arguments and no others; `None` when it does not answer.
    pub(super) fn try_start(port: u16, arguments: Vec<String>) -> Option<Self> {
        let password = value_of("--requirepass", &arguments).map(str::to_owned);
        let folder = Folder::new();
        let mut server = Self {
            child: spawn(&arguments, folder.path()),
            folder,
            port,
            password,
            arguments,
        };
        server.answers().then_some(server)
    }

    /// Returns the port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the port on which it speaks TLS, when it was started with one.
    pub fn tls_port(&self) -> Option<u16> {
        value_of("--tls-port", &self.arguments)?.parse().ok()
    }

    /// Stops the server without ending it: it takes connections and answers nothing.
    ///
    /// # Panics
    ///
    /// When no signal can be sent.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Lets a frozen server go on.
    ///
    /// # Panics
    ///
    /// When no signal can be sent.
    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    /// Ends the server and starts a new one, empty, on the same port and with the same arguments.
    ///
    /// # Panics
    ///
    /// When the new one does not start.
    pub fn restart(&mut self) {
        self.stop();
        self.child = spawn(&self.arguments, self.folder.path());
        assert!(self.answers(), "redis-server did not start again");
    }

    /// Ends the server: connections are refused from now on.
    pub fn stop(&mut self) {
        // A server that ended by itself is as good as stopped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Sends one command on a connection of its own and returns the answer as the server wrote it.
    ///
    /// # Panics
    ///
    /// When there is no answer within five seconds.
    pub fn call(&self, words: &[&str]) -> String {
        match self.try_call(words) {
            Ok(answer) => answer,
            Err(error) => panic!("{words:?} got no answer: {error}"),
        }
    }

    /// Sends one command like [`call`](Self::call), to a server that may be away or hang up.
    ///
    /// # Errors
    ///
    /// That of the connection, or a time-out after five seconds.
    pub fn try_call(&self, words: &[&str]) -> io::Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        if let Some(password) = &self.password {
            send(&mut stream, &["AUTH", password])?;
        }
        send(&mut stream, words)?;
        // The server closes the connection when nothing more can come; a Sentinel knows no QUIT.
        stream.shutdown(Shutdown::Write)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        // What the server says to the password is not part of the answer.
        let greeted = self
            .password
            .as_ref()
            .and_then(|_| answer.strip_prefix("+OK\r\n"));
        Ok(greeted.map_or_else(|| answer.clone(), str::to_owned))
    }

    /// Sends one command like [`call`](Self::call) and returns the text of its answer, without the form.
    ///
    /// # Panics
    ///
    /// When there is no answer within five seconds.
    pub fn ask(&self, words: &[&str]) -> String {
        let answer = self.call(words);
        let text = match answer.split_once("\r\n") {
            Some((_, body)) if answer.starts_with('$') => body,
            _ => &answer,
        };
        text.trim_start_matches(['+', ':']).trim_end().to_owned()
    }

    /// Returns what stands after `field:` in the answer to INFO, or `None` when it is not there.
    ///
    /// # Panics
    ///
    /// When there is no answer within five seconds.
    pub fn info(&self, field: &str) -> Option<String> {
        let answer = self.call(&["INFO", "all"]);
        let mut fields = answer.lines().filter_map(|line| line.split_once(':'));
        fields.find_map(|(name, value)| (name == field).then(|| value.trim().to_owned()))
    }

    fn answers(&mut self) -> bool {
        for _ in 0..500 {
            if matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)) {
                return false;
            }
            if self
                .try_call(&["PING"])
                .is_ok_and(|answer| answer.contains("PONG"))
            {
                return self.is_ours();
            }
            sleep(Duration::from_millis(10));
        }
        false
    }

    /// Another server may have taken the port first; then ours is about to end, and the other one answered.
    fn is_ours(&self) -> bool {
        let id = format!("process_id:{}\r\n", self.child.id());
        let answer = self.try_call(&["INFO", "server"]);
        answer.is_ok_and(|answer| answer.contains(&id))
    }

    fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args([signal, &id]).status();
        let sent = status.is_ok_and(|status| status.success());
        assert!(sent, "kill {signal} {id} failed");
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What every server of data has: the loopback alone, and nothing on disk.
const DEFAULTS: [&str; 8] = [
    "--bind",
    "127.0.0.1",
    "--save",
    "",
    "--appendonly",
    "no",
    "--daemonize",
    "no",
];

/// What stands after `name` among the arguments.
fn value_of<'a>(name: &str, arguments: &'a [String]) -> Option<&'a str> {
    let mut words = arguments.iter().skip_while(|word| *word != name);
    words.nth(1).map(String::as_str)
}

/// Returns a port that nobody listens on at the moment.
pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    match listener.and_then(|listener| listener.local_addr()) {
        Ok(address) => address.port(),
        Err(error) => panic!("no free port on the loopback: {error}"),
    }
}

fn spawn(arguments: &[String], folder: &Path) -> Child {
    let spawned = Command::new("redis-server")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    match spawned {
        Ok(child) => child,
        Err(error) if error.kind() == io::ErrorKind::NotFound => panic!(
            "redis-server is not on PATH; install it (Debian and Ubuntu: apt-get install redis-server, \
             macOS: brew install redis) and run the tests again"
        ),
        Err(error) => panic!("redis-server cannot be started: {error}"),
    }
}

fn send(stream: &mut TcpStream, words: &[&str]) -> io::Result<()> {
    let mut text = format!("*{}\r\n", words.len());
    for word in words {
        // Writing to a text cannot fail.
        let _ = write!(text, "${}\r\n{word}\r\n", word.len());
    }
    stream.write_all(text.as_bytes())
}
