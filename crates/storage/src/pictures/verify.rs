//! Reads pictures back and compares them with what was recorded of them.

use futures_util::StreamExt;
use sha2::{Digest, Sha256};

use super::picture::StoredPicture;
use super::service::PictureStorage;
use crate::error::{Result, StorageError, StorageErrorKind};
use crate::name::ObjectRef;
use crate::object::Sha256Digest;
use crate::options::GetOptions;
use crate::store::ObjectStore;

/// What reading a picture back has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verification {
    /// The bytes are those that were recorded.
    Intact,
    /// There is no such object.
    Missing,
    /// The object is longer or shorter than recorded.
    WrongSize {
        /// The recorded length in bytes.
        expected: u64,
        /// The length of the object in bytes.
        found: u64,
    },
    /// The length is right and the bytes are others.
    WrongBytes {
        /// The recorded SHA-256.
        expected: Sha256Digest,
        /// The SHA-256 of the bytes that were read.
        found: Sha256Digest,
    },
    /// The object is there, and the store has no digest to compare it with; the record has.
    Unrecorded,
}

impl PictureStorage {
    /// Reads `picture` back, all of it, and compares length and SHA-256 with the record.
    ///
    /// What the store says of the object is not believed; its bytes are.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a bucket that holds no pictures; `Corrupt` when the store itself refuses to give
    /// the bytes out, and the other errors of [`ObjectStore::get`].
    ///
    /// # Cancellation
    ///
    /// Dropping the future stops the transfer.
    pub async fn verify(&self, picture: &StoredPicture) -> Result<Verification> {
        self.check_ours("get", &picture.object)?;
        let recorded = (picture.size_bytes, picture.sha256);
        verification(recorded, digest_of(&*self.store, &picture.object).await)
    }

    /// Reads `object` back, all of it, and compares its SHA-256 with the one that the store keeps.
    ///
    /// For whoever has no record at hand; [`verify`](Self::verify) also finds an object that was replaced
    /// together with its digest. A picture that was passed on while it came has no digest in the store.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a bucket that holds no pictures; `Corrupt` when the store itself refuses to give
    /// the bytes out, and the other errors of [`ObjectStore::get`].
    ///
    /// # Cancellation
    ///
    /// Dropping the future stops the transfer.
    pub async fn verify_object(&self, object: &ObjectRef) -> Result<Verification> {
        self.check_ours("get", object)?;
        let info = match self.store.head(object).await {
            Err(error) if error.kind() == StorageErrorKind::NotFound => {
                return Ok(Verification::Missing);
            }
            info => info?,
        };
        match info.sha256 {
            Some(digest) => verification(
                (info.size_bytes, digest),
                digest_of(&*self.store, object).await,
            ),
            None => Ok(Verification::Unrecorded),
        }
    }
}

fn verification(
    (size_bytes, sha256): (u64, Sha256Digest),
    read: Result<(u64, Sha256Digest)>,
) -> Result<Verification> {
    match read {
        Err(error) if error.kind() == StorageErrorKind::NotFound => Ok(Verification::Missing),
        Err(error) => Err(error),
        Ok((found, _)) if found != size_bytes => Ok(Verification::WrongSize {
            expected: size_bytes,
            found,
        }),
        Ok((_, found)) if found != sha256 => Ok(Verification::WrongBytes {
            expected: sha256,
            found,
        }),
        Ok(_) => Ok(Verification::Intact),
    }
}

/// Reads an object piece by piece and returns its length in bytes and its digest.
pub(super) async fn digest_of(
    store: &dyn ObjectStore,
    object: &ObjectRef,
) -> Result<(u64, Sha256Digest), StorageError> {
    let object = store.get(object, GetOptions::default()).await?;
    let mut pieces = object.body.into_stream();
    let (mut hasher, mut length) = (Sha256::new(), 0);
    while let Some(piece) = pieces.next().await.transpose()? {
        hasher.update(&piece);
        length += piece.len() as u64;
    }
    Ok((length, Sha256Digest::from_bytes(hasher.finalize().into())))
}
