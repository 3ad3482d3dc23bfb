//! An S3 endpoint over any store: signed links work, and any S3 tool can look inside.
//!
//! It speaks path style over plain HTTP and is meant for loopback or for standing behind a proxy that
//! keeps the header `Host`.
//! Signatures and their expiry are checked by the `s3s` crate; the region, the limit of seven days and
//! that the host is signed are checked here.
//!
//! What it does not do: versions, tags, lifecycle, access lists, conditional puts on an entity tag, uploads by
//! a browser's form, and listing the buckets, which the port cannot.
//! Parts of a multipart upload are held in memory until it is completed, 256 MiB for all uploads
//! together; a restart forgets them, and so does a day.
//!
//! The `s3s` crate logs requests with their signatures at level debug and every refusal at level error;
//! filter its target `s3s` out.

mod access;
mod checksum;
mod conditions;
mod convert;
mod guard;
#[cfg(feature = "testing")]
mod in_process;
mod listing;
mod multipart;
mod server;
mod service;
mod streams;
mod unread;

#[cfg(feature = "testing")]
pub use in_process::InProcessEndpoint;
pub use server::{BoundEndpoint, RunningEndpoint, S3Endpoint};
