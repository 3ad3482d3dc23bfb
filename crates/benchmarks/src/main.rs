//! Peers and floors, side by side in one run: `cargo run --release -p benchmarks -- save --check`.
//!
//! Read the ratios: absolute times mean little on a shared machine.
//! With `--check` the program ends with code 1 when a ratio misses its aim.

#![expect(clippy::print_stdout, reason = "a benchmark reports on the terminal")]

mod save;

use std::error::Error;
use std::process::ExitCode;

const USAGE: &str = "\
save    four pictures of 2 MB from a source that answers after 200 ms: ours, one after the other, one alone
";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let check = arguments.iter().any(|argument| argument == "--check");
    let Some("save") = arguments.first().map(String::as_str) else {
        println!("{USAGE}");
        return ExitCode::from(2);
    };
    match save::run().await {
        Ok(reached) if reached || !check => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => failed(&*error),
    }
}

fn failed(error: &dyn Error) -> ExitCode {
    println!("the benchmark could not be run: {error}");
    ExitCode::FAILURE
}
