//! The bot as a process: its own folder, nothing in the environment but what is given.

use std::fs::{self, File};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use core_config::{Environment, TextSource};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

/// How long the program may take to start or to end.
const PATIENCE: Duration = Duration::from_secs(40);

/// A bot that runs; it is ended when dropped.
#[derive(Debug)]
pub(crate) struct BotProgram {
    child: Child,
    folder: TempDir,
}

/// How the program ended and what it said.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    /// Returns everything that was said.
    pub(crate) fn said(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

impl BotProgram {
    /// Begins the program in a new empty folder.
    pub(crate) fn begin(variables: &[(String, String)]) -> Self {
        let folder = TempDir::new().unwrap();
        let output = |name: &str| File::create(folder.path().join(name)).unwrap();
        let kept = ["PATH", "HOME"].map(|name| (name, Environment.get(name)));
        let child = Command::new(env!("CARGO_BIN_EXE_telegram_bot"))
            .current_dir(folder.path())
            .env_clear()
            .envs(
                kept.into_iter()
                    .filter_map(|(name, text)| Some((name, text?.value))),
            )
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(output("stdout"))
            .stderr(output("stderr"))
            .spawn()
            .unwrap();
        Self { child, folder }
    }

    /// Waits until the program says that it is there.
    pub(crate) async fn is_there(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while !self.said("stdout").contains("the bot is there") {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "{ended:?}: {}", self.said("stderr"));
            assert!(Instant::now() < deadline, "{}", self.said("stderr"));
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Returns what the program has said so far.
    pub(crate) fn said(&self, stream: &str) -> String {
        let bytes = fs::read(self.folder.path().join(stream)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Asks the program to stop as an operator does, and waits for its end.
    pub(crate) async fn stop(self) -> Finished {
        self.signal("-TERM");
        self.ends().await
    }

    /// Waits for the end.
    pub(crate) async fn ends(mut self) -> Finished {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(
                Instant::now() < deadline,
                "it does not end: {}",
                self.said("stderr")
            );
            sleep(Duration::from_millis(20)).await;
        };
        self.finished(status)
    }

    pub(crate) fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(status.success());
    }

    fn finished(&self, status: ExitStatus) -> Finished {
        Finished {
            code: status.code(),
            stdout: self.said("stdout"),
            stderr: self.said("stderr"),
        }
    }
}

impl Drop for BotProgram {
    fn drop(&mut self) {
        // One that has ended is as good as ended here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
