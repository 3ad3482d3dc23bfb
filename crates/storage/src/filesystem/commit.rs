//! The steps that change what is visible: a whole body gets its name, an object goes.
//!
//! They run under the lock of the object, so the order of the steps is all that a crash can meet.
//! A put writes the metadata first (of the old object too) and then names the bytes.
//! A delete removes the bytes first and then the metadata.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::classify;
use super::disk::{Disk, Found};
use super::record::{Record, Records, marked};
use super::upload::{Sealed, Upload, written};
use crate::error::{Result, StorageError, StorageErrorKind};
use crate::name::ObjectRef;
use crate::object::PutReceipt;
use crate::options::{PutMode, PutOptions};

impl Disk {
    /// Refuses a put that cannot succeed, before its body is read.
    pub(super) fn check_put(&self, object: &ObjectRef, mode: PutMode) -> Result<()> {
        self.check_bucket("put", &object.bucket)?;
        match (mode, self.look("put", object)?) {
            (PutMode::CreateOnly, Found::Bytes(_)) => Err(exists(object)),
            _ => Ok(()),
        }
    }

    /// Makes the whole body visible as `object`.
    pub(super) fn commit(
        &self,
        object: &ObjectRef,
        mut upload: Upload,
        options: &PutOptions,
        now: DateTime<Utc>,
    ) -> Result<PutReceipt> {
        let failed = |cause| classify::error("put", object, cause);
        let intake = std::mem::replace(&mut upload.intake, crate::intake::Intake::new(None));
        let size_bytes = intake.finish(object)?;
        let mut sealed = upload.seal(self, marked(now)).map_err(failed)?;
        let _lock = self.lock(object).map_err(failed)?;
        self.check_put(object, options.mode)?;
        let before = self.record_of(object, &mut sealed, now)?;
        let after = Record::new(sealed.stamp, options);
        self.write_records(object, before.into_iter().chain([after]))
            .map_err(failed)?;
        self.name(object, sealed.path(), options.mode)?;
        Ok(PutReceipt {
            size_bytes,
            etag: Some(sealed.stamp.etag()),
        })
    }

    /// Removes the bytes and the metadata of `object`.
    pub(super) fn delete(&self, operation: &'static str, object: &ObjectRef) -> Result<()> {
        let failed = |cause| classify::error(operation, object, cause);
        self.check_bucket(operation, &object.bucket)?;
        let _lock = self.lock(object).map_err(failed)?;
        if let Found::Bytes(_) = self.look(operation, object)? {
            let data = self.layout.data(object);
            remove(&data).map_err(failed)?;
            self.prune(&self.layout.bucket(&object.bucket), &data)
                .map_err(failed)?;
        }
        // Also without bytes: an earlier delete may have been cut short here.
        self.remove_meta(object).map_err(failed)
    }

    /// Removes the metadata of `object`, whose lock is held and whose bytes are gone.
    pub(super) fn remove_meta(&self, object: &ObjectRef) -> io::Result<()> {
        let meta = self.layout.meta(object);
        if meta.symlink_metadata().is_err() {
            return Ok(());
        }
        remove(&meta)?;
        self.prune(&self.layout.meta_bucket(&object.bucket), &meta)
    }

    /// Returns the record of the object that is being replaced, and sees to it that the new bytes have
    /// another stamp.
    fn record_of(
        &self,
        object: &ObjectRef,
        sealed: &mut Sealed,
        now: DateTime<Utc>,
    ) -> Result<Option<Record>> {
        let failed = |cause| classify::error("put", object, cause);
        let Found::Bytes(old) = self.look("put", object)? else {
            return Ok(None);
        };
        // Random fractions hardly ever meet, but a coarse file system drops them: then seconds tell.
        for seconds in 0..10 {
            if sealed.stamp != old {
                break;
            }
            let at = marked(now) + Duration::from_secs(seconds);
            sealed.date(self, at).map_err(failed)?;
        }
        let known = self.records(object).ok().flatten();
        Ok(known.and_then(|records| records.find(old).cloned()))
    }

    fn write_records(
        &self,
        object: &ObjectRef,
        records: impl IntoIterator<Item = Record>,
    ) -> io::Result<()> {
        let text = serde_json::to_vec(&Records::new(object, records))?;
        let temporary = written(self, &text)?;
        let meta = self.layout.meta(object);
        // The directory `.meta` was made at opening; all below it is made here.
        let base = self.layout.root().join(".meta");
        self.place(&base, &meta, || fs::rename(temporary.path(), &meta))
    }

    fn name(&self, object: &ObjectRef, from: &Path, mode: PutMode) -> Result<()> {
        let data = self.layout.data(object);
        let base = self.layout.bucket(&object.bucket);
        let named = self.place(&base, &data, || match mode {
            PutMode::Overwrite => fs::rename(from, &data),
            PutMode::CreateOnly => name_exclusively(from, &data),
        });
        named.map_err(|cause| match cause.kind() {
            io::ErrorKind::AlreadyExists => exists(object),
            io::ErrorKind::NotFound => {
                StorageError::new(StorageErrorKind::BucketNotFound, "put", object)
                    .with_source(cause)
            }
            _ => classify::error("put", object, cause),
        })
    }
}

/// Gives the file a name that must be free, as one step of the file system.
///
/// The lock already keeps other users of this adapter out; the link keeps out everybody else too.
/// Where there are no links the lock must do.
fn name_exclusively(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Err(cause) if classify::is_without_links(&cause) => {
            if to.symlink_metadata().is_ok() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            fs::rename(from, to)
        }
        other => other,
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(cause) if classify::is_absent(&cause) => Ok(()),
        other => other,
    }
}

fn exists(object: &ObjectRef) -> StorageError {
    StorageError::new(StorageErrorKind::AlreadyExists, "put", object)
}
