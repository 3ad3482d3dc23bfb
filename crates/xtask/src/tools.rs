//! What the tests need on the machine; each part is installed when it is missing.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::command::{Outcome, answers, run, say};

/// An S3 server that others wrote, and clients of S3, Redis and FAL that others wrote.
const PYTHON_PACKAGES: [&str; 5] = [
    "ministack==1.5.33",
    "boto3==1.43.106",
    "s3cmd==2.4.0",
    "redis==8.1.0",
    "fal-client==1.0.3",
];

/// Where the versions of what is installed for Node are kept.
const NODE_MANIFESTS: &str = "crates/fal-client/tests/official";

/// Where the tools stand that are ours alone.
#[derive(Debug)]
pub(crate) struct Tools {
    /// The folder of the programs of the private Python environment.
    programs: PathBuf,
    /// The folder of the packages that are installed for Node.
    pub(crate) node_modules: PathBuf,
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
    debian_package("nodejs", "node", &["--version"])?;
    debian_package("npm", "npm", &["--version"])?;
    install_nextest()?;
    if whole_list {
        cargo_tool("cargo-deny@0.20.2", &["deny", "--version"])?;
    }
    Ok(Tools {
        node_modules: node_modules()?,
        programs: python_environment()?,
    })
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

/// Returns the folder of the programs of the private Python environment.
fn python_environment() -> Outcome<PathBuf> {
    let folder = workspace().join("target/xtask/python");
    let programs = folder.join("bin");
    let python = programs.join("python").display().to_string();
    let imports = "import boto3, fal_client, ministack, redis, S3";
    let are_there = ["ministack", "s3cmd"].map(|name| programs.join(name).exists());
    if answers(&python, &["-c", imports]) && are_there == [true; 2] {
        return Ok(programs);
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
    Ok(programs)
}

/// Returns the folder of the packages that are installed for Node, by the committed lock file alone.
fn node_modules() -> Outcome<PathBuf> {
    let folder = workspace().join("target/xtask/node");
    let modules = folder.join("node_modules");
    let are_written = ["package.json", "package-lock.json"].map(|name| brought(name, &folder));
    let client = modules.join("@fal-ai/client").display().to_string();
    let load = format!("require({client:?})");
    // The lock file is written before what it asks for is there, so both count.
    if are_written == [Ok(false), Ok(false)] && answers("node", &["-e", &load]) {
        return Ok(modules);
    }
    are_written.into_iter().collect::<Outcome<Vec<_>>>()?;
    let prefix = folder.display().to_string();
    run(
        "npm",
        &["ci", "--prefix", &prefix, "--ignore-scripts", "--silent"],
    )?;
    Ok(modules)
}

/// Brings a committed manifest into `folder`, and tells whether it was another one there before.
fn brought(name: &str, folder: &Path) -> Outcome<bool> {
    let problem =
        |error: io::Error| format!("cannot bring {name} to {}: {error}", folder.display());
    let committed = fs::read(workspace().join(NODE_MANIFESTS).join(name)).map_err(problem)?;
    if fs::read(folder.join(name)).is_ok_and(|there| there == committed) {
        return Ok(false);
    }
    fs::create_dir_all(folder).map_err(problem)?;
    fs::write(folder.join(name), committed).map_err(problem)?;
    Ok(true)
}

/// Returns the folder of the workspace.
pub(crate) fn workspace() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own)
}
