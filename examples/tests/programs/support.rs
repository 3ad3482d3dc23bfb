//! What the tests of the programs share: running a program, looking at what it left behind.

mod private_s3;
mod program;

pub(crate) use private_s3::PrivateS3;
pub(crate) use program::{Finished, Program};

use std::path::{Path, PathBuf};

use core_config::{Environment, TextSource};

/// Returns what `cargo xtask test` provides under `name`.
///
/// # Panics
///
/// Says what to do when it is missing.
pub(crate) fn provided(name: &str) -> String {
    match Environment.get(name) {
        Some(text) => text.value,
        None => panic!("{name} is not set: run these tests through `cargo xtask test --quick`"),
    }
}

/// Returns all files below `folder`, sorted.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}
