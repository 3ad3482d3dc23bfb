//! Running other programs, each announced by a line.

use std::ffi::OsStr;
use std::process::{Command, Stdio};
use std::time::SystemTime;

/// `Ok`, or the reason for stopping.
pub(crate) type Outcome<T = ()> = Result<T, String>;

/// Prints a line; chores are the one place that talks on the terminal.
#[expect(clippy::print_stderr, reason = "a chore reports on the terminal")]
pub(crate) fn say(line: &str) {
    eprintln!("{line}");
}

/// Runs `program` with `arguments` and waits; its output goes to the terminal.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Outcome {
    run_with(program, arguments, &[])
}

/// Runs `program` with `arguments` and additional environment `variables` and waits.
pub(crate) fn run_with(program: &str, arguments: &[&str], variables: &[(&str, String)]) -> Outcome {
    say(&format!("\n==> {program} {}", arguments.join(" ")));
    let start = SystemTime::now();
    let mut command = Command::new(program);
    // A person who has set up the real services must not pay for a test run.
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_setting(name)) {
        command.env_remove(name);
    }
    let status = command
        .args(arguments)
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("cannot run {program}: {error}"))?;
    let seconds = start.elapsed().map_or(0, |time| time.as_secs());
    if status.success() {
        say(&format!("    done in {seconds} s"));
        return Ok(());
    }
    Err(format!(
        "{program} {} failed: {status}",
        arguments.join(" ")
    ))
}

/// Tells whether an environment variable is a setting of the libraries; `MINIO_TEST_…` is for the tests.
fn is_setting(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let starts = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
    match &*name {
        "APP_PROFILE" | "DATA_DIR" | "DATABASE_URL" => true,
        _ => starts(&["FAL_", "IMAGEN4_", "MINIO_", "REDIS_"]) && !starts(&["MINIO_TEST_"]),
    }
}

/// Tells whether `program` answers to `arguments`, without showing what it prints.
pub(crate) fn answers(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
