//! A Cluster of one's own.

use std::collections::BTreeSet;
use std::path::Path;

use super::folder::Folder;
use super::sentinels::until;
use super::server::{RedisServer, free_port};

/// How many slots there are (<https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/>).
const SLOTS: usize = 16_384;

/// A Cluster of three masters on the loopback, each with a third of the slots, and of replicas when they are asked for.
///
/// The servers are stopped when this is dropped. Its calls block and panic when something is wrong: they are for
/// tests.
#[derive(Debug)]
pub struct RedisCluster {
    servers: Vec<RedisServer>,
    folder: Folder,
}

impl RedisCluster {
    /// Starts the servers, and returns when each of them says that the Cluster is complete.
    ///
    /// # Panics
    ///
    /// When `redis-server` is not installed, or the servers don't meet within a minute.
    pub fn start() -> Self {
        Self::start_with(Vec::new)
    }

    /// Starts the servers, each with further arguments of its own.
    ///
    /// # Panics
    ///
    /// When `redis-server` is not installed, or the servers don't meet within a minute.
    pub fn start_with(arguments: impl Fn() -> Vec<String>) -> Self {
        let folder = Folder::new();
        let started: Vec<_> = (0..3)
            .map(|number| member(folder.path(), number, &arguments()))
            .collect();
        for (number, (server, _)) in started.iter().enumerate() {
            let first = (SLOTS * number).div_ceil(3).to_string();
            let last = ((SLOTS * (number + 1)).div_ceil(3) - 1).to_string();
            server.call(&["CLUSTER", "ADDSLOTSRANGE", &first, &last]);
            server.call(&["CLUSTER", "SET-CONFIG-EPOCH", &(number + 1).to_string()]);
        }
        let ports: Vec<_> = started
            .iter()
            .map(|(server, bus)| (server.port(), *bus))
            .collect();
        let servers: Vec<_> = started.into_iter().map(|(server, _)| server).collect();
        for (port, bus) in &ports[1..] {
            meet(&servers[0], *port, *bus);
        }
        let this = Self { servers, folder };
        this.until_all_are_known();
        this
    }

    /// Starts a replica of the server in this place, and returns its own place when it follows and all know of it.
    ///
    /// # Panics
    ///
    /// When that takes longer than a minute.
    pub fn add_replica_of(&mut self, place: usize) -> usize {
        let (replica, bus) = member(self.folder.path(), self.servers.len(), &[]);
        meet(&self.servers[0], replica.port(), bus);
        self.servers.push(replica);
        self.until_all_are_known();
        let [master, replica] = [place, self.servers.len() - 1].map(|place| &self.servers[place]);
        let [master_id, replica_id] =
            [master, replica].map(|server| server.ask(&["CLUSTER", "MYID"]));
        done(replica, &["CLUSTER", "REPLICATE", &master_id]);
        until("the replica follows", || {
            let is_known = |server: &RedisServer| {
                let nodes = server.call(&["CLUSTER", "NODES"]);
                let mut nodes = nodes.lines().filter(|line| line.starts_with(&replica_id));
                nodes.any(|line| line.contains(&format!("slave {master_id}")))
            };
            replica.info("master_link_status").as_deref() == Some("up")
                && self.servers.iter().all(is_known)
        });
        self.servers.len() - 1
    }

    /// Returns when the server in this place is a master, in whose eyes the Cluster is complete.
    ///
    /// # Panics
    ///
    /// When that takes longer than a minute.
    pub fn wait_for_master(&self, place: usize) {
        let server = &self.servers[place];
        until("the replica took over", || {
            let is_master = server.info("role").as_deref() == Some("master");
            is_master
                && server
                    .call(&["CLUSTER", "INFO"])
                    .contains("cluster_state:ok")
        });
    }

    fn until_all_are_known(&self) {
        let known = format!("cluster_known_nodes:{}", self.servers.len());
        until("the servers of the Cluster know each other", || {
            self.servers.iter().all(|server| {
                let info = server.call(&["CLUSTER", "INFO"]);
                info.contains("cluster_state:ok") && info.contains(&known)
            })
        });
    }

