//! With Sentinels nothing of the old master is given once the new one is heard, and its changes are seen.

use std::sync::Arc;
use std::time::Duration;

use cache::redis::RedisSettings;
use cache::testing::{RedisSentinels, RedisServer};
use cache::{Cache as _, CacheKey};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, sleep};

use super::{
    NAME, Near, eventually, key, near_over, near_settings, read, tracking_ids, until_following,
    write,
};

const KEYS: u32 = 50;
const PATIENCE: Duration = Duration::from_mins(1);

/// A master with what is held of it, and readers that go on.
struct Scene {
    group: Arc<RedisSentinels>,
    near: Near,
    readers: JoinHandle<()>,
}

impl Scene {
    async fn start() -> Self {
        let group = Arc::new(spawn_blocking(RedisSentinels::start).await.unwrap());
        // One Sentinel alone is asked, so that what it says never goes back. It is asked so often that the source hears
        // of the new master long before the calls look for it by themselves.
        let sentinel = group.ports().next().map(|port| ("127.0.0.1", port));
        let settings = brisk(RedisSettings::sentinel(group.master_name(), sentinel));
        let near = near_over(settings, near_settings(), |source| {
            source
                .with_heartbeat(Duration::from_millis(20))
                .with_heartbeat_limit(Duration::from_secs(1))
        });
        until_following(&near).await;
        let readers = tokio::spawn(read_on(near.clone()));
        Self {
            group,
            near,
            readers,
        }
    }

    /// The master and the replica, which become the old one and the new one.
    fn roles(&self) -> (&RedisServer, usize) {
        let master = self.group.master();
        let servers = self.group.servers();
        let replica = servers
            .iter()
            .position(|server| server.port() != master.port());
        (master, replica.unwrap())
    }

    /// Writes under every key of the master, and waits until all of it is held and the replica has it.
    async fn hold_all(&self, text: &str) {
        let (master, replica) = self.roles();
        assert!(write_all(master, text));
        let replica = &self.group.servers()[replica];
        eventually("the values are held", async || {
            let last = key(KEYS - 1);
            self.reads_only(text).await && replica.ask(&["GET", last.as_str()]) == text
        })
        .await;
    }

    /// Writes under every key of the server in this place as soon as it takes writes.
    fn write_once_promoted(&self, place: usize, text: &'static str) -> JoinHandle<()> {
        let group = Arc::clone(&self.group);
        spawn_blocking(move || {
            let start = Instant::now();
            while !write_all(&group.servers()[place], text) {
                assert!(start.elapsed() < PATIENCE, "the replica takes no writes");
                std::thread::sleep(Duration::from_millis(2));
            }
        })
    }

    async fn reads_only(&self, text: &str) -> bool {
        for number in 0..KEYS {
            match self.near.get(&key(number)).await {
                Ok(Some(value)) if value == text => {}
                _ => return false,
            }
        }
        self.near.used_bytes() > 0
    }

    /// Looks at every key for a second: none may give anything else, not even from time to time.
    async fn gives_only(&self, text: &str) {
        let (start, mut reads) = (Instant::now(), 0);
        while start.elapsed() < Duration::from_secs(1) {
            for number in 0..KEYS {
                // A call that meets its limit says nothing.
                if let Ok(value) = self.near.get(&key(number)).await {
                    assert_eq!(value.unwrap(), text, "under {}", key(number));
                    reads += 1;
                }
            }
            sleep(Duration::from_millis(1)).await;
        }
        assert!(reads > u64::from(KEYS), "{reads}");
    }

    async fn until_heard(&self, place: usize) {
        let server = &self.group.servers()[place];
        eventually("the new master is heard", async || {
            self.near.is_following() && tracking_ids(server).len() == 1
        })
        .await;
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.readers.abort();
    }
}

/// Limits that let a silence be noticed, with room for a busy machine.
fn brisk(settings: RedisSettings) -> RedisSettings {
    settings
        .with_client_name(NAME)
        .with_call_limit(Duration::from_millis(400))
        .with_response_limit(Duration::from_millis(300))
        .with_connect_limit(Duration::from_millis(500))
}

/// Reads every key again and again, and one that is not held, so that there are calls below all the time.
async fn read_on(near: Near) {
    let other = CacheKey::new("gallery:version:42").unwrap();
    loop {
        for number in 0..KEYS {
            let _ = near.get(&key(number)).await;
        }
        let _ = near.get(&other).await;
        sleep(Duration::from_millis(1)).await;
    }
}

/// Writes `text` under every key in one command, and tells whether the server took it.
fn write_all(server: &RedisServer, text: &str) -> bool {
    let keys: Vec<_> = (0..KEYS).map(key).collect();
    let pairs = keys.iter().flat_map(|key| [key.as_str(), text]);
    let words: Vec<_> = std::iter::once("MSET").chain(pairs).collect();
    // A Sentinel that changes a server's role has it hang up on everybody.
    let answer = server.try_call(&words);
    answer.is_ok_and(|answer| answer.starts_with("+OK"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_failover_nothing_of_the_old_master_is_given_and_the_changes_of_the_new_one_are_seen()
 {
    let scene = Scene::start().await;
    scene.hold_all("of the old master").await;
    let (old, new) = scene.roles();
    let written = scene.write_once_promoted(new, "of the new master");
    let changing = Arc::clone(&scene.group);
    // The old master goes on taking reads until the Sentinels demote it, some ten seconds later.
    spawn_blocking(move || changing.fail_over()).await.unwrap();
    written.await.unwrap();
    scene.until_heard(new).await;
    scene.gives_only("of the new master").await;
    assert!(tracking_ids(old).is_empty());

    let new = &scene.group.servers()[new];
    for number in 0..5 {
        let text = format!("of the new master, {number}");
        write(new, &key(1), &text);
        eventually("the change is seen", async || {
            read(&scene.near, &key(1)).await == text
        })
        .await;
        // It is held, and so the next change is seen because it is told.
        sleep(Duration::from_millis(20)).await;
        assert!(scene.near.used_bytes() > 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_master_that_comes_back_gives_nothing_any_more() {
    let scene = Scene::start().await;
    scene.hold_all("of the old master").await;
    let (old, new) = scene.roles();
    let written = scene.write_once_promoted(new, "of the new master");
    old.freeze();
    written.await.unwrap();
    scene.until_heard(new).await;
    // It takes itself for the master until a Sentinel tells it otherwise.
    old.thaw();
    scene.gives_only("of the new master").await;
    eventually("the old master is left", async || {
        tracking_ids(old).is_empty()
    })
    .await;
}
