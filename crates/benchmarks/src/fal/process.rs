//! A process that is told to go on, line by line.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::usage::CpuTime;
use crate::shared::Outcome;

/// A process and the two ends of what is said; it is stopped when this is dropped.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts the command with a pipe on both sides.
    pub(super) fn start(command: &mut Command) -> Outcome<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let input = child.stdin.take().ok_or("the child has no input")?;
        let output = child.stdout.take().ok_or("the child has no output")?;
        Ok(Self {
            child,
            input,
            output: BufReader::new(output).lines(),
        })
    }

    /// Returns the next line that the process says.
    pub(super) async fn line(&mut self) -> Outcome<String> {
        let line = self.output.next_line().await?;
        line.ok_or_else(|| "the child ended before its time".into())
    }

    /// Tells the process to go on, and returns what it says next.
    pub(super) async fn go_on(&mut self) -> Outcome<String> {
        self.input.write_all(b"go\n").await?;
        self.line().await
    }

    /// Returns the CPU that the process has used so far.
    pub(super) fn used(&self) -> Outcome<CpuTime> {
        let id = self.child.id().ok_or("the child has ended")?;
        CpuTime::of(id)
    }
}

/// Says a line to the process that started this one, and waits until it is told to go on.
///
/// Returns whether it is to; the end of the input is the end of the work.
pub(super) async fn say_and_wait(line: &str) -> Outcome<bool> {
    println!("{line}");
    let mut word = String::new();
    let read = BufReader::new(tokio::io::stdin())
        .read_line(&mut word)
        .await?;
    Ok(read > 0)
}
