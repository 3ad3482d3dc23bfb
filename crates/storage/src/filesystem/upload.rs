//! A body on its way in: a file of its own until it is whole, and nothing if it never gets there.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bytes::Bytes;

use super::disk::Disk;
use super::record::Stamp;
use crate::intake::Intake;
use crate::object::Sha256Digest;

/// The file of a body that is not whole yet; dropping it removes the file.
#[derive(Debug)]
pub(super) struct Upload {
    file: File,
    path: TemporaryPath,
    pub(super) intake: Intake,
}

impl Upload {
    pub(super) fn begin(disk: &Disk, digest: Option<Sha256Digest>) -> io::Result<Self> {
        let (file, path) = temporary_file(disk)?;
        Ok(Self {
            file,
            path,
            intake: Intake::new(digest),
        })
    }

    pub(super) fn write(&mut self, pieces: &[Bytes]) -> io::Result<()> {
        for piece in pieces {
            self.intake.feed(piece);
            self.file.write_all(piece)?;
        }
        Ok(())
    }

    /// Ends the writing and dates the file.
    pub(super) fn seal(self, disk: &Disk, at: SystemTime) -> io::Result<Sealed> {
        let stamp = date(&self.file, disk, at)?;
        Ok(Sealed {
            file: self.file,
            path: self.path,
            stamp,
        })
    }
}

/// The file of a whole body with its stamp, ready to be given its name.
#[derive(Debug)]
pub(super) struct Sealed {
    file: File,
    path: TemporaryPath,
    pub(super) stamp: Stamp,
}

impl Sealed {
    /// Dates the file once more.
    pub(super) fn date(&mut self, disk: &Disk, at: SystemTime) -> io::Result<()> {
        self.stamp = date(&self.file, disk, at)?;
        Ok(())
    }

    pub(super) fn path(&self) -> &Path {
        &self.path.0
    }
}

/// Writes `bytes` into a file of its own, which vanishes unless it is renamed.
pub(super) fn written(disk: &Disk, bytes: &[u8]) -> io::Result<TemporaryPath> {
    let (mut file, path) = temporary_file(disk)?;
    file.write_all(bytes)?;
    if disk.fsync {
        file.sync_all()?;
    }
    Ok(path)
}

/// A path below `.tmp`; whatever stands there is removed at the end.
#[derive(Debug)]
pub(super) struct TemporaryPath(PathBuf);

impl TemporaryPath {
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TemporaryPath {
    fn drop(&mut self) {
        // After a rename there is nothing left; what cannot be removed now goes at a later opening.
        drop(fs::remove_file(&self.0));
    }
}

fn temporary_file(disk: &Disk) -> io::Result<(File, TemporaryPath)> {
    let name = format!("{:x}-{:016x}", std::process::id(), fastrand::u64(..));
    let path = disk.layout.temporary().join(name);
    let file = File::create_new(&path)?;
    Ok((file, TemporaryPath(path)))
}

/// Sets the time and returns what the file system made of it, since some are coarse.
fn date(file: &File, disk: &Disk, at: SystemTime) -> io::Result<Stamp> {
    file.set_modified(at)?;
    if disk.fsync {
        file.sync_all()?;
    }
    Stamp::of(&file.metadata()?)
}
