//! The maps behind the memory adapter; every method is one step under one lock.

use std::collections::BTreeMap;
use std::ops::Bound;

use bytes::Bytes;

use crate::error::{Result, StorageError, StorageErrorKind};
use crate::name::{BucketName, ObjectKey, ObjectRef};
use crate::object::{BucketOutcome, ListEntry, ListPage, ObjectInfo};
use crate::options::{ListOptions, PutMode};
use crate::paging;

/// An object with its bytes, which are shared and not copied.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) info: ObjectInfo,
    pub(super) bytes: Bytes,
}

/// The objects of one bucket by the text of their key, with the key itself.
type Objects = BTreeMap<String, (ObjectKey, Stored)>;

/// All buckets.
#[derive(Debug, Default)]
pub(super) struct Buckets(BTreeMap<BucketName, Objects>);

impl Buckets {
    pub(super) fn ensure(&mut self, bucket: &BucketName) -> BucketOutcome {
        if self.0.contains_key(bucket) {
            return BucketOutcome::AlreadyThere;
        }
        self.0.insert(bucket.clone(), Objects::new());
        BucketOutcome::Created
    }

    pub(super) fn check_free(&self, object: &ObjectRef, mode: PutMode) -> Result<()> {
        let objects = self.objects("put", &object.bucket)?;
        if mode == PutMode::CreateOnly && objects.contains_key(object.key.as_str()) {
            return Err(StorageError::new(
                StorageErrorKind::AlreadyExists,
                "put",
                object,
            ));
        }
        Ok(())
    }

    pub(super) fn insert(&mut self, object: &ObjectRef, stored: Stored) -> Result<()> {
        let key = object.key.clone();
        self.objects_mut("put", &object.bucket)?
            .insert(key.as_str().to_owned(), (key, stored));
        Ok(())
    }

    pub(super) fn find(&self, operation: &'static str, object: &ObjectRef) -> Result<Stored> {
        match self
            .objects(operation, &object.bucket)?
            .get(object.key.as_str())
        {
            Some((_, stored)) => Ok(stored.clone()),
            None => Err(StorageError::new(
                StorageErrorKind::NotFound,
                operation,
                object,
            )),
        }
    }

    pub(super) fn remove<'a>(
        &mut self,
        operation: &'static str,
        bucket: &BucketName,
        keys: impl IntoIterator<Item = &'a ObjectKey>,
    ) -> Result<()> {
        let objects = self.objects_mut(operation, bucket)?;
        for key in keys {
            objects.remove(key.as_str());
        }
        Ok(())
    }

    pub(super) fn list(&self, bucket: &BucketName, options: &ListOptions) -> Result<ListPage> {
        let prefix = options.prefix.as_str();
        // Whichever lies further on starts the page: the prefix or the end of the last page.
        let start = match &options.start_after {
            Some(key) if key.as_str() >= prefix => Bound::Excluded(key.as_str()),
            _ => Bound::Included(prefix),
        };
        let entries = self
            .objects("list", bucket)?
            .range::<str, _>((start, Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(prefix))
            .take(usize::from(options.limit) + 1)
            .map(|(_, (key, stored))| entry(key, stored))
            .collect();
        Ok(paging::cut(entries, options.limit))
    }

    fn objects(&self, operation: &'static str, bucket: &BucketName) -> Result<&Objects> {
        self.0.get(bucket).ok_or_else(|| missing(operation, bucket))
    }

    fn objects_mut(
        &mut self,
        operation: &'static str,
        bucket: &BucketName,
    ) -> Result<&mut Objects> {
        self.0
            .get_mut(bucket)
            .ok_or_else(|| missing(operation, bucket))
    }
}

fn entry(key: &ObjectKey, stored: &Stored) -> ListEntry {
    ListEntry {
        key: key.clone(),
        size_bytes: stored.info.size_bytes,
        last_modified: stored.info.last_modified,
        etag: stored.info.etag.clone(),
    }
}

fn missing(operation: &'static str, bucket: &BucketName) -> StorageError {
    StorageError::new(StorageErrorKind::BucketNotFound, operation, bucket)
}
