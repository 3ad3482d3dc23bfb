//! One attempt: a picture is held whole and put, or passed on to the store while it comes.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::{Stream, stream};

use super::Done;
use super::setback::{Setback, is_taken};
use crate::body::Body;
use crate::error::{StorageError, StorageErrorKind};
use crate::name::{NameError, ObjectRef};
use crate::options::PutOptions;
use crate::pictures::budget::Reservation;
use crate::pictures::complete::PictureProof;
use crate::pictures::fetch_error::FetchError;
use crate::pictures::format::ImageFormat;
use crate::pictures::incoming::{Held, IncomingPicture};
use crate::pictures::picture::{RemotePicture, SaveOutcome, SaveRequest, StoredPicture};
use crate::pictures::service::PictureStorage;
use crate::pictures::source::FetchedPicture;
use crate::pictures::verify::digest_of;

/// What a picture takes that is passed on while it comes, in bytes: the buffers of both connections and
/// the pieces between them.
const STREAM_ROOM: u64 = 1 << 20;

/// What a store may take for a body of unknown length, in bytes; the MinIO adapter gathers so much.
const UNSIZED_ROOM: u64 = 32 << 20;

/// How a stream that was handed to the store has ended.
type Ending = Arc<Mutex<Option<Result<PictureProof, FetchError>>>>;

impl PictureStorage {
    pub(super) fn check_name(
        &self,
        request: &SaveRequest,
        remote: &RemotePicture,
    ) -> Result<(), NameError> {
        self.object_of(request, remote, ImageFormat::Png).map(drop)
    }

    fn object_of(
        &self,
        request: &SaveRequest,
        remote: &RemotePicture,
        format: ImageFormat,
    ) -> Result<ObjectRef, NameError> {
        let SaveRequest {
            kind,
            created_on,
            generation_id,
            ..
        } = request;
        self.buckets
            .object(*kind, *created_on, generation_id, remote.number, format)
    }

    /// Returns what is reserved before anything is known of a picture, in bytes.
    pub(super) fn first_room(&self) -> u64 {
        self.held_size().max(STREAM_ROOM).min(self.picture_cap)
    }

    /// Fetches and puts once; `room` bytes are reserved before.
    pub(super) async fn attempt(
        &self,
        request: &SaveRequest,
        remote: &RemotePicture,
        room: u64,
    ) -> Result<Done, Setback> {
        let room = self.budget.reserve(room).await;
        let incoming = self.source.open(&remote.url).await?;
        let incoming = incoming.with_max_bytes(self.picture_cap)?;
        let format = incoming.format().unwrap_or(ImageFormat::Png);
        let object = self.object_of(request, remote, format)?;
        // The room is held for as long as the bytes are.
        let (held, _room) = self.take(incoming, room).await?;
        match held {
            Held::Whole(picture) => self.put_whole(request, object, picture).await,
            Held::Longer(incoming) => self.pass_on(request, object, incoming).await,
        }
    }

    /// Takes the picture into memory if it may be held, within its room.
    async fn take(
        &self,
        incoming: IncomingPicture,
        mut room: Option<Reservation>,
    ) -> Result<(Held, Option<Reservation>), Setback> {
        let (needed, held) = match incoming.length() {
            Some(length) if length <= self.held_size() => (length, length),
            Some(_) => (STREAM_ROOM, 0),
            None => self.room_without_length(),
        };
        if let Some(room) = &mut room {
            if !room.try_grow_to(needed) {
                return Err(Setback::NeedsRoom(needed));
            }
            room.shrink_to(needed);
        }
        if held == 0 {
            return Ok((Held::Longer(incoming), room));
        }
        let held = incoming.hold(held).await?;
        if let (Some(room), Held::Whole(picture)) = (&mut room, &held) {
            room.shrink_to(picture.bytes.len() as u64);
        }
        Ok((held, room))
    }

    /// Returns what a picture of unknown length may take, and how much of it is held, in bytes.
    ///
    /// Passing it on costs what the store gathers of it, so that it is held when it cannot be longer.
    fn room_without_length(&self) -> (u64, u64) {
        let passed_on = self.held_size().saturating_add(UNSIZED_ROOM);
        if self.picture_cap <= passed_on {
            (self.picture_cap, self.picture_cap)
        } else {
            (passed_on, self.held_size())
        }
    }

