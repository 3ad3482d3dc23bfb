//! Loads across four real processes, which are this test started again with another role.
#![cfg(feature = "redis")]
#![expect(clippy::unwrap_used, reason = "the helpers of tests panic as tests do")]

use std::convert::Infallible;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cache::redis::{RedisCache, RedisSettings};
use cache::testing::RedisServer;
use cache::{Family, FamilyKey, FamilyOptions, ReadThrough, Ttl};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Record {
    number: u32,
}

/// The life of the lock, which is how soon another process takes over.
const LOCK_LIFE: Duration = Duration::from_secs(3);

/// The role of a process that was started by a test: `role=port` in place of a name to skip.
fn role() -> Option<(String, u16)> {
    let mut words = std::env::args().skip_while(|word| word != "--skip");
    let (name, port) = words
        .nth(1)?
        .split_once('=')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))?;
    Some((name, port.parse().unwrap()))
}

fn through(port: u16, with_lock: bool) -> ReadThrough {
    let patient = Duration::from_secs(20);
    let settings = RedisSettings::new("127.0.0.1", port)
        .with_call_limit(patient)
        .with_response_limit(patient)
        .with_connect_limit(patient);
    let redis = Arc::new(RedisCache::new(settings).unwrap());
    let through = ReadThrough::new(Arc::clone(&redis) as _);
    if !with_lock {
        return through;
    }
    let life = Ttl::new(LOCK_LIFE).unwrap();
    let options = FamilyOptions::EXACT.with_lock(life, 3 * LOCK_LIFE);
    through
        .with_lock(redis)
        .with_options(Family::Generation, options)
}

/// A child that waits for the word to go.
struct Process {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Process {
    fn start(test: &str, role: &str, port: u16) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                test,
                "--nocapture",
                "--skip",
                &format!("{role}={port}"),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let output = BufReader::new(output);
        let mut process = Self {
            child,
            input,
            output,
        };
        assert_eq!(process.line_with("is ready"), "is ready");
        process
    }

    fn go(&mut self) {
        self.input.write_all(b"go\n").unwrap();
        self.input.flush().unwrap();
    }

    /// Returns the part of a line from `text` on, passing over what the test harness writes.
    fn line_with(&mut self, text: &str) -> String {
        let mut line = String::new();
        while self.output.read_line(&mut line).unwrap() > 0 {
            if let Some(place) = line.find(text) {
                return line[place..].trim_end().to_owned();
            }
            line.clear();
        }
        panic!("the process ended before it said {text:?}");
    }

    fn number_after(&mut self, text: &str) -> u32 {
        self.line_with(text)[text.len()..].parse().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[expect(
    clippy::print_stdout,
    reason = "this is how a child speaks to its parent"
)]
fn say(text: &str) {
    println!("{text}");
}

fn wait_for_go() {
    say("is ready");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    assert_eq!(line, "go\n");
}

/// Misses the same key 250 times at once.
async fn miss(port: u16, with_lock: bool) {
    let through = through(port, with_lock);
    // The connection is there before the others start.
    assert_eq!(
        through
            .get::<Record>(&FamilyKey::generation(0).unwrap())
            .await,
        None
    );
    wait_for_go();
    let loads = Arc::new(AtomicU32::new(0));
    let reads = (0..250).map(|_| {
        let (through, loads) = (through.clone(), Arc::clone(&loads));
        tokio::spawn(async move {
            let load = || async {
                loads.fetch_add(1, Ordering::Relaxed);
                sleep(Duration::from_millis(500)).await;
                Ok::<_, Infallible>(Some(Record { number: 7 }))
            };
            let key = FamilyKey::generation(17).unwrap();
            through
                .get_or_load(&key, load)
                .await
                .unwrap()
                .unwrap()
                .number
        })
    });
    for number in join_all(reads).await {
        assert_eq!(number.unwrap(), 7);
    }
    say(&format!("loads: {}", loads.load(Ordering::Relaxed)));
}

fn loads_of_four_processes(test: &str, role: &str) -> Vec<u32> {
    let server = RedisServer::start();
    let mut processes: Vec<_> = (0..4)
        .map(|_| Process::start(test, role, server.port()))
        .collect();
    processes.iter_mut().for_each(Process::go);
    processes
        .iter_mut()
        .map(|process| process.number_after("loads: "))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_misses_in_four_processes_load_once_in_each_without_the_lock() {
    if let Some((_, port)) = role() {
        return miss(port, false).await;
    }
    let test = "a_thousand_misses_in_four_processes_load_once_in_each_without_the_lock";
    let loads = loads_of_four_processes(test, "misses");
    // One that came late found what another had loaded.
    assert!(loads.iter().all(|&loads| loads <= 1), "{loads:?}");
    assert!((1..=4).contains(&loads.iter().sum::<u32>()), "{loads:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_misses_in_four_processes_load_once_in_all_with_the_lock() {
    if let Some((_, port)) = role() {
        return miss(port, true).await;
    }
    let test = "a_thousand_misses_in_four_processes_load_once_in_all_with_the_lock";
    let loads = loads_of_four_processes(test, "misses");
    assert_eq!(loads.iter().sum::<u32>(), 1, "{loads:?}");
}

/// Begins a load that never ends.
async fn load_for_ever(port: u16) {
    let through = through(port, true);
    wait_for_go();
    let never = || async {
        say("it loads");
        sleep(Duration::from_hours(1)).await;
        Ok::<_, Infallible>(Some(Record { number: 1 }))
    };
    let key = FamilyKey::generation(17).unwrap();
    let _ = through.get_or_load(&key, never).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_process_that_loads_is_killed_another_takes_over_within_the_locks_life() {
    if let Some((_, port)) = role() {
        return load_for_ever(port).await;
    }
    let test = "when_the_process_that_loads_is_killed_another_takes_over_within_the_locks_life";
    let server = RedisServer::start();
    let mut leader = Process::start(test, "leader", server.port());
    leader.go();
    leader.line_with("it loads");
    let start = Instant::now();
    let waiter = tokio::spawn({
        let through = through(server.port(), true);
        async move {
            let load = || async { Ok::<_, Infallible>(Some(Record { number: 2 })) };
            let key = FamilyKey::generation(17).unwrap();
            through
                .get_or_load(&key, load)
                .await
                .unwrap()
                .unwrap()
                .number
        }
    });
    sleep(Duration::from_millis(300)).await;
    assert!(!waiter.is_finished(), "it waits while the other lives");
    drop(leader);
    assert_eq!(waiter.await.unwrap(), 2);
    // The pause between two tries and a busy machine come on top.
    let time = start.elapsed();
    assert!(time < LOCK_LIFE + Duration::from_secs(2), "{time:?}");
}
