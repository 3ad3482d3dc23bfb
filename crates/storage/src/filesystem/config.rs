//! The settings of the adapter.

use std::path::{Path, PathBuf};

use core_config::Reader;

/// The directory below `DATA_DIR` that holds the objects.
const BELOW: &str = "pictures";

/// Where the files are, and how safely they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilesystemSettings {
    root: PathBuf,
    fsync: bool,
}

impl FilesystemSettings {
    /// Returns settings for files below `root`, written through to the disk.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            fsync: true,
        }
    }

    /// Returns the settings with or without writing through; see
    /// [`FilesystemStore::with_fsync`](super::FilesystemStore::with_fsync).
    #[must_use]
    pub fn with_fsync(mut self, fsync: bool) -> Self {
        self.fsync = fsync;
        self
    }

    /// Returns the root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Tells whether a put returns only after its bytes are on the disk.
    pub fn fsync(&self) -> bool {
        self.fsync
    }

    /// Reads `DATA_DIR` (`./data` by default); the objects lie in `pictures` below it.
    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let directory = reader
            .text("DATA_DIR")
            .unwrap_or_else(|| "./data".to_owned());
        Some(Self::new(Path::new(&directory).join(BELOW)))
    }
}

#[cfg(test)]
mod tests {
    use core_config::MapSource;

    use super::*;

    #[test]
    fn the_root_lies_below_the_data_directory() {
        for (source, root) in [
            (
                MapSource::from([("DATA_DIR", "/srv/data")]),
                "/srv/data/pictures",
            ),
            (MapSource::from([("OTHER", "x")]), "./data/pictures"),
        ] {
            let settings = FilesystemSettings::read(&mut Reader::new(&source)).unwrap();
            assert_eq!(settings.root(), Path::new(root));
            assert!(settings.fsync());
        }
    }
}
