//! A FAL of one's own on loopback, for programs in any language: `cargo run --example fal_simulator`.
//!
//! It prints its addresses and a key that is new with each start, as settings that can be pasted into a shell, and
//! goes on until Ctrl-C.
//! `docs/SIMULATOR.md` says how clients are pointed at it, and what can be made to go wrong.
//! Exit codes: 0 done, 2 bad settings, 4 a port cannot be had.

#![expect(clippy::print_stdout, reason = "a program talks on the terminal")]

#[expect(dead_code, reason = "this program draws no pictures of its own")]
mod support;

use std::io;
use std::process::ExitCode;

use core_config::{Environment, Reader};
use fal_client::simulator::{FalSimulator, FalSimulatorBuilder};

use support::failure::Failure;

/// The exit code for a port that cannot be had.
const NO_PORT: u8 = 4;

/// The start of the names that are ours; a name with it that nobody reads is reported.
const OUR_PREFIX: &str = "SIMULATOR_";

#[tokio::main]
async fn main() -> ExitCode {
    support::log_warnings();
    let mut reader = Reader::new(&Environment);
    let builder = FalSimulatorBuilder::read(&mut reader);
    for (name, nearest) in reader.unread(&[OUR_PREFIX]) {
        match nearest {
            Some(nearest) => println!("setting {name} is unknown; is {nearest} meant?"),
            None => println!("setting {name} is unknown"),
        }
    }
    if let Err(problems) = reader.finish() {
        return Failure::from(problems).report();
    }
    match serve(builder).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => no_port(&error),
    }
}

async fn serve(builder: FalSimulatorBuilder) -> io::Result<()> {
    let simulator = builder.start().await?;
    introduce(&simulator);
    support::until_interrupted().await;
    simulator.stop().await;
    Ok(())
}

/// Prints the addresses and the key, under the names that our own programs read.
fn introduce(simulator: &FalSimulator) {
    println!("export FAL_KEY={}", simulator.key().expose());
    println!("export FAL_QUEUE_URL={}", simulator.queue_url());
    println!("export FAL_REST_URL={}", simulator.rest_url());
    println!("export FAL_PLATFORM_URL={}", simulator.platform_url());
    println!("export FAL_MEDIA_ORIGINS={}", simulator.media_url());
    println!("# direct runs: {}", simulator.run_url());
    println!("# webhooks are for the account {}", simulator.user_id());
    println!("# serving until Ctrl-C");
}

#[expect(clippy::print_stderr, reason = "a program talks on the terminal")]
fn no_port(error: &io::Error) -> ExitCode {
    eprintln!("the simulator cannot start: {error}");
    ExitCode::from(NO_PORT)
}
