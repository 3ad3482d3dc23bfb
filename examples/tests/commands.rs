//! The commands that the documents name are ones that cargo knows.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Returns the packages that a command without `-p` is about.
fn default_packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["metadata", "--no-deps", "--locked", "--offline"])
        .args(["--format-version", "1"])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let default = metadata["workspace_default_members"].as_array().unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let packages = packages.filter(|package| default.contains(&package["id"]));
    packages.cloned().collect()
}

/// Returns the names of their examples; two of one name could not be told apart.
fn examples() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for package in default_packages() {
        for target in package["targets"].as_array().unwrap() {
            let name = target["name"].as_str().unwrap().to_owned();
            if target["kind"][0] == "example" {
                assert!(names.insert(name), "{target}");
            }
        }
    }
    names
}

fn is_read(path: &Path) -> bool {
    let end = path.extension();
    end.is_some_and(|end| ["md", "rs", "yaml"].iter().any(|one| end == *one))
}

/// Returns everything that people read and that names commands.
fn documents() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = ["docs", "crates", "examples"]
        .map(|name| root().join(name))
        .to_vec();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if is_read(&path) {
                found.push(path);
            }
        }
    }
    found.extend(["README.md", "CONTRIBUTING.md"].map(|name| root().join(name)));
    found
}

fn named_after<'a>(start: &'a str, text: &'a str) -> impl Iterator<Item = &'a str> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let rest = text.split(start).skip(1);
    rest.filter_map(move |rest| rest.split(|c| !is_of_name(c)).next())
        .filter(|name| !name.is_empty())
}

#[test]
fn each_program_is_an_example_that_is_found_from_the_root() {
    let examples = examples();
    for name in ["check", "fal_simulator", "generate", "telegram_bot"] {
        assert!(examples.contains(name), "{name}");
    }
}

#[test]
fn every_command_of_the_documents_is_one_that_cargo_knows() {
    let (examples, packages) = (examples(), default_packages());
    let mut commands = 0;
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        let place = document.display();
        for name in named_after("cargo run --example ", &text) {
            assert!(examples.contains(name), "{place}: {name}");
            commands += 1;
        }
        for name in named_after("cargo run -p ", &text) {
            let is_there = packages.iter().any(|package| package["name"] == name);
            assert!(is_there, "{place}: {name}");
            commands += 1;
        }
    }
    assert!(commands >= 8, "{commands}");
}
