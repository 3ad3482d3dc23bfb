//! Row P8: how often the truth is asked when four processes miss the same key at once.

use std::convert::Infallible;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cache::redis::{RedisCache, RedisSettings};
use cache::testing::RedisServer;
use cache::{Cache as _, Family, FamilyKey, FamilyOptions, ReadThrough, Ttl};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::sleep;

use crate::shared::{Outcome, Report, print_table};

/// The name under which the program starts itself as one of the four processes.
pub(crate) const CHILD: &str = "cache-misses-child";

const ROUNDS: usize = 5;
const PROCESSES: usize = 4;
const CALLERS_PER_PROCESS: u32 = 125;
const LOAD: Duration = Duration::from_millis(50);

/// The life of the lock and how long the others wait for it: a busy machine must not end either by accident.
const LOCK_LIFE: Duration = Duration::from_secs(10);
const LOCK_WAIT: Duration = Duration::from_secs(30);

/// Whether the processes have a lock in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Together {
    Unlocked,
    Locked,
}

impl Together {
    /// Returns the word by which a process is told of it.
    const fn word(self) -> &'static str {
        match self {
            Self::Unlocked => "unlocked",
            Self::Locked => "locked",
        }
    }
}

/// Counts the loads of each process over a cold key, without a lock and with one.
pub(crate) async fn run(report: &mut Report) -> Outcome {
    let each = u32::try_from(PROCESSES)?;
    for (together, in_all) in [(Together::Unlocked, each), (Together::Locked, 1)] {
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            rounds.push(round_of_loads(together).await?);
        }
        conclude(report, &rounds, together.word(), each, in_all);
    }
    Ok(())
}

fn conclude(report: &mut Report, rounds: &[Vec<u32>], how: &str, each: u32, aim: u32) {
    let all = |loads: &Vec<u32>| loads.iter().sum::<u32>();
    let most = |loads: &Vec<u32>| loads.iter().copied().max().unwrap_or(0);
    let head = ["", "loads in all", "most in one process"];
    let row = |(round, loads): (usize, &Vec<u32>)| {
        let (all, most) = (all(loads), most(loads));
        vec![
            format!("round {}", round + 1),
            all.to_string(),
            most.to_string(),
        ]
    };
    let rows = rounds.iter().enumerate().map(row);
    let calls = CALLERS_PER_PROCESS * each;
    let title = format!("P8: {calls} misses at once over {each} processes, {how}");
    print_table(
        &title,
        std::iter::once(head.map(str::to_owned).to_vec()).chain(rows),
    );
    let highest = |of: &dyn Fn(&Vec<u32>) -> u32| rounds.iter().map(of).max().unwrap_or(u32::MAX);
    let what = |what: &str| format!("P8 {how}: {what}");
    report.at_most(what("loads in one process"), highest(&most).into(), 1.0);
    report.at_most(what("loads in all"), highest(&all).into(), aim.into());
    // Nobody loaded where nothing was measured.
    report.at_least(what("loads in all"), highest(&all).into(), 1.0);
}

/// Starts the processes, lets them go together, and returns how often each loaded.
async fn round_of_loads(together: Together) -> Outcome<Vec<u32>> {
    let server = RedisServer::start();
    let mut children = Vec::new();
    for _ in 0..PROCESSES {
        let child = Command::new(std::env::current_exe()?)
            .args([CHILD, &server.port().to_string(), together.word()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        children.push(Process::new(child)?);
    }
    // Each says when it is ready, so that a slow start does not spread them.
    for child in &mut children {
        child.line().await?;
    }
    for child in &mut children {
        child.go().await?;
    }
    let mut loads = Vec::new();
    for child in &mut children {
        loads.push(child.line().await?.trim().parse()?);
    }
    Ok(loads)
}

/// A process of ours and the two ends of what is said.
struct Process {
    child: Child,
    said: BufReader<tokio::process::ChildStdout>,
}

impl Process {
    fn new(mut child: Child) -> Outcome<Self> {
        let output = child.stdout.take().ok_or("the child has no output")?;
        Ok(Self {
            child,
            said: BufReader::new(output),
        })
    }

    async fn line(&mut self) -> Outcome<String> {
        let mut line = String::new();
        self.said.read_line(&mut line).await?;
        Ok(line)
    }

    async fn go(&mut self) -> Outcome {
        let input = self.child.stdin.as_mut().ok_or("the child has no input")?;
        Ok(input.write_all(b"go\n").await?)
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Record {
    prompt: String,
}

/// One of the processes: waits for the word, misses many times at once, and says how often it loaded.
pub(crate) async fn run_child(arguments: &[String]) -> Outcome {
    let port = arguments.first().ok_or("no port is named")?.parse()?;
    let patient = Duration::from_secs(10);
    let settings = RedisSettings::new("127.0.0.1", port)
        .with_call_limit(patient)
        .with_response_limit(patient)
        .with_connect_limit(patient);
    let redis = Arc::new(RedisCache::new(settings)?);
    redis.ping().await?;
    let mut through = ReadThrough::new(Arc::clone(&redis) as _);
    if arguments.get(1).map(String::as_str) == Some(Together::Locked.word()) {
        let options = FamilyOptions::EXACT.with_lock(Ttl::new(LOCK_LIFE)?, LOCK_WAIT);
        through = through
            .with_lock(redis)
            .with_options(Family::Generation, options);
    }
    println!("ready");
    let mut word = String::new();
    BufReader::new(tokio::io::stdin())
        .read_line(&mut word)
        .await?;

    let key = FamilyKey::generation(17)?;
    let loads = Arc::new(AtomicU32::new(0));
    let callers = (0..CALLERS_PER_PROCESS).map(|_| {
        let (through, key, loads) = (through.clone(), key.clone(), Arc::clone(&loads));
        tokio::spawn(async move {
            let load = || async {
                loads.fetch_add(1, Ordering::Relaxed);
                sleep(LOAD).await;
                Ok::<_, Infallible>(Some(Record {
                    prompt: "a fox".to_owned(),
                }))
            };
            let found = through.get_or_load(&key, load).await;
            found.is_ok_and(|record| record.is_some_and(|record| record.prompt == "a fox"))
        })
    });
    if !try_join_all(callers).await?.into_iter().all(|found| found) {
        return Err("a caller found no record".into());
    }
    println!("{}", loads.load(Ordering::Relaxed));
    Ok(())
}
