//! AWS signature version 4 for S3: signed links and requests signed in their headers.
//!
//! Source: AWS, "Authenticating Requests (AWS Signature Version 4)" in the S3 API reference.

mod credentials;
mod day;
mod encode;
mod host;
mod link;
mod signer;

pub use credentials::{Credentials, SharedCredentials};
#[cfg(feature = "s3-endpoint")]
pub(crate) use encode::encode_path;
#[cfg(feature = "minio")]
pub(crate) use encode::encode_segment;
pub use host::{InvalidHost, SignedHost};
pub use link::LinkSigner;
#[cfg(feature = "minio")]
pub(crate) use link::path_of;
#[cfg(feature = "minio")]
pub(crate) use signer::{Payload, Request, SignedHeaders, Signer};
