//! What the tests need on the machine; each part is installed when it is missing.

use std::path::{Path, PathBuf};

use crate::command::{Outcome, answers, run, say};

/// An S3 server that others wrote, and clients of S3 and Redis that others wrote.
const PYTHON_PACKAGES: [&str; 4] = [
    "ministack==1.5.33",
    "boto3==1.43.106",
    "s3cmd==2.4.0",
    "redis==8.1.0",
];

/// Where the tools stand that are ours alone.
#[derive(Debug)]
pub(crate) struct Tools {
    /// The folder of the programs of the private Python environment.
    programs: PathBuf,
}

impl Tools {
    /// Returns the path of a program of the private Python environment.
    pub(crate) fn python_program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }
}

/// Installs what is missing; `whole_list` includes what only the checks need.
pub(crate) fn install(whole_list: bool) -> Outcome<Tools> {
    debian_package("redis-server", "redis-server", &["--version"])?;
    debian_package("file", "file", &["--version"])?;
    debian_package("curl", "curl", &["--version"])?;
    install_nextest()?;
    if whole_list {
        cargo_tool("cargo-deny@0.20.2", &["deny", "--version"])?;
    }
    python_environment()
}

/// Installs the runner of the tests.
pub(crate) fn install_nextest() -> Outcome {
    cargo_tool("cargo-nextest@0.9.143", &["nextest", "--version"])
}

/// Installs what builds and runs the fuzz targets; libFuzzer is built from its own source in C++.
pub(crate) fn install_fuzz() -> Outcome {
    debian_package("g++", "c++", &["--version"])?;
    cargo_tool("cargo-fuzz@0.13.2", &["fuzz", "--version"])
}

fn debian_package(package: &str, program: &str, probe: &[&str]) -> Outcome {
    if answers(program, probe) {
        return Ok(());
    }
    say(&format!(
        "{program} is missing; installing the package {package}"
    ));
    run("apt-get", &["update"])?;
    run(
        "apt-get",
        &["install", "--yes", "--no-install-recommends", package],
    )
    .map_err(|reason| format!("{reason}\nplease install {program} yourself"))
}

fn cargo_tool(package: &str, probe: &[&str]) -> Outcome {
    if answers("cargo", probe) {
        return Ok(());
    }
    run("cargo", &["install", "--locked", package])
}

fn python_environment() -> Outcome<Tools> {
    let folder = workspace().join("target/xtask/python");
    let tools = Tools {
        programs: folder.join("bin"),
    };
    let python = tools.python_program("python").display().to_string();
    let programs = ["ministack", "s3cmd"].map(|name| tools.python_program(name).exists());
    if answers(&python, &["-c", "import boto3, ministack, redis, S3"]) && programs == [true; 2] {
        return Ok(tools);
    }
    if !answers("python3", &["-c", "import venv, ensurepip"]) {
        debian_package("python3-venv", "python3", &["-c", "import venv, ensurepip"])?;
    }
    run(
        "python3",
        &["-m", "venv", "--clear", &folder.display().to_string()],
    )?;
    let mut install = vec!["-m", "pip", "install", "--quiet"];
    install.extend(PYTHON_PACKAGES);
    run(&python, &install)?;
    Ok(tools)
}

/// Returns the folder of the workspace.
pub(crate) fn workspace() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own)
}
