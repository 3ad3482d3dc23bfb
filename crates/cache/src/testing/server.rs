//! A Redis server of one's own.

use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

/// A `redis-server` from `PATH` on a free port of the loopback, with nothing in it and nothing kept on disk.
///
/// It is stopped when dropped, also when the test panics. Its calls block and panic when something is wrong:
/// they are for tests.
#[derive(Debug)]
pub struct RedisServer {
    child: Child,
    port: u16,
    password: Option<String>,
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
        let mut words = arguments.iter();
        let password = words
            .find(|word| **word == "--requirepass")
            .and_then(|_| words.next())
            .map(|word| (*word).to_owned());
        // Another process may take the port between our look and the server's start.
        for _ in 0..10 {
            let port = free_port();
            let child = spawn(port, arguments);
            let mut server = Self {
                child,
                port,
                password: password.clone(),
            };
            if server.answers() {
                return server;
            }
        }
        panic!("redis-server did not start; run `redis-server --port 0` by hand to see why");
    }

    /// Returns the port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
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

    /// Ends the server and starts a new one, empty, on the same port.
    ///
    /// # Panics
    ///
    /// When the new one does not start.
    pub fn restart(&mut self) {
        self.stop();
        self.child = spawn(self.port, &[]);
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

    fn try_call(&self, words: &[&str]) -> io::Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        if let Some(password) = &self.password {
            send(&mut stream, &["AUTH", password])?;
        }
        send(&mut stream, words)?;
        // The server closes the connection after QUIT, so everything before that is the answer.
        send(&mut stream, &["QUIT"])?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
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
                return true;
            }
            sleep(Duration::from_millis(10));
        }
        false
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

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    match listener.and_then(|listener| listener.local_addr()) {
        Ok(address) => address.port(),
        Err(error) => panic!("no free port on the loopback: {error}"),
    }
}

fn spawn(port: u16, arguments: &[&str]) -> Child {
    // A server reads what another left under the usual name, such as a replica's copy of its master.
    let own_file = format!("rust-cache-{:016x}.rdb", fastrand::u64(..));
    let spawned = Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args(["--save", "", "--appendonly", "no", "--daemonize", "no"])
        .args(["--dbfilename", &own_file])
        .args(arguments)
        .current_dir(std::env::temp_dir())
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
