//! A folder of one's own for servers that insist on writing.

use std::fs;
use std::path::{Path, PathBuf};

/// A new folder, removed with all that is in it when dropped.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Self {
        let name = format!("rust-cache-test-{:016x}", fastrand::u64(..));
        let path = std::env::temp_dir().join(name);
        if let Err(error) = fs::create_dir(&path) {
            panic!("{} cannot be made: {error}", path.display());
        }
        Self(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left in the folder of temporary files does no harm.
        let _ = fs::remove_dir_all(&self.0);
    }
}
