//! The wall clock as a port, so that tests can set it.

use std::fmt;

use chrono::{DateTime, Utc};

/// Tells the time of day in UTC.
///
/// Everything that names a day, an hour or an end of life takes its time from here.
/// Spans are measured with `tokio::time::Instant` instead, since a wall clock may jump.
#[cfg_attr(feature = "testing", mockall::automock)]
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Returns the present time.
    fn now(&self) -> DateTime<Utc>;
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the wall clock"
    )]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}