    /// Returns the servers, the masters first.
    pub fn servers(&self) -> &[RedisServer] {
        &self.servers
    }

    /// Returns the place among [`servers`](Self::servers) of the one that holds `key`.
    ///
    /// # Panics
    ///
    /// When no server holds it.
    pub fn holder_of(&self, key: &str) -> usize {
        // The one that holds a key sends nobody elsewhere.
        let holds = |server: &RedisServer| !server.call(&["EXISTS", key]).starts_with("-MOVED");
        match self.servers.iter().position(holds) {
            Some(place) => place,
            None => panic!("no server holds {key}"),
        }
    }

    /// Moves the slot of `key` with all its keys to the server in place `to`, as an operator does, key by key.
    ///
    /// # Panics
    ///
    /// When a step of it fails.
    pub fn move_slot_of(&self, key: &str, to: usize) {
        let from = self.holder_of(key);
        if from == to {
            return;
        }
        let (source, target) = (&self.servers[from], &self.servers[to]);
        let slot = source.ask(&["CLUSTER", "KEYSLOT", key]);
        let [source_id, target_id] =
            [source, target].map(|server| server.ask(&["CLUSTER", "MYID"]));
        done(
            target,
            &["CLUSTER", "SETSLOT", &slot, "IMPORTING", &source_id],
        );
        done(
            source,
            &["CLUSTER", "SETSLOT", &slot, "MIGRATING", &target_id],
        );
        let port = target.port().to_string();
        loop {
            let answer = source.call(&["CLUSTER", "GETKEYSINSLOT", &slot, "1"]);
            let Some(found) = answer.lines().nth(2).filter(|_| answer.starts_with("*1")) else {
                break;
            };
            // A key that ended meanwhile is as good as moved.
            let moved = source.call(&["MIGRATE", "127.0.0.1", &port, found, "0", "5000"]);
            assert!(
                moved.starts_with("+OK") || moved.starts_with("+NOKEY"),
                "{moved}"
            );
        }
        // The new owner first, so that there is one at any time.
        let third = self.servers.iter().enumerate();
        let third = third.filter(|(place, _)| ![from, to].contains(place));
        let third = third.map(|(_, server)| server);
        for server in [target, source].into_iter().chain(third) {
            done(server, &["CLUSTER", "SETSLOT", &slot, "NODE", &target_id]);
        }
        // A further move before all know of this one could be taken for an older one.
        until("the servers know of the move", || {
            let epochs = self.servers.iter().map(current_epoch);
            let epochs: BTreeSet<_> = epochs.collect();
            epochs.len() == 1
        });
    }
}

fn current_epoch(server: &RedisServer) -> String {
    let info = server.call(&["CLUSTER", "INFO"]);
    let mut lines = info.lines();
    let line = lines.find(|line| line.starts_with("cluster_current_epoch:"));
    line.unwrap_or_default().to_owned()
}

fn meet(server: &RedisServer, port: u16, bus: u16) {
    let (port, bus) = (port.to_string(), bus.to_string());
    server.call(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus]);
}

fn done(server: &RedisServer, words: &[&str]) {
    let answer = server.call(words);
    assert!(answer.starts_with("+OK"), "{words:?} gave {answer}");
}

/// Starts one server, and returns it with the port on which it talks to the others.
fn member(folder: &Path, number: usize, arguments: &[String]) -> (RedisServer, u16) {
    let bus = free_port();
    let bus_text = bus.to_string();
    let file = format!("nodes-{number}.conf");
    let folder = folder.display().to_string();
    let own = [
        "--cluster-enabled",
        "yes",
        "--cluster-port",
        &bus_text,
        "--cluster-node-timeout",
        "2000",
        "--cluster-config-file",
        &file,
        "--dir",
        &folder,
    ];
    let all: Vec<_> = own
        .into_iter()
        .chain(arguments.iter().map(String::as_str))
        .collect();
    (RedisServer::start_with(&all), bus)
}
