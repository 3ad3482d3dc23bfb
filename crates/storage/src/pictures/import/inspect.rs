//! What an object is by its bytes, whatever its key and its content type say.

use bytes::BytesMut;
use futures_util::StreamExt;
use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::name::ObjectRef;
use crate::object::Sha256Digest;
use crate::options::{ByteRange, GetOptions};
use crate::pictures::format::ImageFormat;
use crate::pictures::header::Walk;
use crate::pictures::picture::StoredPicture;
use crate::pictures::service::PictureStorage;

/// So many bytes are enough for a header; a JPEG may have a preview before it.
const HEADER_BYTES: u64 = 256 * 1024;

impl PictureStorage {
    /// Returns what the object at `object` is by its first bytes, or `None` when it is no picture.
    ///
    /// Key and object stay as they are: a PNG under a key that says `.jpg` is a PNG there.
    /// An object whose digest the store knows is read up to 256 KiB, another one to its end, never whole in
    /// memory.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a bucket that holds no pictures, `NotFound`, and the errors of
    /// [`ObjectStore::get`](crate::ObjectStore::get).
    ///
    /// # Cancellation
    ///
    /// Nothing happened.
    pub async fn inspect(&self, object: &ObjectRef) -> Result<Option<StoredPicture>> {
        self.check_ours("inspect", object)?;
        let info = self.store.head(object).await?;
        if info.size_bytes == 0 {
            return Ok(None);
        }
        let range = match info.sha256 {
            Some(_) => ByteRange::Bounded {
                start: 0,
                end: HEADER_BYTES,
            },
            None => ByteRange::Whole,
        };
        let opened = self.store.get(object, GetOptions { range }).await?;
        let (first, computed) = read(opened.body.into_stream()).await?;
        let Some((format, (width, height))) = picture(&first) else {
            return Ok(None);
        };
        Ok(Some(StoredPicture {
            object: object.clone(),
            format,
            size_bytes: info.size_bytes,
            sha256: info.sha256.unwrap_or(computed),
            width,
            height,
        }))
    }
}

/// Reads to the end, and returns the first bytes with the digest of all.
async fn read(mut pieces: crate::body::BodyStream) -> Result<(BytesMut, Sha256Digest)> {
    let (mut first, mut hasher) = (BytesMut::new(), Sha256::new());
    while let Some(piece) = pieces.next().await.transpose()? {
        hasher.update(&piece);
        let room = usize::try_from(HEADER_BYTES).unwrap_or(usize::MAX) - first.len();
        first.extend_from_slice(&piece[..piece.len().min(room)]);
    }
    Ok((first, Sha256Digest::from_bytes(hasher.finalize().into())))
}

fn picture(bytes: &[u8]) -> Option<(ImageFormat, (u32, u32))> {
    let format = ImageFormat::sniff(bytes)?;
    let mut walk = Walk::new(format);
    walk.feed(bytes);
    let size = walk
        .header()
        .size
        .filter(|(width, height)| *width > 0 && *height > 0)?;
    Some((format, size))
}
