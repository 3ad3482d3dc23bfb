//! Making pictures once more, with the settings of earlier ones.

use super::{GalleryError, GalleryService};
use crate::generation::Generation;
use crate::progress::{Progress, ProgressSink};
use crate::request::{GenerationRequest, RequestDraft};
use crate::{GenerationId, UserId};

/// What becomes of the seed when pictures are made once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SeedChoice {
    /// The same seed, for the same pictures as far as the model keeps that; none when there was none.
    Keep,
    /// Another seed, for other pictures; it is drawn here and recorded, where the model takes one.
    New,
}

impl GalleryService {
    /// Makes pictures once more with the settings of the generation `id`, which the new one names as its parent.
    ///
    /// It is one generation with one submit, checked, recorded and paid as any other: the model that was asked for
    /// is asked again, and what has become of it since is answered as
    /// [`generate`](crate::GenerateService::generate) answers it. Any generation of the user's will do, also one
    /// that failed.
    ///
    /// # Errors
    ///
    /// `NotFound`; `Records` when `id` could not be looked up; `Generation` with what
    /// [`generate`](crate::GenerateService::generate) answers.
    ///
    /// # Cancellation
    ///
    /// That of [`generate`](crate::GenerateService::generate).
    pub async fn regenerate(
        &self,
        user: &UserId,
        id: &GenerationId,
        seed: SeedChoice,
        on_progress: impl Fn(&Progress) + Send + Sync + 'static,
    ) -> Result<Generation, GalleryError> {
        let parent = self.item(user, id).await?.generation;
        let draft = self.draft(parent.request(), seed);
        let progress = ProgressSink::new(on_progress);
        let made = self
            .generate
            .generate_again(user, draft, parent.id(), progress);
        Ok(made.await?)
    }

    fn draft(&self, request: &GenerationRequest, seed: SeedChoice) -> RequestDraft {
        let draft = RequestDraft::again(request);
        match seed {
            SeedChoice::Keep => draft,
            SeedChoice::New => {
                let model = self.generate.catalogue.get(request.model());
                let takes_one = model.is_some_and(|model| model.inputs.seed);
                draft.with_seed_or_none(takes_one.then(|| other_seed(request.seed())))
            }
        }
    }
}

fn other_seed(old: Option<u32>) -> u32 {
    let seed = fastrand::u32(..);
    if Some(seed) == old {
        seed.wrapping_add(1)
    } else {
        seed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_seed_is_another_one() {
        fastrand::seed(7);
        let drawn = fastrand::u32(..);
        fastrand::seed(7);
        assert_eq!(other_seed(Some(drawn)), drawn.wrapping_add(1));
        assert_ne!(other_seed(None), other_seed(None));
    }
}
