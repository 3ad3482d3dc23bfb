//! Saving pictures: fetch, check, put once, and keep the provider's link when that fails.

use std::fmt;

use futures_util::StreamExt;
use futures_util::future::join_all;
use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep, timeout_at};

use super::budget::Reservation;
use super::fetch_error::{FetchError, FetchErrorKind};
use super::format::ImageFormat;
use super::picture::{
    Fallback, PictureState, RemotePicture, SaveRequest, SavedPicture, StoredPicture,
};
use super::retry::pause_after;
use super::service::PictureStorage;
use super::source::FetchedPicture;
use crate::body::Body;
use crate::error::{StorageError, StorageErrorKind};
use crate::name::{NameError, ObjectRef};
use crate::object::Sha256Digest;
use crate::options::{GetOptions, PutOptions};

/// Why a picture is not stored.
struct Loss {
    reason: String,
    is_final: bool,
}

impl Loss {
    /// Returns a loss after which the provider's link is still good.
    fn for_now(reason: impl fmt::Display) -> Self {
        Self {
            reason: reason.to_string(),
            is_final: false,
        }
    }

    fn into_state(self, remote: &RemotePicture) -> PictureState {
        let reason = self.reason;
        if self.is_final {
            return PictureState::Unobtainable { reason };
        }
        PictureState::ProviderFallback(Fallback {
            url: remote.url.clone(),
            dies_at: remote.dies_at,
            reason,
        })
    }
}

impl From<FetchError> for Loss {
    fn from(error: FetchError) -> Self {
        Self {
            is_final: error.is_final(),
            reason: error.to_string(),
        }
    }
}

impl From<StorageError> for Loss {
    fn from(error: StorageError) -> Self {
        Self::for_now(error)
    }
}

impl From<NameError> for Loss {
    fn from(error: NameError) -> Self {
        Self::for_now(error)
    }
}

impl PictureStorage {
    /// Saves the pictures of one generation, all at once, and says of each where it is now.
    ///
    /// The answer has the pictures of the request in their order; one picture's failure does not touch
    /// the others. A failed store, or a fetch that may do better later, is
    /// [`PictureState::ProviderFallback`]; a link that will never give a picture is
    /// [`PictureState::Unobtainable`].
    ///
    /// Saving the same bytes again gives the same objects. Different bytes under the same key never
    /// replace the first ones: the picture falls back with the reason `conflict`.
    ///
    /// # Cancellation
    ///
    /// Some pictures are stored, each of them whole; save again to have the rest.
    pub async fn save(&self, request: SaveRequest) -> Vec<SavedPicture> {
        let end = Instant::now() + self.save_time;
        let all = request
            .pictures
            .iter()
            .map(|remote| self.save_one(&request, remote, end));
        let saved = join_all(all).await;
        warn_of_losses(&request, &saved);
        saved
    }

    async fn save_one(
        &self,
        request: &SaveRequest,
        remote: &RemotePicture,
        end: Instant,
    ) -> SavedPicture {
        let state = match timeout_at(end, self.fetch_and_put(request, remote, end)).await {
            Ok(Ok(picture)) => PictureState::Stored(picture),
            Ok(Err(loss)) => loss.into_state(remote),
            Err(_) => Loss::for_now("not saved within the time limit").into_state(remote),
        };
        SavedPicture {
            number: remote.number,
            state,
        }
    }

    async fn fetch_and_put(
        &self,
        request: &SaveRequest,
        remote: &RemotePicture,
        end: Instant,
    ) -> Result<StoredPicture, Loss> {
        let object_of = |format| {
            let SaveRequest {
                kind,
                generation_id,
                created_on,
                ..
            } = request;
            self.buckets
                .object(*kind, *created_on, generation_id, remote.number, format)
        };
        // A name that cannot be is found before bytes are fetched for it.
        object_of(ImageFormat::Png)?;
        let (picture, room) = self.fetch(&remote.url, end).await?;
        let object = object_of(picture.format)?;
        let stored = self.put(request, object, picture).await;
        drop(room);
        stored
    }

    /// Fetches within the byte budget; the room is held for as long as the bytes are.
    async fn fetch(
        &self,
        url: &str,
        end: Instant,
    ) -> Result<(FetchedPicture, Option<Reservation>), FetchError> {
        let mut failed = 0;
        loop {
            let mut room = self.budget.reserve(self.picture_cap).await;
            let error = match self.source.fetch(url).await {
                Ok(picture) if picture.bytes.len() as u64 > self.picture_cap => {
                    return Err(FetchError::new(FetchErrorKind::TooLarge));
                }
                Ok(picture) => {
                    if let Some(room) = &mut room {
                        room.shrink_to(picture.bytes.len() as u64);
                    }
                    return Ok((picture, room));
                }
                Err(error) if error.is_retryable() => error,
                Err(error) => return Err(error),
            };
            drop(room);
            failed += 1;
            match pause_after(failed, error.retry_after(), end) {
                Some(pause) => sleep(pause).await,
                None => return Err(error),
            }
        }
    }

    async fn put(
        &self,
        request: &SaveRequest,
        object: ObjectRef,
        picture: FetchedPicture,
    ) -> Result<StoredPicture, Loss> {
        let stored = StoredPicture {
            object,
            format: picture.format,
            size_bytes: picture.bytes.len() as u64,
            sha256: picture.sha256,
            width: picture.width,
            height: picture.height,
        };
        let options = PutOptions::create_only()
            .with_content_type(stored.format.content_type())
            .with_metadata(request.metadata.clone())
            .with_sha256(stored.sha256);
        match self
            .store
            .put(&stored.object, Body::from(picture.bytes), options)
            .await
        {
            Ok(_) => Ok(stored),
            Err(error) if error.kind() == StorageErrorKind::AlreadyExists => {
                self.compare(stored).await
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Tells our own earlier save from somebody else's object under the same key.
    async fn compare(&self, stored: StoredPicture) -> Result<StoredPicture, Loss> {
        let there = self.store.head(&stored.object).await?;
        let same = there.size_bytes == stored.size_bytes
            && match there.sha256 {
                Some(digest) => digest == stored.sha256,
                None => self.digest_of(&stored.object).await? == stored.sha256,
            };
        if same {
            return Ok(stored);
        }
        tracing::warn!(
            object.key = %stored.object,
            "the key holds other bytes; they are kept and the new picture is not stored"
        );
        Err(Loss::for_now("conflict"))
    }

    /// Reads an object whose digest the store does not know.
    async fn digest_of(&self, object: &ObjectRef) -> Result<Sha256Digest, StorageError> {
        let object = self.store.get(object, GetOptions::default()).await?;
        let mut pieces = object.body.into_stream();
        let mut hasher = Sha256::new();
        while let Some(piece) = pieces.next().await.transpose()? {
            hasher.update(&piece);
        }
        Ok(Sha256Digest::from_bytes(hasher.finalize().into()))
    }
}

/// Says once for the whole save what was not stored, and never with a link.
fn warn_of_losses(request: &SaveRequest, saved: &[SavedPicture]) {
    let mut losses = Vec::new();
    for picture in saved {
        match &picture.state {
            PictureState::Stored(_) => {}
            PictureState::ProviderFallback(Fallback { reason, .. })
            | PictureState::Unobtainable { reason } => {
                losses.push(format!("{}: {reason}", picture.number));
            }
        }
    }
    if losses.is_empty() {
        return;
    }
    tracing::warn!(
        generation.id = %request.generation_id,
        pictures = saved.len(),
        lost = losses.len(),
        reasons = losses.join("; "),
        "some pictures are not in the store"
    );
}
