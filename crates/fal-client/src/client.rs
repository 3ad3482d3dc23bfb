//! The typed client: submit, wait, or both.

mod events;
mod trouble;
mod wait;

use std::{borrow::Cow, sync::Arc, time::Duration};

use serde::{Serialize, de::DeserializeOwned};

pub use events::{JobEvent, JobEvents};

use events::Told;

use crate::{
    BillableUnits, Endpoint, FalError, FalErrorKind, FalQueue, JobHandle, JobOutput, OnTimeout,
    Operation, PollPolicy, RequestId, SubmitOptions,
};

/// The least limit to start that is asked for; FAL's clients refuse one second and less.
const LEAST_START_TIMEOUT: Duration = Duration::from_millis(1001);

/// The longest limit to start that is asked for; beyond a day it would limit nothing.
const MOST_START_TIMEOUT: Duration = Duration::from_hours(24);

/// A model: where it is, what goes in, what comes out.
pub trait FalModel: Send + Sync {
    /// What the model is given.
    type Input: Serialize + Sync;
    /// What the model gives. Make every part that FAL does not promise an `Option`.
    type Output: DeserializeOwned + Send;

    /// Returns where the model is.
    fn endpoint(&self) -> &Endpoint;
}

/// What a job gave, read as the model's output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered<T> {
    /// Where the job is found again.
    pub job: JobHandle,
    /// The model's output.
    pub output: T,
    /// What the job cost in the model's own unit; `None` when FAL did not say.
    pub billable_units: Option<BillableUnits>,
}

/// A typed client over any [`FalQueue`].
///
/// It polls and it reads. Repeating failed calls is the work of [`Retrying`](crate::layer::Retrying), put around
/// the queue; what still fails on the way to a job that is waited for is asked again with the next poll.
/// Clones share the queue.
#[derive(Debug, Clone)]
pub struct FalClient {
    queue: Arc<dyn FalQueue>,
    poll: PollPolicy,
}

impl FalClient {
    /// Returns a client over a queue, with the default [`PollPolicy`].
    pub fn new(queue: Arc<dyn FalQueue>) -> Self {
        Self {
            queue,
            poll: PollPolicy::default(),
        }
    }

    /// Sets how jobs are watched.
    #[must_use]
    pub fn with_poll(mut self, poll: PollPolicy) -> Self {
        self.poll = poll;
        self
    }

    /// Returns the queue beneath, for status, result and cancel of single jobs.
    pub fn queue(&self) -> &Arc<dyn FalQueue> {
        &self.queue
    }

    /// Submits a job and returns its handle. Save the handle before waiting: with it a paid job is never lost.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when the input cannot be written as JSON, and those of [`FalQueue::submit`].
    ///
    /// # Cancellation
    ///
    /// A dropped future may leave an accepted job that nobody holds the handle of.
    pub async fn submit<M: FalModel>(
        &self,
        model: &M,
        input: &M::Input,
        options: &SubmitOptions,
    ) -> Result<JobHandle, FalError> {
        let input = serde_json::to_value(input).map_err(|_| unwritable_input())?;
        self.queue
            .as_ref()
            .submit(model.endpoint(), &input, options)
            .await
    }

    /// Waits until a job is over and returns what it gave, telling `on_event` what happens, each thing once.
    ///
    /// # Errors
    ///
    /// The model's own error for a failed job; `TimedOut` when the policy's time has passed; the error of a call
    /// that a repeat does not cure, as `Unauthorized`, after which the job goes on. Each names the job, so that
    /// the wait can be taken up again.
    ///
    /// Trouble on the way to the job (`Unavailable`, `RateLimited`, a call that ran out of time, retries of
    /// these used up) ends no wait: the job is polled again until the policy's time has passed, and the last
    /// trouble is the source of the `TimedOut`. So does an answer that cannot be read; ten of these in a row end
    /// the wait with `Malformed`. A pause that the queue asks for is kept, up to a minute.
    ///
    /// # Cancellation
    ///
    /// The job goes on, or is cancelled by a spawned task: see [`OnDrop`](crate::OnDrop).
    pub async fn wait(
        &self,
        job: &JobHandle,
        on_event: impl FnMut(&JobEvent) + Send,
    ) -> Result<JobOutput, FalError> {
        wait::wait(&self.queue, &self.poll, job, on_event).await
    }

    /// Returns the wait for a job as a stream of what happens to it; the last item is what the job gave, or the
    /// error that [`wait`](Self::wait) gives.
    pub fn events(&self, job: &JobHandle) -> JobEvents {
        let (queue, poll, job) = (Arc::clone(&self.queue), self.poll, job.clone());
        let told = Told::default();
        let listener = told.clone();
        let wait = async move {
            let tell = move |event: &JobEvent| listener.push(event);
            wait::wait(&queue, &poll, &job, tell).await
        };
        JobEvents::new(told, wait)
    }

    /// Takes up the wait for a job of `model` known by its id alone, and reads its output.
    ///
    /// # Errors
    ///
    /// Those of [`wait`](Self::wait) and [`read`](Self::read).
    ///
    /// # Cancellation
    ///
    /// As `wait`.
    pub async fn resume<M: FalModel>(
        &self,
        model: &M,
        request_id: RequestId,
        on_event: impl FnMut(&JobEvent) + Send,
    ) -> Result<Delivered<M::Output>, FalError> {
        let job = JobHandle::new(model.endpoint().clone(), request_id);
        let output = self.wait(&job, on_event).await?;
        Self::read::<M>(job, output)
    }

