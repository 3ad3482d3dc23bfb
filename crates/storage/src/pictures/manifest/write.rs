//! Writing the manifest of a picture that is stored.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, timeout, timeout_at};
use url::Url;

use super::document::{Manifest, ManifestError};
use super::policy::{ManifestPolicy, PromptChoice};
use super::{CONTENT_TYPE, MAX_BYTES};
use crate::body::Body;
use crate::error::{StorageError, StorageErrorKind};
use crate::name::{NameError, ObjectRef};
use crate::object::Sha256Digest;
use crate::options::{GetOptions, PutOptions};
use crate::pictures::picture::{
    PictureState, RemotePicture, SaveRequest, SavedPicture, StoredPicture,
};
use crate::pictures::provenance::Provenance;
use crate::pictures::service::PictureStorage;
use crate::pictures::sidecar::sidecar_of;

/// The longest time for one manifest; the picture beside it is stored already and waits for nothing.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// What became of the manifest of one picture.
#[derive(Debug)]
pub struct ManifestReport {
    /// The number of the picture.
    pub number: u8,
    /// What became of its manifest.
    pub outcome: ManifestOutcome,
}

/// What became of a manifest.
#[derive(Debug)]
#[non_exhaustive]
pub enum ManifestOutcome {
    /// It was written.
    Written,
    /// It was there already and is that of these very bytes.
    AlreadyThere,
    /// There is none to write: the picture is not stored, the request tells no provenance, or manifests are off.
    NotAsked,
    /// Another file holds its place and is kept: it is no manifest, or that of other bytes.
    Occupied,
    /// The picture tells more than a manifest can hold.
    Unwritable(ManifestError),
    /// The store failed; write it again later.
    Failed(StorageError),
}

impl PictureStorage {
    /// Returns the service with another rule for manifests; by default one is written beside each picture whose
    /// request tells its provenance, with the prompt as text.
    #[must_use]
    pub fn with_manifests(mut self, policy: ManifestPolicy) -> Self {
        self.manifests = policy;
        self
    }

    /// Writes the manifests of pictures that [`save`](Self::save) has stored, as the save itself does.
    ///
    /// A save tries once and goes on without: call this for what it warned of.
    /// Repeating it is safe. A manifest is never replaced.
    ///
    /// # Cancellation
    ///
    /// Some manifests are there, each of them whole; repeat the call.
    pub async fn write_manifests(
        &self,
        request: &SaveRequest,
        saved: &[SavedPicture],
    ) -> Vec<ManifestReport> {
        let all = saved.iter().map(|picture| async {
            let number = picture.number;
            let outcome = match &picture.state {
                PictureState::Stored(stored) => self.write_manifest(request, number, stored).await,
                _ => ManifestOutcome::NotAsked,
            };
            ManifestReport { number, outcome }
        });
        join_all(all).await
    }

    /// Writes the manifest of a picture that was just stored, until `end` at most, and warns where that fails.
    pub(in crate::pictures) async fn describe(
        &self,
        request: &SaveRequest,
        remote: &RemotePicture,
        picture: &StoredPicture,
        end: Instant,
    ) {
        let written = self.write_manifest(request, remote.number, picture);
        let outcome = timeout_at(end, written)
            .await
            .unwrap_or_else(|_| out_of_time(&picture.object));
        let why: &dyn std::fmt::Display = match &outcome {
            ManifestOutcome::Written
            | ManifestOutcome::AlreadyThere
            | ManifestOutcome::NotAsked => return,
            ManifestOutcome::Occupied => &"another file holds its place",
            ManifestOutcome::Unwritable(error) => error,
            ManifestOutcome::Failed(error) => error,
        };
        tracing::warn!(
            object.key = %picture.object,
            reason = %why,
            "a picture is stored without its manifest"
        );
    }

    async fn write_manifest(
        &self,
        request: &SaveRequest,
        number: u8,
        picture: &StoredPicture,
    ) -> ManifestOutcome {
        let (ManifestPolicy::Written(prompts), Some(provenance)) =
            (&self.manifests, &request.provenance)
        else {
            return ManifestOutcome::NotAsked;
        };
        let manifest = manifest_of(request, number, picture, (provenance, prompts));
        let (place, bytes) = match (place_of(&picture.object), manifest.to_json()) {
            (Ok(place), Ok(bytes)) => (place, bytes),
            (_, Err(error)) => return ManifestOutcome::Unwritable(error),
            (Err(_), _) => return ManifestOutcome::Unwritable(ManifestError::Unlawful("key")),
        };
        let put = self.put_manifest(&place, bytes, manifest.sha256);
        timeout(TIME_LIMIT, put)
            .await
            .unwrap_or_else(|_| out_of_time(&place))
    }

    async fn put_manifest(
        &self,
        place: &ObjectRef,
        bytes: Vec<u8>,
        picture: Sha256Digest,
    ) -> ManifestOutcome {
        let options = PutOptions::create_only()
            .with_content_type(CONTENT_TYPE)
            .with_sha256(Sha256Digest::of(&bytes));
        match self.store.put(place, Body::from(bytes), options).await {
            Ok(_) => ManifestOutcome::Written,
            Err(error) if error.kind() == StorageErrorKind::AlreadyExists => {
                match self.read_manifest(place).await {
                    Ok(Ok(there)) if there.sha256 == picture => ManifestOutcome::AlreadyThere,
                    Ok(_) => ManifestOutcome::Occupied,
                    Err(error) => ManifestOutcome::Failed(error),
                }
            }
            Err(error) => ManifestOutcome::Failed(error),
        }
    }

    /// Reads the manifest at `place`; what is too long is not read to its end.
    pub(in crate::pictures) async fn read_manifest(
        &self,
        place: &ObjectRef,
    ) -> Result<Result<Manifest, ManifestError>, StorageError> {
        let object = self.store.get(place, GetOptions::default()).await?;
        if object.info.size_bytes > MAX_BYTES {
            return Ok(Err(ManifestError::TooLong));
        }
        let bytes = object.body.collect(MAX_BYTES).await?;
        Ok(Manifest::from_json(&bytes))
    }
}

fn out_of_time(object: &ObjectRef) -> ManifestOutcome {
    ManifestOutcome::Failed(StorageError::new(StorageErrorKind::TimedOut, "put", object))
}

/// Returns the place of the manifest of the picture at `picture`.
pub(in crate::pictures) fn place_of(picture: &ObjectRef) -> Result<ObjectRef, NameError> {
    let key = sidecar_of(&picture.key)?;
    Ok(ObjectRef::new(picture.bucket.clone(), key))
}

fn manifest_of(
    request: &SaveRequest,
    number: u8,
    picture: &StoredPicture,
    (provenance, prompts): (&Provenance, &PromptChoice),
) -> Manifest {
    let mut remotes = request.pictures.iter();
    let remote = remotes.find(|remote| remote.number == number);
    let source_host = remote.and_then(|remote| host_of(&remote.url));
    let names = (request.generation_id.as_str(), number, provenance.pictures);
    Manifest::new(picture, names, provenance, prompts, source_host)
}

/// Returns the host of a link and nothing else of it; `None` for a link without one, such as a `data:` link.
fn host_of(link: &str) -> Option<String> {
    // A link that holds a whole picture is not worth parsing.
    let link = Some(link).filter(|link| link.len() <= 4096)?;
    let url = Url::parse(link).ok()?;
    url.host_str().map(str::to_owned)
}
