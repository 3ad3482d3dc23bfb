//! The list that `cargo xtask test` works off.

use std::fs;

use crate::command::{Outcome, run, run_with};
use crate::secrets;
use crate::tools::workspace;

/// What is checked before anything runs: secrets, form, lints, dependencies.
pub(crate) fn before_the_tests() -> Outcome {
    secrets::scan()?;
    run("cargo", &["fmt", "--all", "--check"])?;
    // The next one reads the manifests of every platform's crates, and not from the network.
    run("cargo", &["fetch", "--locked"])?;
    run(
        "cargo",
        &["deny", "--offline", "check", "bans", "licenses", "sources"],
    )?;
    run(
        "cargo",
        &[
            "clippy",
            "--locked",
            "--workspace",
            "--all-targets",
            "--all-features",
            "--",
            "-D",
            "warnings",
        ],
    )?;
    each_feature_alone()
}

/// The benchmarks are linted with everything else, and neither built nor documented here: linting needs
/// only what the peers declare, while building them takes longer than the whole of the rest.
const WITHOUT_BENCHMARKS: [&str; 3] = ["--workspace", "--exclude", "benchmarks"];

/// All tests, with `variables` that say where the shared servers are.
pub(crate) fn tests(variables: &[(&str, String)]) -> Outcome {
    let [workspace, exclude, benchmarks] = WITHOUT_BENCHMARKS;
    run_with(
        "cargo",
        &[
            "nextest",
            "run",
            "--locked",
            workspace,
            exclude,
            benchmarks,
            "--all-features",
            "--run-ignored",
            "all",
            "--no-fail-fast",
        ],
        variables,
    )?;
    run(
        "cargo",
        &[
            "test",
            "--locked",
            "--quiet",
            "--doc",
            workspace,
            exclude,
            benchmarks,
            "--all-features",
        ],
    )
}

/// What is checked at the end: the documents, and the examples as a newcomer runs them.
pub(crate) fn after_the_tests() -> Outcome {
    let [workspace, exclude, benchmarks] = WITHOUT_BENCHMARKS;
    run_with(
        "cargo",
        &[
            "doc",
            "--locked",
            "--quiet",
            workspace,
            exclude,
            benchmarks,
            "--all-features",
            "--no-deps",
        ],
        &[("RUSTDOCFLAGS", "-D warnings".to_owned())],
    )?;
    run(
        "cargo",
        &[
            "run",
            "--locked",
            "--quiet",
            "--example",
            "generate",
            "--",
            "a lighthouse at dawn",
            "--images",
            "4",
        ],
    )
}

/// Each library without features and with each of them alone, so that none leans on another by chance.
fn each_feature_alone() -> Outcome {
    for (package, features) in workspace_features()? {
        clippy_alone(&package, None)?;
        for feature in &features {
            clippy_alone(&package, Some(feature))?;
        }
    }
    Ok(())
}

/// Returns each package below `crates` that has features, with their names, as its manifest says.
fn workspace_features() -> Outcome<Vec<(String, Vec<String>)>> {
    let unreadable = |error: std::io::Error| format!("cannot read the manifests: {error}");
    let mut found = Vec::new();
    for folder in fs::read_dir(workspace().join("crates")).map_err(unreadable)? {
        let folder = folder.map_err(unreadable)?;
        let manifest = fs::read_to_string(folder.path().join("Cargo.toml")).map_err(unreadable)?;
        let features = feature_names(&manifest);
        if !features.is_empty() {
            found.push((folder.file_name().to_string_lossy().into_owned(), features));
        }
    }
    found.sort();
    Ok(found)
}

fn feature_names(manifest: &str) -> Vec<String> {
    manifest
        .lines()
        .skip_while(|line| *line != "[features]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once(" = ").map(|(name, _)| name))
        .filter(|name| *name != "default" && !name.starts_with(['#', ' ']))
        .map(str::to_owned)
        .collect()
}

fn clippy_alone(package: &str, feature: Option<&str>) -> Outcome {
    let mut arguments = vec!["clippy", "--locked", "--quiet", "--package", package];
    if let Some(feature) = feature {
        arguments.extend(["--features", feature]);
    }
    arguments.extend(["--", "-D", "warnings"]);
    run("cargo", &arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_features_of_every_library_are_found() {
        let found = workspace_features().unwrap();
        let of = |name: &str| {
            found
                .iter()
                .find(|(package, _)| package == name)
                .unwrap()
                .1
                .join(" ")
        };
        assert_eq!(of("storage"), "fs minio s3-endpoint http testing");
        assert_eq!(of("fal-client"), "http webhook axum simulator testing");
        assert_eq!(of("records"), "sqlite");
    }
}
