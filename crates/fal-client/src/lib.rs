#![doc = include_str!("../README.md")]

mod backoff;
mod classify;
mod client;
mod endpoint;
mod error;
mod fal_url;
mod files;
mod input_hash;
mod job;
mod key;
mod options;
mod platform;
mod poll;
mod port;
mod request_id;
mod runner;
mod status_stream;
mod time_source;
mod units;
mod unknown;
mod webhook_url;
#[cfg(feature = "http")]
mod wire;

pub mod layer;

#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "simulator")]
pub mod simulator;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "webhook")]
pub mod webhook;

pub use backoff::{RetryPolicy, SubmitRetry};
pub use client::{Delivered, FalClient, FalModel, JobEvent, JobEvents};
pub use endpoint::{Endpoint, EndpointError};
pub use error::{Billed, FalError, FalErrorKind, Fault, Operation};
pub use fal_url::{FalUrl, FalUrlError};
pub use files::{FalFiles, FileUrl, UploadFile};
pub use input_hash::{InputHash, InputHashError};
pub use job::{
    CancelOutcome, JobFailure, JobHandle, JobHandleError, JobOutput, JobStatus, LogLine,
};
pub use key::{FalKey, FalKeyError};
pub use options::{Access, ObjectLifecycle, Priority, SubmitOptions, Tags, TagsError};
pub use platform::{
    FalPlatform, FalPlatformExt, LostSearch, PayloadDeletion, RequestPage, RequestQuery,
    RequestRecord,
};
pub use poll::{Follow, OnDrop, OnTimeout, PollPolicy};
pub use port::FalQueue;
pub use request_id::{RequestId, RequestIdError};
pub use runner::{FalRunner, OutputStream};
pub use status_stream::StatusStream;
pub use time_source::TimeSource;
pub use units::BillableUnits;
pub use unknown::UnknownSubmit;
pub use webhook_url::{WebhookUrl, WebhookUrlError};
