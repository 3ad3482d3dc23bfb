#![doc = include_str!("../README.md")]

mod body;
mod clock;
#[cfg(feature = "s3-endpoint")]
pub mod endpoint;
mod error;
#[cfg(feature = "fs")]
pub mod filesystem;
mod gathered;
mod intake;
pub mod layer;
pub mod lifecycle;
pub mod memory;
#[cfg(feature = "minio")]
pub mod minio;
mod name;
mod object;
mod options;
mod paging;
pub mod pictures;
mod signed_url;
mod sigv4;
mod store;
#[cfg(any(feature = "minio", feature = "http"))]
mod tls;

pub use body::{Body, BodyStream};
pub use clock::{Clock, SystemClock};
pub use error::{Result, StorageError, StorageErrorKind};
pub use memory::MemoryStore;
pub use name::{BucketName, NameError, ObjectKey, ObjectRef};
pub use object::{
    BucketOutcome, Deletion, InvalidDigest, InvalidMetadata, ListEntry, ListPage, Metadata, Object,
    ObjectInfo, PutReceipt, Sha256Digest,
};
pub use options::{
    ByteRange, GetOptions, InvalidLinkLife, LinkLife, ListOptions, PutMode, PutOptions, SignOptions,
};
pub use signed_url::SignedUrl;
pub use sigv4::{Credentials, InvalidHost, LinkSigner, SharedCredentials, SignedHost};
pub use store::{Capabilities, ObjectStore};

#[cfg(feature = "testing")]
pub mod testing;
