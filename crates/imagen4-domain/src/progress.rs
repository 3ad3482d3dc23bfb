//! What a caller hears while pictures are being made.

use std::fmt;
use std::sync::Arc;

use fal_client::RequestId;

use crate::GenerationId;
use crate::catalogue::ModelId;

/// What a caller hears while pictures are being made, in the order of the flow.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// The request is recorded under this name.
    Accepted {
        /// The name.
        id: GenerationId,
    },
    /// The request is being sent to this model; it comes a second time when a successor takes over.
    Submitting {
        /// The model.
        model: ModelId,
    },
    /// FAL has taken the request.
    Submitted {
        /// FAL's name of the job.
        request_id: RequestId,
    },
    /// The job waits for a runner.
    Queued {
        /// How many are ahead; 0 is next.
        position: u64,
    },
    /// The job is being worked on.
    Running,
    /// A line that the runner wrote, each once.
    Log {
        /// The text.
        message: String,
    },
    /// The pictures are made and are being stored.
    Saving {
        /// How many there are.
        pictures: usize,
    },
}

/// Where progress is told to: a function that returns at once. Clones tell the same one.
#[derive(Clone)]
pub struct ProgressSink(Arc<dyn Fn(&Progress) + Send + Sync>);

impl ProgressSink {
    /// Returns the sink that calls `listener`.
    pub fn new(listener: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        Self(Arc::new(listener))
    }

    /// Returns the sink that nobody listens to.
    pub fn none() -> Self {
        Self::new(|_| {})
    }

    /// Tells `progress`.
    pub fn tell(&self, progress: &Progress) {
        (self.0)(progress);
    }
}

impl fmt::Debug for ProgressSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProgressSink")
    }
}
