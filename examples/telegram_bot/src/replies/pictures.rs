//! The bytes of pictures, and Telegram's names of those that it has already.

use bytes::Bytes;
use imagen4_domain::conversation::PictureHandle;
use imagen4_domain::{Fallback, StoredPicture};
use moka::sync::Cache;
use storage::pictures::{PictureSourceExt, PictureStorage};
use storage::{GetOptions, Sha256Digest};
use teloxide::types::{FileId, InputFile};

use crate::failure::chain;

/// The largest photo that Telegram takes, in bytes: 10 MB.
///
/// Source: <https://core.telegram.org/bots/api#sendphoto>
const MAX_BYTES: u64 = 10 * 1024 * 1024;

/// The most that the width and the height of a photo may be together.
const MAX_SIDES: u32 = 10_000;

/// How many of Telegram's names are remembered.
const REMEMBERED: u64 = 10_000;

/// The picture cannot be had, or Telegram would not take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoPicture;

/// Opens pictures, and remembers those that Telegram has.
#[derive(Debug, Clone)]
pub(super) struct Pictures {
    storage: PictureStorage,
    /// By bucket and key; an object never changes, so that its name at Telegram stays right.
    sent: Cache<String, FileId>,
}

impl Pictures {
    pub(super) fn new(storage: PictureStorage) -> Self {
        Self {
            storage,
            sent: Cache::new(REMEMBERED),
        }
    }

    /// Returns the picture for a request: by its name at Telegram if that is known, otherwise its bytes.
    ///
    /// Never a link: one of ours dies inside the message, and one of the provider's is nobody else's business.
    pub(super) async fn open(&self, picture: &PictureHandle) -> Result<InputFile, NoPicture> {
        match picture {
            PictureHandle::Stored(stored) => match self.sent.get(&stored.object.to_string()) {
                Some(name) => Ok(InputFile::file_id(name)),
                None => self.read(stored).await,
            },
            PictureHandle::Fallback(fallback) => self.fetch(fallback).await,
        }
    }

    /// Remembers that Telegram has the picture under `name`.
    pub(super) fn remember(&self, picture: &PictureHandle, name: FileId) {
        if let PictureHandle::Stored(stored) = picture {
            self.sent.insert(stored.object.to_string(), name);
        }
    }

    /// Forgets what Telegram called the picture; `true` when there was something to forget.
    pub(super) fn forget(&self, picture: &PictureHandle) -> bool {
        match picture {
            PictureHandle::Stored(stored) => self.sent.remove(&stored.object.to_string()).is_some(),
            PictureHandle::Fallback(_) => false,
        }
    }

    async fn read(&self, stored: &StoredPicture) -> Result<InputFile, NoPicture> {
        check(stored.size_bytes, stored.width, stored.height)?;
        let opened = self.storage.open(&stored.object, GetOptions::default());
        let read = async { opened.await?.body.collect(stored.size_bytes).await };
        let bytes = match read.await {
            Ok(bytes) => bytes,
            Err(error) => {
                tracing::warn!(error = chain(&error), "a stored picture cannot be read");
                return Err(NoPicture);
            }
        };
        if Sha256Digest::of(&bytes) != stored.sha256 {
            tracing::error!(object = %stored.object, "a stored picture has changed");
            return Err(NoPicture);
        }
        Ok(file(bytes, &stored.content_type))
    }

    async fn fetch(&self, fallback: &Fallback) -> Result<InputFile, NoPicture> {
        let picture = match self.storage.source().fetch(&fallback.url).await {
            Ok(picture) => picture,
            Err(error) => {
                tracing::warn!(
                    error = chain(&error),
                    "a picture that only the provider has cannot be fetched"
                );
                return Err(NoPicture);
            }
        };
        check(picture.bytes.len() as u64, picture.width, picture.height)?;
        Ok(file(picture.bytes, picture.format.content_type()))
    }
}

/// Finds out before anything is sent what Telegram would not take.
fn check(size_bytes: u64, width: u32, height: u32) -> Result<(), NoPicture> {
    let is_lawful = size_bytes <= MAX_BYTES && width.saturating_add(height) <= MAX_SIDES;
    is_lawful.then_some(()).ok_or(NoPicture)
}

fn file(bytes: Bytes, content_type: &str) -> InputFile {
    let ending = content_type.strip_prefix("image/").unwrap_or("png");
    InputFile::memory(bytes).file_name(format!("picture.{ending}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_telegram_does_not_take_is_found_out_before() {
        assert_eq!(check(MAX_BYTES, 5_000, 5_000), Ok(()));
        assert_eq!(check(MAX_BYTES + 1, 1, 1), Err(NoPicture));
        assert_eq!(check(1, 5_000, 5_001), Err(NoPicture));
        assert_eq!(check(1, u32::MAX, 1), Err(NoPicture));
    }
}
