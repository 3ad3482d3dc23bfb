//! Peers and floors, side by side in one run: `cargo run --release -p benchmarks -- storage --check`, and the same
//! with `cache` and `fal`.
//!
//! Read the ratios: absolute times mean little on a shared machine.
//! With `--check` the program ends with code 1 when a ratio misses its aim.
//! Each topic is a folder of its own and measures with what `shared` gives.

#![expect(clippy::print_stdout, reason = "a benchmark reports on the terminal")]

mod cache;
mod fal;
mod shared;
mod storage;

use std::process::ExitCode;

use shared::{Outcome, Report, allocator, awake};

const USAGE: &str = "\
benchmarks TOPIC [PART …] [--check]

storage        all of its parts, or those named:
  p1           save four pictures of 2 MB at once, against one after the other and one alone
  p2           put and get 1.5 MB at 1, 8 and 32 in flight, against peers and the floor
  p3           peak memory of saving 64 pictures of 8 MB, and of one object of 512 MB
  p4           signed links, against peers
  r6           what checksums end to end cost on top of a signed transfer, and who pays for a put
cache          all of its parts, or those named, on a redis-server of its own:
  p5           get and set 1 KB by 1, 16 and 128 callers, against peers
  p6           a near hit, and a page of 20 records against 20 reads
  p7           what a call costs while Redis is refused or frozen, and how soon all is well again
  p8           loads of 500 misses at once over four processes
fal            all of its parts, against a simulator of FAL in another process:
  p9           the CPU of submitting, polling and fetching, against bare calls and FAL's own clients
  r25          webhooks verified in a second of one core
";

/// The topics whose measurements need cores that are awake. That of FAL counts the time spent on a core, which waiting
/// for one is no part of, and what keeps the cores awake may share their caches.
const AWAKE: [&str; 2] = ["storage", "cache"];

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|topic| topic == awake::CHILD) {
        awake::run_child();
        return ExitCode::SUCCESS;
    }
    // Whose memory is measured, or whose CPU beside that of other programs, has the allocator that a service has.
    let is_child = arguments.first().is_some_and(|topic| {
        [storage::memory::CHILD, fal::caller::CHILD].contains(&topic.as_str())
    });
    let again = if is_child {
        None
    } else {
        allocator::run_again()
    };
    match again {
        Some(Ok(status)) if status.success() => return ExitCode::SUCCESS,
        Some(Ok(status)) => {
            let code: Option<u8> = status.code().and_then(|code| code.try_into().ok());
            return code.map_or(ExitCode::FAILURE, ExitCode::from);
        }
        Some(Err(error)) => println!("the allocator stays as it is: {error}"),
        None => {}
    }
    // One of the peers takes the process's provider; a program may set it, a library may not. A second call
    // changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let check = arguments.iter().any(|argument| argument == "--check");
    arguments.retain(|argument| argument != "--check");
    match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(measure(&arguments, check)),
        Err(error) => {
            println!("no runtime could be started: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(arguments: &[String], check: bool) -> ExitCode {
    let mut report = Report::default();
    let done = match arguments.split_first() {
        Some((topic, parts)) => run(topic, parts, &mut report).await,
        None => Ok(false),
    };
    match done {
        Ok(true) if report.conclude() || !check => ExitCode::SUCCESS,
        Ok(true) => ExitCode::FAILURE,
        Ok(false) => {
            println!("{USAGE}");
            ExitCode::from(2)
        }
        Err(error) => {
            println!("the benchmark could not be run: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the parts of a topic, all where none is named, and tells whether there are such.
async fn run(topic: &str, parts: &[String], report: &mut Report) -> Outcome<bool> {
    let _awake = AWAKE.contains(&topic).then(keep_awake).flatten();
    match topic {
        "storage" => storage::run(parts, report).await,
        storage::memory::CHILD => storage::memory::run_child(parts).await.map(|()| true),
        "cache" => cache::run(parts, report).await,
        "fal" => fal::run(parts, report).await,
        fal::simulator::CHILD => fal::simulator::run_child().await.map(|()| true),
        fal::caller::CHILD => fal::caller::run_child(parts).await.map(|()| true),
        cache::misses::CHILD => cache::misses::run_child(parts).await.map(|()| true),
        _ => Ok(false),
    }
}

fn keep_awake() -> Option<awake::Awake> {
    awake::Awake::start()
        .inspect_err(|error| println!("the cores may sleep, which blurs the figures: {error}"))
        .ok()
}
