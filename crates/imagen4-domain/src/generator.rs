//! The port of whoever makes the pictures.

mod error;

use std::fmt::{self, Debug};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fal_client::{BillableUnits, JobHandle};

pub use error::{GeneratorError, GeneratorErrorKind};

use crate::generation::Generation;
use crate::progress::ProgressSink;

/// What a finished job gave.
#[derive(Clone, PartialEq, Eq)]
pub struct GeneratedPictures {
    /// Links to the pictures, in order: at least one, perhaps fewer than were asked for.
    /// Whoever has one can read the picture, so `Debug` hides them.
    pub links: Vec<String>,
    /// How long the provider keeps them after the submit.
    pub kept_for: Duration,
    /// What the job cost in the model's own unit, if it is known.
    pub billable_units: Option<BillableUnits>,
}

impl Debug for GeneratedPictures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GeneratedPictures")
            .field("links", &self.links.len())
            .field("kept_for", &self.kept_for)
            .field("billable_units", &self.billable_units)
            .finish()
    }
}

/// Makes the pictures of a generation, in two halves, so that the journal is written between them.
///
/// # Contract
///
/// - **Submit pays**: it is never repeated here unless the first try was provably not taken. What was perhaps
///   taken is `Unknown`.
/// - **Wait may be repeated**, by any process, as long as the provider keeps the job.
/// - An error that is a [verdict](GeneratorError::is_verdict) tells about the job: a repeat gives the same.
///   Any other error tells about the way there, and the job may go on.
/// - **Clones** share whatever is behind.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait ImageGenerator: Debug + Send + Sync + 'static {
    /// Sends the request of `generation` to the model [`model_used`](Generation::model_used).
    ///
    /// # Errors
    ///
    /// `ModelRetired`, `Refused`, `InvalidInput`, `Unauthorized`, `Unavailable`, `Config`: provably not taken.
    /// `Unknown`: perhaps taken; [`GeneratorError::request_id`] names the job when the answer did.
    ///
    /// # Cancellation
    ///
    /// The request was perhaps taken.
    async fn submit(&self, generation: &Generation) -> Result<JobHandle, GeneratorError>;

    /// Waits until the job is over and returns what it gave, telling how it goes.
    ///
    /// # Errors
    ///
    /// `Refused`, `InvalidInput`, `ModelRetired`, `Failed`, `NoPictures`, `Cancelled`: verdicts.
    /// `TimedOut`, `Unavailable`, `Unauthorized`, `Unknown`: the job may go on.
    ///
    /// # Cancellation
    ///
    /// The job goes on.
    async fn wait(
        &self,
        job: &JobHandle,
        progress: &ProgressSink,
    ) -> Result<GeneratedPictures, GeneratorError>;
}

macro_rules! forward {
    ($($pointer:ident),*) => {$(
        #[deny(clippy::missing_trait_methods)]
        #[async_trait]
        impl<G: ImageGenerator + ?Sized> ImageGenerator for $pointer<G> {
            async fn submit(&self, generation: &Generation) -> Result<JobHandle, GeneratorError> {
                (**self).submit(generation).await
            }

            async fn wait(
                &self,
                job: &JobHandle,
                progress: &ProgressSink,
            ) -> Result<GeneratedPictures, GeneratorError> {
                (**self).wait(job, progress).await
            }
        }
    )*};
}

forward!(Arc, Box);