    async fn put_whole(
        &self,
        request: &SaveRequest,
        object: ObjectRef,
        picture: FetchedPicture,
    ) -> Result<Done, Setback> {
        let proof = picture.proof();
        let options = options(request, proof.format).with_sha256(proof.sha256);
        let body = Body::from(picture.bytes);
        match self.store.put(&object, body, options).await {
            Ok(_) => Ok(newly(object, proof)),
            Err(error) if is_taken(&error) => self.compare(object, proof).await,
            Err(error) => Err(error.into()),
        }
    }

    /// Puts the picture while it comes.
    async fn pass_on(
        &self,
        request: &SaveRequest,
        object: ObjectRef,
        incoming: IncomingPicture,
    ) -> Result<Done, Setback> {
        // A put that is refused may leave the picture half read, and then nobody could compare it.
        if self.exists(&object).await? {
            let proof = incoming.prove().await?;
            return self.compare(object, proof).await;
        }
        let format = incoming.format().unwrap_or(ImageFormat::Png);
        let length = incoming.length();
        let ending = Ending::default();
        let body = Body::from_stream(relay(incoming, Arc::clone(&ending)), length);
        let put = self
            .store
            .put(&object, body, options(request, format))
            .await;
        let ending = ending.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (put, ending) {
            (_, Some(Err(error))) => Err(error.into()),
            (Ok(_), Some(Ok(proof))) => Ok(newly(object, proof)),
            (Ok(_), None) => Err(unread(&object).into()),
            (Err(error), Some(Ok(proof))) if is_taken(&error) => self.compare(object, proof).await,
            (Err(error), None) if is_taken(&error) => Err(Setback::Taken),
            (Err(error), _) => Err(Setback::Stream(error)),
        }
    }

    async fn exists(&self, object: &ObjectRef) -> Result<bool, Setback> {
        match self.store.head(object).await {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == StorageErrorKind::NotFound => Ok(false),
            Err(error) => Err(Setback::Stream(error)),
        }
    }

    /// Tells our own earlier save from somebody else's object under the same key.
    async fn compare(&self, object: ObjectRef, proof: PictureProof) -> Result<Done, Setback> {
        let there = self.store.head(&object).await?;
        let same = there.size_bytes == proof.size_bytes
            && match there.sha256 {
                Some(digest) => digest == proof.sha256,
                None => digest_of(&*self.store, &object).await?.1 == proof.sha256,
            };
        if same {
            return Ok(Done {
                picture: stored(object, proof),
                outcome: SaveOutcome::AlreadyStored,
            });
        }
        tracing::warn!(
            object.key = %object,
            "the key holds other bytes; they are kept and the new picture is not stored"
        );
        Err(Setback::Conflict(object))
    }
}

fn options(request: &SaveRequest, format: ImageFormat) -> PutOptions {
    PutOptions::create_only()
        .with_content_type(format.content_type())
        .with_metadata(request.metadata.clone())
}

fn newly(object: ObjectRef, proof: PictureProof) -> Done {
    Done {
        picture: stored(object, proof),
        outcome: SaveOutcome::NewlyStored,
    }
}

fn stored(object: ObjectRef, proof: PictureProof) -> StoredPicture {
    StoredPicture {
        object,
        format: proof.format,
        size_bytes: proof.size_bytes,
        sha256: proof.sha256,
        width: proof.width,
        height: proof.height,
    }
}

/// Gives the pieces to a store and notes how they end; the store learns only that they do.
fn relay(
    incoming: IncomingPicture,
    ending: Ending,
) -> impl Stream<Item = Result<Bytes, StorageError>> + Send {
    stream::unfold(Some(incoming), move |incoming| {
        let ending = Arc::clone(&ending);
        async move {
            let mut incoming = incoming?;
            let end = match incoming.next().await {
                Ok(Some(piece)) => return Some((Ok(piece), Some(incoming))),
                Ok(None) => incoming.proof().map(Ok)?,
                Err(error) => Err(error),
            };
            let failed = end.is_err();
            *ending.lock().unwrap_or_else(PoisonError::into_inner) = Some(end);
            failed.then(|| (Err(broken_off()), None))
        }
    })
}

fn broken_off() -> StorageError {
    StorageError::new(StorageErrorKind::BodyFailed, "read", "picture")
        .with_detail("the source failed")
}

fn unread(object: &ObjectRef) -> StorageError {
    StorageError::new(StorageErrorKind::Unexpected, "put", object)
        .with_detail("the store did not read the whole body")
}
