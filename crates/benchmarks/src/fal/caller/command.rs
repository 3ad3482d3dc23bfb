//! How each caller is started, and where FAL's own clients are found.

use std::path::PathBuf;

use core_config::{Environment, TextSource as _};
use tokio::process::Command;

use super::super::simulator::Simulator;
use super::{CHILD, Caller, ENDPOINT, PAUSE, PROMPT, WARM_JOBS};
use crate::shared::Outcome;
use crate::shared::allocator::TUNABLES;

const PYTHON_SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/fal/clients/python.py");
const NODE_SCRIPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/src/fal/clients/javascript.cjs"
);

/// Where `cargo xtask test` leaves them, from the folder of this package.
const PYTHON: &str = "../../target/xtask/python/bin/python";
const NODE_MODULES: &str = "../../target/xtask/node/node_modules";

/// The variable with the key; an argument could be read by everybody on the machine.
const KEY: &str = "SIMULATOR_KEY";

impl Caller {
    /// Returns the command that starts this caller against the simulator.
    pub(in crate::fal) fn command(self, simulator: &Simulator) -> Outcome<Command> {
        let mut command = match self {
            Self::Ours | Self::Bare => {
                let mut command = Command::new(std::env::current_exe()?);
                let jobs = self.jobs().to_string();
                command.args([CHILD, self.name(), &simulator.queue, &jobs]);
                command.env_remove(TUNABLES);
                command
            }
            Self::Python => script(&found("OFFICIAL_FAL_PYTHON", PYTHON)?, PYTHON_SCRIPT),
            Self::JavaScript => {
                let mut command = script(&PathBuf::from("node"), NODE_SCRIPT);
                let modules = found("OFFICIAL_FAL_NODE_MODULES", NODE_MODULES)?;
                command.env("NODE_PATH", modules);
                command
            }
        };
        command
            .env(KEY, &simulator.key)
            .env("QUEUE", &simulator.queue)
            .env("ENDPOINT", ENDPOINT)
            .env("PROMPT", PROMPT)
            .env("PAUSE_MS", PAUSE.as_millis().to_string())
            .env("WARM_JOBS", WARM_JOBS.to_string())
            .env("JOBS", self.jobs().to_string());
        Ok(command)
    }
}

/// Returns the command of a script; neither proxies nor settings of this machine reach it.
fn script(program: &PathBuf, script: &str) -> Command {
    let mut command = Command::new(program);
    command.arg(script).env_clear();
    if let Some(path) = Environment.get("PATH") {
        command.env("PATH", path.value);
    }
    command
}

/// Returns what the variable names, or what the chores of this workspace have installed.
fn found(variable: &str, installed: &str) -> Outcome<PathBuf> {
    if let Some(named) = Environment.get(variable) {
        return Ok(named.value.into());
    }
    let installed = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(installed);
    if installed.exists() {
        return Ok(installed);
    }
    Err(format!("run `cargo xtask test --quick` once, which installs it, or set {variable}").into())
}

/// Returns the key that this process was started with.
pub(super) fn key() -> Outcome<String> {
    let key = Environment.get(KEY);
    Ok(key.ok_or("no key was handed over")?.value)
}
