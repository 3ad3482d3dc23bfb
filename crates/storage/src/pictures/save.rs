//! Saving pictures: fetch, check, put once, and keep the provider's link when that fails.

mod setback;
mod transfer;

use futures_util::future::join_all;
use tokio::time::{Instant, sleep, timeout_at};

use self::setback::Setback;
use super::picture::{
    Fallback, PictureState, RemotePicture, SaveOutcome, SaveRequest, SavedPicture, StoredPicture,
};
use super::retry::pause_after;
use super::service::PictureStorage;

/// A picture in the store, and whether this save put it there.
#[derive(Debug)]
struct Done {
    picture: StoredPicture,
    outcome: SaveOutcome,
}

impl PictureStorage {
    /// Saves the pictures of one generation, all at once, and says of each where it is now.
    ///
    /// The answer has the pictures of the request in their order; one picture's failure does not touch
    /// the others. A failed store, or a fetch that may do better later, is
    /// [`PictureState::ProviderFallback`]; a link that will never give a picture is
    /// [`PictureState::Unobtainable`].
    ///
    /// Saving the same bytes again gives the same objects, and [`SaveOutcome`] tells old ones from new
    /// ones. Different bytes under the same key never replace the first ones: the picture falls back with
    /// [`SaveOutcome::Conflict`].
    ///
    /// Small pictures are held whole; larger ones are passed on to the store while they come, see
    /// [`with_held_size`](Self::with_held_size). Neither becomes an object before the last byte was found
    /// right.
    ///
    /// Beside each stored picture its [`Manifest`](super::Manifest) is written, when the request tells the
    /// provenance. One that cannot be written costs a warning and nothing else, within the time of the save 5 s
    /// at most; see [`write_manifests`](Self::write_manifests).
    ///
    /// # Cancellation
    ///
    /// All transfers stop. Some pictures are stored, each of them whole; save again to have the rest.
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
        let saved = timeout_at(end, self.transfer(request, remote, end)).await;
        let (state, outcome) = match saved.unwrap_or(Err(Setback::TimeIsOver)) {
            Ok(done) => (PictureState::Stored(done.picture), done.outcome),
            Err(setback) => setback.into_state(remote),
        };
        if let PictureState::Stored(picture) = &state {
            self.describe(request, remote, picture, end).await;
        }
        SavedPicture {
            number: remote.number,
            state,
            outcome,
        }
    }

    /// Fetches and puts, again after a failure that passes, within the attempts and until `end`.
    async fn transfer(
        &self,
        request: &SaveRequest,
        remote: &RemotePicture,
        end: Instant,
    ) -> Result<Done, Setback> {
        // A name that cannot be is found before bytes are fetched for it.
        self.check_name(request, remote)?;
        let mut room = self.first_room();
        let mut failed = 0;
        loop {
            let setback = match self.attempt(request, remote, room).await {
                Ok(done) => return Ok(done),
                Err(Setback::NeedsRoom(bytes)) => {
                    room = bytes;
                    continue;
                }
                Err(setback) => setback,
            };
            failed += 1;
            if !setback.is_retryable() {
                return Err(setback);
            }
            match pause_after(failed, setback.retry_after(), end) {
                Some(pause) => sleep(pause).await,
                None => return Err(setback),
            }
        }
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