    /// Submits a job, waits until it is over, and reads its output.
    ///
    /// A policy that cancels the job when its time is over also tells FAL not to start the job after that time,
    /// unless the options name another limit to start.
    ///
    /// # Errors
    ///
    /// Those of [`submit`](Self::submit), [`wait`](Self::wait) and [`read`](Self::read).
    ///
    /// # Cancellation
    ///
    /// As `submit` before the job is accepted, as `wait` afterwards.
    pub async fn subscribe<M: FalModel>(
        &self,
        model: &M,
        input: &M::Input,
        options: &SubmitOptions,
        on_event: impl FnMut(&JobEvent) + Send,
    ) -> Result<Delivered<M::Output>, FalError> {
        let options = self.bounded(options);
        let job = self.submit(model, input, &options).await?;
        let output = self.wait(&job, on_event).await?;
        Self::read::<M>(job, output)
    }

    /// Submits a job and returns the wait for it as a stream.
    ///
    /// # Errors
    ///
    /// Those of [`submit`](Self::submit); the stream has those of [`wait`](Self::wait).
    ///
    /// # Cancellation
    ///
    /// As `submit`.
    pub async fn subscribe_events<M: FalModel>(
        &self,
        model: &M,
        input: &M::Input,
        options: &SubmitOptions,
    ) -> Result<(JobHandle, JobEvents), FalError> {
        let job = self.submit(model, input, &self.bounded(options)).await?;
        let events = self.events(&job);
        Ok((job, events))
    }

    /// Returns the options with the limit to start that the policy implies.
    ///
    /// A job that is kept at the time-out may start at any time, so that policy implies none. Neither does a time
    /// that FAL's limit cannot express.
    fn bounded<'a>(&self, options: &'a SubmitOptions) -> Cow<'a, SubmitOptions> {
        let expressible = LEAST_START_TIMEOUT..=MOST_START_TIMEOUT;
        let total = self.poll.total();
        let cancels = self.poll.on_timeout() == OnTimeout::Cancel;
        if options.start_timeout().is_none() && cancels && expressible.contains(&total) {
            Cow::Owned(options.clone().with_start_timeout(total))
        } else {
            Cow::Borrowed(options)
        }
    }

    /// Reads what a job gave as the model's output.
    ///
    /// # Errors
    ///
    /// `Malformed` when it has another shape. The job is paid all the same, and its result can be fetched again.
    pub fn read<M: FalModel>(
        job: JobHandle,
        output: JobOutput,
    ) -> Result<Delivered<M::Output>, FalError> {
        match serde_json::from_value(output.value) {
            Ok(value) => Ok(Delivered {
                job,
                output: value,
                billable_units: output.billable_units,
            }),
            // The error of the parser quotes the value, which may hold what must not be logged.
            Err(_) => Err(FalError::new(FalErrorKind::Malformed, Operation::Result).with_job(&job)),
        }
    }
}

fn unwritable_input() -> FalError {
    FalError::new(FalErrorKind::InvalidInput, Operation::Submit)
        .with_reason("the input cannot be written as JSON")
        .with_unsent()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{CancelOutcome, JobStatus, StatusStream};

    #[derive(Debug)]
    struct Numbers(Endpoint);

    impl FalModel for Numbers {
        type Input = std::collections::BTreeMap<(u8, u8), u8>;
        type Output = Vec<u8>;

        fn endpoint(&self) -> &Endpoint {
            &self.0
        }
    }

    #[derive(Debug)]
    struct Unreachable;

    #[async_trait::async_trait]
    impl FalQueue for Unreachable {
        async fn submit(
            &self,
            _: &Endpoint,
            _: &serde_json::Value,
            _: &SubmitOptions,
        ) -> Result<JobHandle, FalError> {
            panic!("no call is expected")
        }

        async fn status(&self, _: &JobHandle) -> Result<JobStatus, FalError> {
            panic!("no call is expected")
        }

        async fn watch(&self, _: &JobHandle) -> Result<StatusStream, FalError> {
            panic!("no call is expected")
        }

        async fn result(&self, _: &JobHandle) -> Result<JobOutput, FalError> {
            panic!("no call is expected")
        }

        async fn cancel(&self, _: &JobHandle) -> Result<CancelOutcome, FalError> {
            panic!("no call is expected")
        }
    }

    #[tokio::test]
    async fn an_input_that_is_no_json_costs_no_call() {
        let client = FalClient::new(Arc::new(Unreachable));
        let model = Numbers("a/b".parse().unwrap());
        let input = [((1, 2), 3)].into();
        let error = client
            .submit(&model, &input, &SubmitOptions::default())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), FalErrorKind::InvalidInput);
    }

    #[test]
    fn an_output_of_another_shape_names_its_job_and_shows_nothing() {
        let job = JobHandle::new("a/b".parse().unwrap(), "1".parse().unwrap());
        let good = FalClient::read::<Numbers>(job.clone(), JobOutput::new(json!([1, 2]))).unwrap();
        assert_eq!(good.output, [1, 2]);
        let error =
            FalClient::read::<Numbers>(job.clone(), JobOutput::new(json!("canary"))).unwrap_err();
        assert_eq!(error.kind(), FalErrorKind::Malformed);
        assert_eq!(error.request_id(), Some(&job.request_id));
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
}
