//! A master, a replica and three Sentinels of one's own.

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use super::folder::Folder;
use super::server::{RedisServer, free_port};

/// The name of the master.
const MASTER: &str = "mymaster";

/// A master with one replica, and three Sentinels that watch them, all on the loopback.
///
/// They are stopped when this is dropped. Its calls block and panic when something is wrong: they are for tests.
#[derive(Debug)]
pub struct RedisSentinels {
    servers: [RedisServer; 2],
    sentinels: Vec<RedisServer>,
    _folder: Folder,
}

impl RedisSentinels {
    /// Starts the servers, and returns when all Sentinels know all of them.
    ///
    /// A silent master is taken for dead after one second.
    ///
    /// # Panics
    ///
    /// When `redis-server` is not installed, or the Sentinels don't agree within a minute.
    pub fn start() -> Self {
        Self::start_with(None, Vec::new)
    }

    /// Starts the servers, all of them with the same `password`, each with further arguments of its own.
    ///
    /// Those that speak TLS by their arguments speak it among themselves too, and name each other's ports of TLS.
    ///
    /// # Panics
    ///
    /// When `redis-server` is not installed, or the Sentinels don't agree within a minute.
    pub fn start_with(password: Option<&str>, arguments: impl Fn() -> Vec<String>) -> Self {
        let folder = Folder::new();
        let of_all = || [protection(password), speech(arguments())].concat();
        let master = data_server(&of_all(), &[]);
        let port = told_port(&master).to_string();
        let replica = data_server(&of_all(), &["--replicaof", "127.0.0.1", &port]);
        until("the replica follows the master", || {
            replica.info("master_link_status").as_deref() == Some("up")
        });
        let sentinels: Vec<_> = (0..3)
            .map(|_| sentinel(folder.path(), &port, password, &of_all()))
            .collect();
        let this = Self {
            servers: [master, replica],
            sentinels,
            _folder: folder,
        };
        until("the Sentinels know each other", || {
            this.sentinels.iter().all(|sentinel| {
                let known = sentinel.call(&["SENTINEL", "MASTER", MASTER]);
                field(&known, "num-slaves") == Some("1")
                    && field(&known, "num-other-sentinels") == Some("2")
            })
        });
        // A Sentinel connects to those it knows a while later; one stopped in between would leave a connection
        // without a name behind.
        until("the Sentinels are connected to each other", || {
            this.sentinels.iter().all(|sentinel| {
                let clients = sentinel.call(&["CLIENT", "LIST"]);
                clients.matches(" name=sentinel-").count() == 2
            })
        });
        this
    }

    /// Returns the name under which the Sentinels know the master.
    pub fn master_name(&self) -> &'static str {
        MASTER
    }

    /// Returns the ports of the Sentinels on 127.0.0.1: those of TLS when they speak it.
    pub fn ports(&self) -> impl Iterator<Item = u16> {
        self.sentinels.iter().map(told_port)
    }

    /// Returns the Sentinels.
    pub fn sentinels(&self) -> &[RedisServer] {
        &self.sentinels
    }

    /// Returns the two servers of data, whichever is the master now.
    pub fn servers(&self) -> &[RedisServer] {
        &self.servers
    }

    /// Returns the server that the first Sentinel takes for the master.
    ///
    /// # Panics
    ///
    /// When the Sentinel names another server.
    pub fn master(&self) -> &RedisServer {
        let words = ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER];
        let answer = self.sentinels[0].call(&words);
        let is_named = |server: &&RedisServer| {
            let port = told_port(server).to_string();
            answer.lines().any(|line| line == port)
        };
        match self.servers.iter().find(is_named) {
            Some(server) => server,
            None => panic!("no server of ours is the master: {answer:?}"),
        }
    }

    /// Makes the replica the master, as an operator does, and returns when all Sentinels say so.
    ///
    /// # Panics
    ///
    /// When that takes longer than a minute.
    pub fn fail_over(&self) {
        let before = told_port(self.master());
        // A Sentinel refuses while it thinks that the replica is not good enough yet.
        until("a Sentinel starts the failover", || {
            self.sentinels[0]
                .call(&["SENTINEL", "FAILOVER", MASTER])
                .starts_with("+OK")
        });
        self.wait_for_another_master(before);
    }

    /// Returns when all Sentinels name another master than the server that they know on `port`, and it is one.
    ///
    /// # Panics
    ///
    /// When that takes longer than a minute.
    pub fn wait_for_another_master(&self, port: u16) {
        until("the Sentinels name the new master", || {
            let named = self
                .sentinels
                .iter()
                .map(|sentinel| sentinel.call(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER]));
            let old = port.to_string();
            let agreed = named
                .into_iter()
                .all(|answer| !answer.lines().any(|line| line == old));
            agreed && self.master().info("role").as_deref() == Some("master")
        });
    }
}

/// The port by which the others know a server.
fn told_port(server: &RedisServer) -> u16 {
    server.tls_port().unwrap_or(server.port())
}

/// The arguments of a server that wants `password` and gives it to the master that it follows.
fn protection(password: Option<&str>) -> Vec<String> {
    let words = password.map(|word| ["--requirepass", word, "--masterauth", word]);
    words.into_iter().flatten().map(str::to_owned).collect()
}

/// The arguments of a server that speaks TLS with the others when it speaks it with us.
fn speech(mut arguments: Vec<String>) -> Vec<String> {
    if arguments.iter().any(|word| word == "--tls-port") {
        arguments.extend(["--tls-replication", "yes"].map(str::to_owned));
    }
    arguments
}

fn data_server(arguments: &[String], more: &[&str]) -> RedisServer {
    let words = arguments.iter().map(String::as_str);
    let words: Vec<_> = words.chain(more.iter().copied()).collect();
    RedisServer::start_with(&words)
}

fn sentinel(
    folder: &Path,
    master: &str,
    password: Option<&str>,
    arguments: &[String],
) -> RedisServer {
    let login = password.map(|word| format!("sentinel auth-pass {MASTER} {word}\n"));
    let login = login.unwrap_or_default();
    for _ in 0..10 {
        let port = free_port();
        let file = folder.join(format!("sentinel-{port}.conf"));
        let text = format!(
            "port {port}\nbind 127.0.0.1\ndir {}\nsentinel monitor {MASTER} 127.0.0.1 {master} 2\n\
             sentinel down-after-milliseconds {MASTER} 1000\nsentinel failover-timeout {MASTER} 5000\n{login}",
            folder.display()
        );
        if let Err(error) = fs::write(&file, text) {
            panic!("{} cannot be written: {error}", file.display());
        }
        let mut words = vec![file.display().to_string(), "--sentinel".to_owned()];
        words.extend_from_slice(arguments);
        if let Some(server) = RedisServer::try_start(port, words) {
            return server;
        }
    }
    panic!("no Sentinel started; run `redis-server file --sentinel` by hand to see why");
}

/// The value after a name in an answer that is a list of names and values.
fn field<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = answer.lines().skip_while(|line| *line != name);
    lines.nth(2)
}

/// Waits up to a minute for `check` to hold.
pub(super) fn until(what: &str, mut check: impl FnMut() -> bool) {
    for _ in 0..1_200 {
        if check() {
            return;
        }
        sleep(Duration::from_millis(50));
    }
    panic!("not within a minute: {what}");
}
