#![doc = include_str!("../README.md")]

mod backoff;
mod classify;
mod client;
mod endpoint;
mod error;
mod fal_url;
mod job;
mod key;
mod options;
mod poll;
mod port;
mod request_id;
mod units;
#[cfg(feature = "http")]
mod wire;

pub mod layer;

#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "simulator")]
pub mod simulator;
#[cfg(feature = "testing")]
pub mod testing;

pub use backoff::{RetryPolicy, SubmitRetry};
pub use client::{Delivered, FalClient, FalModel};
pub use endpoint::{Endpoint, EndpointError};
pub use error::{Billed, FalError, FalErrorKind, Fault, Operation};
pub use fal_url::{FalUrl, FalUrlError};
pub use job::{CancelOutcome, JobFailure, JobHandle, JobOutput, JobStatus, LogLine};
pub use key::{FalKey, FalKeyError};
pub use options::{Priority, SubmitOptions};
pub use poll::{OnDrop, OnTimeout, PollPolicy};
pub use port::FalQueue;
pub use request_id::{RequestId, RequestIdError};
pub use units::BillableUnits;
