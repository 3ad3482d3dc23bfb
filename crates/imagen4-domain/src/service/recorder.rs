//! Writes the journal; what is paid for is written with patience.

use std::sync::Arc;
use std::time::Duration;

use storage::Clock;

use crate::generation::Generation;
use crate::journal::{JournalEntry, Step};
use crate::store::{GenerationStore, StoreError, StoreErrorKind};

/// The pause before the second try; it doubles, and each pause is cut by up to half at random.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// How often a step is tried to be written once it tells of something paid.
const PATIENT_TRIES: u32 = 6;

/// Writes the steps of generations.
#[derive(Debug, Clone)]
pub(super) struct Recorder {
    store: Arc<dyn GenerationStore>,
    clock: Arc<dyn Clock>,
}

impl Recorder {
    pub(super) fn new(store: Arc<dyn GenerationStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    pub(super) fn store(&self) -> &Arc<dyn GenerationStore> {
        &self.store
    }

    pub(super) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Writes `step` once: nothing is lost when it fails, since nothing has happened yet.
    pub(super) async fn write(
        &self,
        generation: &Generation,
        step: Step,
    ) -> Result<Generation, StoreError> {
        self.write_in(1, generation, step).await
    }

    /// Writes `step` with up to six tries within about three seconds.
    pub(super) async fn write_patiently(
        &self,
        generation: &Generation,
        step: Step,
    ) -> Result<Generation, StoreError> {
        self.write_in(PATIENT_TRIES, generation, step).await
    }

    async fn write_in(
        &self,
        tries: u32,
        generation: &Generation,
        step: Step,
    ) -> Result<Generation, StoreError> {
        let entry = JournalEntry::new(self.clock.now(), step);
        let mut pause = FIRST_PAUSE;
        let mut attempt = 1;
        loop {
            let (owner, id) = (generation.owner(), generation.id());
            let outcome = self
                .store
                .advance(owner, &id, generation.revision(), &entry)
                .await;
            match outcome {
                Err(error) if error.is_retryable() && attempt < tries => {
                    tracing::debug!(%error, attempt, "a step is written again");
                }
                Err(error) if error.kind() == StoreErrorKind::Conflict && attempt > 1 => {
                    return self.written_before(generation, &entry).await.ok_or(error);
                }
                other => return other,
            }
            tokio::time::sleep(pause.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
            pause *= 2;
            attempt += 1;
        }
    }

    /// Returns the generation when the conflict is with our own earlier try, whose answer was lost.
    async fn written_before(
        &self,
        generation: &Generation,
        entry: &JournalEntry,
    ) -> Option<Generation> {
        let wanted = generation.apply(entry).ok()?;
        let found = self
            .store
            .find(generation.owner(), &generation.id())
            .await
            .ok()??;
        (found == wanted).then_some(found)
    }
}
