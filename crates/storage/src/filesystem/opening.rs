//! Opening a root: its directories, its layout file, and what an earlier run left behind.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::classify;
use super::layout::{Layout, Spelling};
use crate::error::{Result, StorageError, StorageErrorKind};

/// The version of the layout that this code reads and writes.
const VERSION: u32 = 1;

/// How old a left-over body must be before it is removed: no put takes a day.
const LEFT_OVER: Duration = Duration::from_hours(24);

/// What the layout file says.
#[derive(Debug, Serialize, Deserialize)]
struct Marker {
    version: u32,
    folded: bool,
}

/// Makes what is missing below `root` and returns its layout.
pub(super) fn open(root: &Path, now: DateTime<Utc>) -> Result<Layout> {
    let subject = root.display();
    let failed = |cause| classify::error("open", &subject, cause);
    make_root(root).map_err(failed)?;
    let root = fs::canonicalize(root).map_err(failed)?;
    for inner in [".tmp", ".meta", ".locks"] {
        make_real_directory(&root.join(inner)).map_err(failed)?;
    }
    let found = probe(&root.join(".tmp")).map_err(failed)?;
    let spelling = agree(&root, found)?;
    sync_names_in(&root).map_err(failed)?;
    let layout = Layout::new(root, spelling);
    remove_left_overs(&layout.temporary(), now.into()).map_err(failed)?;
    Ok(layout)
}

/// Makes `root` and what is missing above it, with their names on the disk.
fn make_root(root: &Path) -> io::Result<()> {
    let missing = root.ancestors().take_while(|path| !path.exists()).count();
    fs::create_dir_all(root)?;
    let root = fs::canonicalize(root)?;
    for parent in root.ancestors().skip(1).take(missing) {
        sync_names_in(parent)?;
    }
    Ok(())
}

fn sync_names_in(directory: &Path) -> io::Result<()> {
    if cfg!(unix) {
        return fs::File::open(directory)?.sync_all();
    }
    Ok(())
}

/// Makes `path` unless it is there; a symbolic link is refused, since it leads who knows where.
fn make_real_directory(path: &Path) -> io::Result<()> {
    match fs::create_dir(path) {
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {
            if fs::symlink_metadata(path)?.is_dir() {
                Ok(())
            } else {
                Err(io::ErrorKind::NotADirectory.into())
            }
        }
        other => other,
    }
}

/// Finds out whether the file system keeps names apart that differ in case or composition only.
fn probe(directory: &Path) -> io::Result<Spelling> {
    let mark = format!("{:016x}", fastrand::u64(..));
    let probe = directory.join(format!("probe-{mark}-\u{e9}"));
    if let Err(cause) = fs::write(&probe, "") {
        // Some file systems refuse what is not ASCII; their names are folded to be safe.
        return match cause.kind() {
            io::ErrorKind::InvalidFilename | io::ErrorKind::InvalidInput => Ok(Spelling::Folded),
            _ => Err(cause),
        };
    }
    let others = [
        format!("PROBE-{}-\u{e9}", mark.to_uppercase()),
        format!("probe-{mark}-e\u{301}"),
    ];
    let folded = others.iter().any(|other| directory.join(other).exists());
    fs::remove_file(&probe)?;
    Ok(if folded {
        Spelling::Folded
    } else {
        Spelling::Exact
    })
}

/// Returns the spelling that the root was made with, or makes its marker.
fn agree(root: &Path, found: Spelling) -> Result<Spelling> {
    let path = root.join(".layout");
    let misfit = |detail: &str| {
        StorageError::new(StorageErrorKind::Config, "open", root.display()).with_detail(detail)
    };
    let failed = |cause| classify::error("open", root.display(), cause);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(cause) if classify::is_absent(&cause) => {
            write_marker(root, &path, found).map_err(failed)?;
            return Ok(found);
        }
        Err(cause) => return Err(failed(cause)),
    };
    let marker: Marker = serde_json::from_slice(&text)
        .map_err(|cause| misfit("its layout file cannot be read").with_source(cause))?;
    match (marker.version, marker.folded, found) {
        (VERSION, true, _) => Ok(Spelling::Folded),
        (VERSION, false, Spelling::Exact) => Ok(Spelling::Exact),
        (VERSION, false, Spelling::Folded) => Err(misfit(
            "it was made where names differ by case, and this file system does not tell them apart",
        )),
        _ => Err(misfit("its layout has another version")),
    }
}

/// Writes the marker whole or not at all; whoever else opens the root at the same time writes the same.
fn write_marker(root: &Path, path: &Path, spelling: Spelling) -> io::Result<()> {
    let marker = Marker {
        version: VERSION,
        folded: spelling == Spelling::Folded,
    };
    let temporary = root
        .join(".tmp")
        .join(format!("layout-{:016x}", fastrand::u64(..)));
    let mut file = fs::File::create_new(&temporary)?;
    file.write_all(&serde_json::to_vec(&marker)?)?;
    file.sync_all()?;
    fs::rename(&temporary, path)
}

/// Removes bodies that a crash has left, and spares those that another process is writing right now.
fn remove_left_overs(directory: &Path, now: SystemTime) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        // A file may vanish between the two steps: another process has finished or cleaned it.
        let Ok(modified) = entry.metadata().and_then(|file| file.modified()) else {
            continue;
        };
        let age = now.duration_since(modified).unwrap_or_default();
        if age > LEFT_OVER {
            match fs::remove_file(entry.path()) {
                Err(cause) if !classify::is_absent(&cause) => return Err(cause),
                _ => {}
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn now() -> DateTime<Utc> {
        SystemTime::now().into()
    }

    #[test]
    fn old_left_overs_go_and_young_ones_stay() {
        let root = tempfile::tempdir().unwrap();
        open(root.path(), now()).unwrap();
        let left = root.path().join(".tmp/left");
        fs::write(&left, "x").unwrap();
        open(root.path(), now() + TimeDelta::hours(23)).unwrap();
        assert!(left.exists());
        open(root.path(), now() + TimeDelta::hours(25)).unwrap();
        assert!(!left.exists());
    }

    #[test]
    fn the_spelling_of_a_root_stays() {
        let root = tempfile::tempdir().unwrap();
        open(root.path(), now()).unwrap();
        let real = fs::canonicalize(root.path()).unwrap();
        assert_eq!(agree(&real, Spelling::Exact).unwrap(), Spelling::Exact);
        let error = agree(&real, Spelling::Folded).unwrap_err();
        assert_eq!(error.kind(), StorageErrorKind::Config);
        fs::write(real.join(".layout"), r#"{"version":1,"folded":true}"#).unwrap();
        assert_eq!(agree(&real, Spelling::Exact).unwrap(), Spelling::Folded);
        for other in [r#"{"version":2,"folded":true}"#, "{"] {
            fs::write(real.join(".layout"), other).unwrap();
            let error = agree(&real, Spelling::Exact).unwrap_err();
            assert_eq!(error.kind(), StorageErrorKind::Config);
        }
    }

    #[test]
    #[cfg(unix)]
    fn inner_directories_must_be_real() {
        let root = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), root.path().join(".tmp")).unwrap();
        assert!(open(root.path(), now()).is_err());
    }
}
