//! What every adapter of ours does with a body on its way in: count it and check its digest.

use sha2::{Digest, Sha256};

use crate::error::{Result, StorageError, StorageErrorKind};
use crate::name::ObjectRef;
use crate::object::Sha256Digest;

/// Counts the bytes of a body and hashes them if a digest is expected.
#[derive(Debug)]
pub(crate) struct Intake {
    size_bytes: u64,
    hash: Option<(Sha256, Sha256Digest)>,
}

impl Intake {
    /// Returns an intake that expects `digest`, or any bytes when there is none.
    pub(crate) fn new(digest: Option<Sha256Digest>) -> Self {
        Self {
            size_bytes: 0,
            hash: digest.map(|digest| (Sha256::new(), digest)),
        }
    }

    /// Takes the next piece.
    pub(crate) fn feed(&mut self, piece: &[u8]) {
        self.size_bytes += piece.len() as u64;
        if let Some((hasher, _)) = &mut self.hash {
            hasher.update(piece);
        }
    }

    /// Returns the length in bytes after the last piece, or `Corrupt` when the digest is another one.
    pub(crate) fn finish(self, object: &ObjectRef) -> Result<u64> {
        match self.hash {
            Some((hasher, expected)) => {
                let seen = Sha256Digest::from_bytes(hasher.finalize().into());
                if seen != expected {
                    return Err(StorageError::new(StorageErrorKind::Corrupt, "put", object)
                        .with_detail(format!("expected the digest {expected} and got {seen}")));
                }
                Ok(self.size_bytes)
            }
            None => Ok(self.size_bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_bytes_than_expected_are_corrupt() {
        let object: ObjectRef = "bucket/key".parse().unwrap();
        for (bytes, fits) in [(&b"abc"[..], true), (b"abd", false), (b"", false)] {
            let mut intake = Intake::new(Some(Sha256Digest::of(b"abc")));
            intake.feed(bytes);
            match intake.finish(&object) {
                Ok(size) => assert!(fits && size == 3),
                Err(error) => {
                    assert!(!fits);
                    assert_eq!(error.kind(), StorageErrorKind::Corrupt);
                }
            }
        }
    }
}
