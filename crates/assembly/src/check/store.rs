//! What a check of the object store found.

use std::fmt;

use storage::minio::{ConditionalPut, MinioStore};
use storage::pictures::{BucketMap, PictureKind};
use storage::{BucketName, StorageError, StorageErrorKind};

use super::bucket::BucketCheck;
use super::write_fault;

/// What a check of the object store found. `Display` is for people, on several lines.
#[derive(Debug)]
pub struct StoreCheck {
    place: String,
    version: Option<String>,
    buckets: Vec<BucketCheck>,
    conditional_put: Option<Result<ConditionalPut, StorageError>>,
}

/// Returns each bucket once, in the order of the kinds.
pub(super) fn buckets(map: &BucketMap) -> Vec<BucketName> {
    let mut buckets = Vec::new();
    for kind in PictureKind::ALL {
        let bucket = &map.place(kind).bucket;
        if !buckets.contains(bucket) {
            buckets.push(bucket.clone());
        }
    }
    buckets
}

impl StoreCheck {
    pub(super) async fn run(store: &MinioStore, place: String, buckets: &[BucketName]) -> Self {
        let mut check = Self {
            place,
            version: None,
            buckets: Vec::new(),
            conditional_put: None,
        };
        for bucket in buckets {
            let found = BucketCheck::run(store, bucket).await;
            let goes_on = !found.fault().is_some_and(concerns_the_server);
            check.buckets.push(found);
            if !goes_on {
                break;
            }
        }
        if !check.fault().is_some_and(concerns_the_server) {
            check.version = store.server_name().await;
        }
        if let [first, ..] = &*check.buckets
            && check.fault().is_none()
        {
            let probe = store.probe_conditional_put(first.bucket()).await;
            check.conditional_put = Some(probe);
        }
        check
    }

    /// Returns what was found in each bucket; after a fault of the server itself the others are left out.
    pub fn buckets(&self) -> &[BucketCheck] {
        &self.buckets
    }

    /// Returns what the server calls itself, such as `MinIO`; `None` when it was not reached or tells nothing.
    ///
    /// S3 has no question for a version, so this is all that there is.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Returns whether the server keeps to create-only puts, or `None` when that was not reached.
    pub fn conditional_put(&self) -> Option<ConditionalPut> {
        self.conditional_put.as_ref()?.as_ref().ok().copied()
    }

    /// Returns the first fault.
    pub fn fault(&self) -> Option<&StorageError> {
        let of_bucket = self.buckets.iter().find_map(BucketCheck::fault);
        of_bucket.or_else(|| self.conditional_put.as_ref()?.as_ref().err())
    }

    /// Returns what the fault means and what to do, in one sentence; `None` when there is none.
    pub fn advice(&self) -> Option<&'static str> {
        self.fault().map(|fault| advice(fault.kind()))
    }
}

/// Nothing else can be expected of a server that does not answer.
fn concerns_the_server(fault: &StorageError) -> bool {
    use StorageErrorKind::{Config, TimedOut, Unavailable};
    matches!(fault.kind(), Config | TimedOut | Unavailable)
}

fn advice(kind: StorageErrorKind) -> &'static str {
    match kind {
        StorageErrorKind::Unavailable => {
            "Nobody answers there, or the server fails: look whether it runs, and whether MINIO_ENDPOINT is right."
        }
        StorageErrorKind::TimedOut => {
            "The server takes connections and does not answer in time: look whether it is overloaded or stopped."
        }
        StorageErrorKind::Denied => {
            "The server does not let us do this: correct MINIO_ACCESS_KEY and MINIO_SECRET_KEY, the rights of the \
             key, or the clock of this machine."
        }
        StorageErrorKind::BucketNotFound => {
            "The bucket is not there: the first start of a program makes it when the key may, or correct \
             MINIO_BUCKET_IMAGEN4 and its like."
        }
        StorageErrorKind::Corrupt => {
            "The server does not keep what it confirms: no picture is safe there."
        }
        StorageErrorKind::Config => {
            "A setting is wrong: look at MINIO_REGION and at what stands before the server."
        }
        StorageErrorKind::Throttled => "The server asks to slow down: look what else uses it.",
        _ => "The server answers what no object store should: look whether it is one at all.",
    }
}

impl fmt::Display for StoreCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "object store at {}", self.place)?;
        for bucket in &self.buckets {
            write!(f, "{bucket}")?;
        }
        if !self.fault().is_some_and(concerns_the_server) {
            let version = self.version.as_deref().unwrap_or("not told");
            write!(f, "\n  version  {version}")?;
        }
        match &self.conditional_put {
            Some(Ok(ConditionalPut::Honoured)) => f.write_str("\n  create-only is kept to")?,
            Some(Ok(ConditionalPut::Ignored)) => f.write_str(
                "\n  warning: create-only is ignored; two writers of one key may both succeed",
            )?,
            Some(Err(error)) => write_fault(f, error)?,
            None => {}
        }
        match self.advice() {
            Some(advice) => write!(f, "\n  {advice}"),
            None => f.write_str("\n  everything works"),
        }
    }
}
