//! What a caller may ask of one submit besides the model's input.

mod lifecycle;
mod tags;

use std::time::Duration;

pub use lifecycle::{Access, ObjectLifecycle};
pub use tags::{Tags, TagsError};

use crate::{FalError, FalErrorKind, Operation, WebhookUrl};

/// The longest runner hint, in bytes.
const MAX_HINT: usize = 256;

/// What a caller may ask of one submit besides the model's input.
///
/// The default asks for nothing: FAL's own priority, no time limit, output and payload kept as the account says.
/// The headers are those of FAL's page on common parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct SubmitOptions {
    start_timeout: Option<Duration>,
    priority: Option<Priority>,
    runner_hint: Option<String>,
    lifecycle: ObjectLifecycle,
    no_store_io: bool,
    no_server_retry: bool,
    no_fallback: bool,
    webhook: Option<WebhookUrl>,
    max_queue_length: Option<u32>,
    tags: Tags,
}

/// How a job stands in the queue that all callers of a model share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Priority {
    /// As everybody else.
    Normal,
    /// After the normal ones.
    Low,
}

impl SubmitOptions {
    /// Sets how long the job may wait for a runner, FAL's own retries included; more than one second.
    ///
    /// It does not limit the run itself. A job past it fails with 504 and is not billed.
    #[must_use]
    pub fn with_start_timeout(mut self, limit: Duration) -> Self {
        self.start_timeout = Some(limit);
        self
    }

    /// Sets the place in the queue.
    #[must_use]
    pub fn with_priority(mut self, priority: Priority) -> Self {
        self.priority = Some(priority);
        self
    }

    /// Asks for the runner that served the same hint before, as far as it is free; 1 to 256 visible ASCII
    /// characters.
    #[must_use]
    pub fn with_runner_hint(mut self, hint: &str) -> Self {
        self.runner_hint = Some(hint.to_owned());
        self
    }

    /// Sets after how long FAL destroys the output files; whole seconds, at least one.
    #[must_use]
    pub fn with_output_expires(mut self, after: Duration) -> Self {
        self.lifecycle = self.lifecycle.with_expires(after);
        self
    }

    /// Sets how long FAL keeps the output files and who may read them.
    #[must_use]
    pub fn with_lifecycle(mut self, lifecycle: ObjectLifecycle) -> Self {
        self.lifecycle = lifecycle;
        self
    }

    /// Asks FAL not to keep input and output as history; files of the output stay on its CDN.
    ///
    /// A submit whose answer is lost cannot be found by its input then.
    #[must_use]
    pub fn with_no_store_io(mut self) -> Self {
        self.no_store_io = true;
        self
    }

    /// Asks FAL not to queue the job again by itself after a failure of its runner.
    #[must_use]
    pub fn with_no_server_retry(mut self) -> Self {
        self.no_server_retry = true;
        self
    }

    /// Asks FAL not to pass the job on to another provider of the same model.
    #[must_use]
    pub fn with_no_fallback(mut self) -> Self {
        self.no_fallback = true;
        self
    }

    /// Asks FAL to report the job to this address when it is over.
    #[must_use]
    pub fn with_webhook(mut self, url: WebhookUrl) -> Self {
        self.webhook = Some(url);
        self
    }

    /// Asks FAL to refuse the job with 429 when more requests than this, of all callers, wait for the model.
    #[must_use]
    pub fn with_max_queue_length(mut self, most: u32) -> Self {
        self.max_queue_length = Some(most);
        self
    }

    /// Sets the tags under which the job is accounted.
    #[must_use]
    pub fn with_tags(mut self, tags: Tags) -> Self {
        self.tags = tags;
        self
    }

    /// Returns how long the job may wait for a runner.
    pub fn start_timeout(&self) -> Option<Duration> {
        self.start_timeout
    }

    /// Returns the place in the queue, if one was asked for.
    pub fn priority(&self) -> Option<Priority> {
        self.priority
    }

    /// Returns the hint at a runner.
    pub fn runner_hint(&self) -> Option<&str> {
        self.runner_hint.as_deref()
    }

    /// Returns after how long FAL destroys the output files.
    pub fn output_expires(&self) -> Option<Duration> {
        self.lifecycle.expires()
    }

    /// Returns how long FAL keeps the output files and who may read them.
    pub fn lifecycle(&self) -> &ObjectLifecycle {
        &self.lifecycle
    }

    /// Returns whether FAL is asked not to keep input and output as history.
    pub fn no_store_io(&self) -> bool {
        self.no_store_io
    }

    /// Returns whether FAL is asked not to queue the job again by itself.
    pub fn no_server_retry(&self) -> bool {
        self.no_server_retry
    }

    /// Returns whether FAL is asked not to pass the job on to another provider.
    pub fn no_fallback(&self) -> bool {
        self.no_fallback
    }

    /// Returns where FAL is asked to report the job.
    pub fn webhook(&self) -> Option<&WebhookUrl> {
        self.webhook.as_ref()
    }

    /// Returns how many requests may wait for the model before this one is refused.
    pub fn max_queue_length(&self) -> Option<u32> {
        self.max_queue_length
    }

    /// Returns the tags under which the job is accounted.
    pub fn tags(&self) -> &Tags {
        &self.tags
    }

    /// Checks the ranges, so that a bad option costs no network call.
    ///
    /// # Errors
    ///
    /// `Config` naming the option that is out of its range.
    pub fn check(&self) -> Result<(), FalError> {
        // Both official clients refuse a limit of one second or less, which FAL's queue can hardly keep.
        if self
            .start_timeout
            .is_some_and(|limit| limit <= Duration::from_secs(1))
        {
            return Err(out_of_range("start_timeout must be more than one second"));
        }
        if self
            .runner_hint
            .as_deref()
            .is_some_and(|hint| !is_header_text(hint))
        {
            return Err(out_of_range(
                "runner_hint must be 1 to 256 visible ASCII characters",
            ));
        }
        self.lifecycle.check().map_err(out_of_range)
    }
}

fn is_header_text(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_HINT && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn out_of_range(rule: &'static str) -> FalError {
    FalError::new(FalErrorKind::Config, Operation::Submit).with_reason(rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(options: &SubmitOptions) -> Option<String> {
        let error = options.check().err()?;
        assert_eq!(error.kind(), FalErrorKind::Config);
        error.reason().map(str::to_owned)
    }

    #[test]
    fn ranges_are_checked() {
        let second = Duration::from_secs(1);
        let options = SubmitOptions::default();
        assert_eq!(rule(&options), None);
        let good = options
            .clone()
            .with_start_timeout(second * 2)
            .with_output_expires(second)
            .with_runner_hint("lora-1")
            .with_max_queue_length(0);
        assert_eq!(rule(&good), None);
        let short = options.clone().with_start_timeout(second);
        assert_eq!(
            rule(&short).unwrap(),
            "start_timeout must be more than one second"
        );
        let early = options
            .clone()
            .with_output_expires(Duration::from_millis(999));
        assert!(rule(&early).unwrap().starts_with("output_expires"));
        for hint in ["", "a b", "a\r\nb", "ä", &"a".repeat(257)] {
            let odd = options.clone().with_runner_hint(hint);
            assert!(rule(&odd).unwrap().starts_with("runner_hint"), "{hint:?}");
        }
    }
}
