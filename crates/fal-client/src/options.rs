//! What a caller may ask of one submit besides the model's input.

use std::time::Duration;

use crate::{FalError, FalErrorKind, Operation};

/// What a caller may ask of one submit besides the model's input.
///
/// The default asks for nothing: FAL's own priority, no time limit, output and payload kept as the account says.
/// The headers are those of FAL's page on common parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct SubmitOptions {
    start_timeout: Option<Duration>,
    priority: Option<Priority>,
    output_expires: Option<Duration>,
    no_store_io: bool,
    no_server_retry: bool,
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

    /// Sets after how long FAL destroys the output files; whole seconds, at least one.
    #[must_use]
    pub fn with_output_expires(mut self, after: Duration) -> Self {
        self.output_expires = Some(after);
        self
    }

    /// Asks FAL not to keep input and output as history; files of the output stay on its CDN.
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

    /// Returns how long the job may wait for a runner.
    pub fn start_timeout(&self) -> Option<Duration> {
        self.start_timeout
    }

    /// Returns the place in the queue, if one was asked for.
    pub fn priority(&self) -> Option<Priority> {
        self.priority
    }

    /// Returns after how long FAL destroys the output files.
    pub fn output_expires(&self) -> Option<Duration> {
        self.output_expires
    }

    /// Returns whether FAL is asked not to keep input and output as history.
    pub fn no_store_io(&self) -> bool {
        self.no_store_io
    }

    /// Returns whether FAL is asked not to queue the job again by itself.
    pub fn no_server_retry(&self) -> bool {
        self.no_server_retry
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
            .output_expires
            .is_some_and(|after| after < Duration::from_secs(1))
        {
            return Err(out_of_range("output_expires must be at least one second"));
        }
        Ok(())
    }
}

fn out_of_range(rule: &'static str) -> FalError {
    FalError::new(FalErrorKind::Config, Operation::Submit).with_reason(rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_checked() {
        let second = Duration::from_secs(1);
        assert!(SubmitOptions::default().check().is_ok());
        let options = SubmitOptions::default();
        assert!(
            options
                .clone()
                .with_start_timeout(second * 2)
                .with_output_expires(second)
                .check()
                .is_ok()
        );
        let error = options
            .clone()
            .with_start_timeout(second)
            .check()
            .unwrap_err();
        assert_eq!(error.kind(), FalErrorKind::Config);
        assert_eq!(
            error.reason(),
            Some("start_timeout must be more than one second")
        );
        assert!(
            options
                .with_output_expires(Duration::from_millis(999))
                .check()
                .is_err()
        );
    }
}
