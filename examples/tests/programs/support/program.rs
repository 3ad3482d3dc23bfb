//! Runs an example as a person would: its own folder, nothing in the environment but what is given.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use core_config::{Environment, TextSource};
use tempfile::TempDir;

/// An example to be run in an empty folder.
#[derive(Debug)]
pub(crate) struct Program {
    path: PathBuf,
    folder: TempDir,
    arguments: Vec<String>,
    variables: Vec<(String, String)>,
}

/// How a program ended and what it said.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    /// Returns how many warnings and errors the program logged.
    pub(crate) fn warnings(&self) -> usize {
        self.stderr
            .lines()
            .filter(|line| line.contains("WARN") || line.contains("ERROR"))
            .count()
    }
}

impl Program {
    /// Returns the example `name`, to be run in a new empty folder.
    pub(crate) fn example(name: &str) -> Self {
        // A test stands in `deps`, the examples beside that folder.
        let own = std::env::current_exe().unwrap();
        let path = own.ancestors().nth(2).unwrap().join("examples").join(name);
        assert!(
            path.exists(),
            "{} is missing: build the examples first",
            path.display()
        );
        Self {
            path,
            folder: TempDir::new().unwrap(),
            arguments: Vec::new(),
            variables: Vec::new(),
        }
    }

    pub(crate) fn arguments(mut self, arguments: &[&str]) -> Self {
        self.arguments
            .extend(arguments.iter().map(|text| (*text).to_owned()));
        self
    }

    pub(crate) fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// Returns the folder that the program runs in.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self) -> Finished {
        finished(&self.command().output().unwrap())
    }

    /// Starts the program.
    pub(crate) fn start(&self) -> Running {
        let mut child = self
            .command()
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Running {
            child: Some(child),
            stdout,
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        let kept = ["PATH", "HOME"].map(|name| (name, Environment.get(name)));
        command
            .args(&self.arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .envs(
                kept.into_iter()
                    .filter_map(|(name, text)| Some((name, text?.value))),
            )
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }
}

/// A program that goes on; it is ended when dropped.
#[derive(Debug)]
pub(crate) struct Running {
    child: Option<Child>,
    stdout: BufReader<ChildStdout>,
}

impl Running {
    /// Reads what the program says until a line holds `text`, and returns all lines so far.
    pub(crate) fn read_until(&mut self, text: &str) -> String {
        let mut said = String::new();
        loop {
            let mut line = String::new();
            let read = self.stdout.read_line(&mut line).unwrap();
            assert!(read > 0, "ended before saying {text:?}:\n{said}");
            said.push_str(&line);
            if line.contains(text) {
                return said;
            }
        }
    }

    /// Waits for the end.
    pub(crate) fn wait(mut self) -> Finished {
        let mut child = self.child.take().unwrap();
        let mut stdout = String::new();
        std::io::Read::read_to_string(&mut self.stdout, &mut stdout).unwrap();
        child.stdout = None;
        let mut finished = finished(&child.wait_with_output().unwrap());
        finished.stdout = stdout;
        finished
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn finished(output: &Output) -> Finished {
    Finished {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
