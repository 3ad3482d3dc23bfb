//! Opening an object with the metadata that belongs to its bytes, and reading it piece by piece.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use bytes::Bytes;
use futures_util::stream;
use tokio::task;

use super::classify;
use super::disk::{Disk, Found};
use super::record::{Records, Stamp, info, unreadable};
use crate::body::Body;
use crate::error::{Result, StorageError, StorageErrorKind};
use crate::name::ObjectRef;
use crate::object::{Object, ObjectInfo};
use crate::options::GetOptions;

/// How many bytes are read at once.
const BLOCK: u64 = 256 << 10;

impl Disk {
    pub(super) fn head(&self, object: &ObjectRef) -> Result<ObjectInfo> {
        self.open("head", object).map(|(_, info)| info)
    }

    /// Opens the part that is asked for; a short one is read at once.
    pub(super) fn get(&self, object: &ObjectRef, options: GetOptions) -> Result<Object> {
        let (mut file, info) = self.open("get", object)?;
        let range = options.range.within(info.size_bytes).ok_or_else(|| {
            StorageError::new(StorageErrorKind::RangeNotSatisfiable, "get", object)
                .with_detail(format!("it has {} bytes", info.size_bytes))
        })?;
        let failed = |cause| classify::error("get", object, cause);
        file.seek(SeekFrom::Start(range.start)).map_err(failed)?;
        let length = range.end - range.start;
        let body = if length <= BLOCK {
            read_block(&file, length).map_err(failed)?.into()
        } else {
            read_on(file, range.clone(), object.clone())
        };
        Ok(Object { info, range, body })
    }

    /// Returns what is known of `object`, or `None` when nothing is.
    pub(super) fn records(&self, object: &ObjectRef) -> Result<Option<Records>> {
        match fs::read(self.layout.meta(object)) {
            Ok(text) => serde_json::from_slice(&text)
                .map(Some)
                .map_err(|cause| unreadable(object, cause)),
            Err(cause) if classify::is_absent(&cause) => Ok(None),
            Err(cause) => Err(classify::error("read", object, cause)),
        }
    }

    fn open(&self, operation: &'static str, object: &ObjectRef) -> Result<(File, ObjectInfo)> {
        let (file, stamp) = self.open_bytes(operation, object)?;
        if let Some(record) = self
            .records(object)?
            .and_then(|all| all.find(stamp).cloned())
        {
            return Ok((file, info(stamp, Some(&record), object)?));
        }
        // A writer came between the two reads, or nobody knows these bytes. With writers kept out it
        // shows which of the two it is.
        let _lock = self
            .lock_shared(object)
            .map_err(|cause| classify::error(operation, object, cause))?;
        let (file, stamp) = self.open_bytes(operation, object)?;
        let records = self.records(object)?;
        let record = records.as_ref().and_then(|all| all.find(stamp));
        Ok((file, info(stamp, record, object)?))
    }

    fn open_bytes(&self, operation: &'static str, object: &ObjectRef) -> Result<(File, Stamp)> {
        let failed = |cause| classify::error(operation, object, cause);
        let missing = || StorageError::new(StorageErrorKind::NotFound, operation, object);
        if self.look(operation, object)? == Found::Nothing {
            self.check_bucket(operation, &object.bucket)?;
            return Err(missing());
        }
        let file = match File::open(self.layout.data(object)) {
            Ok(file) => file,
            Err(cause) if classify::is_absent(&cause) => return Err(missing()),
            Err(cause) => return Err(failed(cause)),
        };
        let stamp = file.metadata().and_then(|file| Stamp::of(&file));
        Ok((file, stamp.map_err(failed)?))
    }
}

/// Returns a body that reads block after block, each on a thread for blocking work.
fn read_on(file: File, range: Range<u64>, object: ObjectRef) -> Body {
    let length = range.end - range.start;
    let state = Some((file, length, object));
    let blocks = stream::unfold(state, |state| async move {
        let (file, left, object) = state.filter(|(_, left, _)| *left > 0)?;
        let read = task::spawn_blocking(move || {
            let block = read_block(&file, left.min(BLOCK));
            (file, block)
        });
        match read.await {
            Ok((file, Ok(block))) => {
                let left = left - block.len() as u64;
                Some((Ok(block), Some((file, left, object))))
            }
            Ok((_, Err(cause))) => Some((Err(classify::error("get", &object, cause)), None)),
            Err(cause) => Some((Err(super::store::broken("get", &object, cause)), None)),
        }
    });
    Body::from_stream(blocks, Some(length))
}

/// Reads exactly `length` bytes from where the file stands.
fn read_block(file: &File, length: u64) -> io::Result<Bytes> {
    let mut block = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    file.take(length).read_to_end(&mut block)?;
    if (block.len() as u64) < length {
        // Somebody has cut the file while it was being read.
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(block.into())
}
