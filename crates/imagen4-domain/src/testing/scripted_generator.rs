//! A generator that does as it is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use fal_client::{BillableUnits, JobHandle, RequestId};

use crate::catalogue::ModelId;
use crate::fal::KEPT_FOR;
use crate::generation::Generation;
use crate::generator::{GeneratedPictures, GeneratorError, GeneratorErrorKind, ImageGenerator};
use crate::progress::{Progress, ProgressSink};

/// A fake generator: it takes every request and gives as many links as were asked for, unless told otherwise.
///
/// The links are `https://fal.test/{request id}/{number}.png`. Faults are taken in the order in which they were
/// added, one for each call. Clones share everything.
#[derive(Debug, Clone, Default)]
pub struct ScriptedGenerator(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    submit_faults: VecDeque<GeneratorError>,
    wait_faults: VecDeque<GeneratorError>,
    gone: Vec<String>,
    taken: Vec<(ModelId, RequestId, u8)>,
    submits: usize,
    waits: usize,
}

impl ScriptedGenerator {
    /// Returns a generator that takes everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets the next submit that has no fault yet fail.
    pub fn fail_submit(&self, error: GeneratorError) {
        self.lock().submit_faults.push_back(error);
    }

    /// Lets the next wait that has no fault yet fail.
    pub fn fail_wait(&self, error: GeneratorError) {
        self.lock().wait_faults.push_back(error);
    }

    /// Lets every submit to this model fail as one that is gone.
    pub fn retire(&self, model: &str) {
        self.lock().gone.push(model.to_owned());
    }

    /// Returns how often a submit was tried.
    pub fn submits(&self) -> usize {
        self.lock().submits
    }

    /// Returns how often a wait was begun.
    pub fn waits(&self) -> usize {
        self.lock().waits
    }

    /// Returns the models of the jobs that were taken: what would have been paid.
    pub fn taken(&self) -> Vec<String> {
        let state = self.lock();
        state
            .taken
            .iter()
            .map(|(model, ..)| model.to_string())
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl ImageGenerator for ScriptedGenerator {
    async fn submit(&self, generation: &Generation) -> Result<JobHandle, GeneratorError> {
        let mut state = self.lock();
        state.submits += 1;
        if let Some(error) = state.submit_faults.pop_front() {
            return Err(error);
        }
        let model = generation.model_used();
        if state.gone.iter().any(|gone| gone == model.as_str()) {
            return Err(GeneratorError::new(GeneratorErrorKind::ModelRetired));
        }
        let number = state.taken.len() + 1;
        let Ok(request_id) = format!("job-{number}").parse::<RequestId>() else {
            return Err(GeneratorError::new(GeneratorErrorKind::Config));
        };
        let images = generation.request().images().get();
        state
            .taken
            .push((model.clone(), request_id.clone(), images));
        Ok(JobHandle::new(model.endpoint().clone(), request_id))
    }

    async fn wait(
        &self,
        job: &JobHandle,
        progress: &ProgressSink,
    ) -> Result<GeneratedPictures, GeneratorError> {
        progress.tell(&Progress::Running);
        let mut state = self.lock();
        state.waits += 1;
        if let Some(error) = state.wait_faults.pop_front() {
            return Err(error);
        }
        let id = &job.request_id;
        let Some((.., images)) = state.taken.iter().find(|(_, taken, _)| taken == id) else {
            return Err(GeneratorError::new(GeneratorErrorKind::Unknown));
        };
        Ok(GeneratedPictures {
            links: (1..=*images)
                .map(|n| format!("https://fal.test/{id}/{n}.png"))
                .collect(),
            kept_for: KEPT_FOR,
            billable_units: Some(BillableUnits::from_units((*images).into())),
        })
    }
}
