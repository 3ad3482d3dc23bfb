//! Whether the servers that the settings name do what is needed, tried out step by step.

mod bucket;
mod cache;
mod store;

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ::cache::redis::{RedisCache, RedisSettings};
use ::cache::{CacheError, CacheErrorKind};
use imagen4_domain::UserId;
use storage::SystemClock;
use storage::minio::MinioStore;

use crate::error::{AssemblyError, Part};
use crate::settings::Settings;

pub use bucket::{BucketCheck, StoreStep};
pub use cache::CacheCheck;
pub use store::StoreCheck;

/// How long a call may take that is to explain why Redis is silent: 2 s.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long one call of a check on the object store may take: 5 s.
const STORE_LIMIT: Duration = Duration::from_secs(5);

impl Settings {
    /// Tries out Redis: a sign of life, a write, a read and a removal of a random key that lives 10 s at most,
    /// and a look at the list of the newest generations of `user`. `None` when memory stands in.
    ///
    /// Each call has the limits that a program's calls have; one that is not answered is tried once more with
    /// patience, only to find out whether the two sides disagree about TLS. Nothing is left behind.
    ///
    /// # Errors
    ///
    /// [`AssemblyError`] when no adapter can be made of the settings; what the server does wrong is in the check.
    ///
    /// # Cancellation
    ///
    /// The random key may be left, for 10 s.
    pub async fn check_cache(&self, user: &UserId) -> Result<Option<CacheCheck>, AssemblyError> {
        let Some(settings) = self.redis.clone() else {
            return Ok(None);
        };
        let check = try_out(settings.clone(), user).await?;
        if check.fault().map(CacheError::kind) != Some(CacheErrorKind::TimedOut) {
            return Ok(Some(check));
        }
        // Where one side alone speaks TLS the other is silent, and to find that out takes longer than a call has.
        let patient = settings
            .with_connect_limit(PATIENCE / 4)
            .with_call_limit(PATIENCE);
        let again = try_out(patient, user).await?;
        let explains = again.fault().map(CacheError::kind) == Some(CacheErrorKind::Tls);
        Ok(Some(if explains { again } else { check }))
    }

    /// Tries out the object store: in each bucket a listing, then a put, a look, a read and a removal of a random
    /// key. `None` when files stand in.
    ///
    /// Nothing is made that is missing, nothing is repeated that fails, and nothing is left behind: a key whose
    /// removal fails is named by the check. One call has 5 s.
    ///
    /// # Errors
    ///
    /// [`AssemblyError`] when no adapter can be made of the settings; what the server does wrong is in the check.
    ///
    /// # Cancellation
    ///
    /// A key under `check-` or `probe-` may be left in a bucket.
    pub async fn check_store(&self) -> Result<Option<StoreCheck>, AssemblyError> {
        let Some(settings) = self.minio.clone() else {
            return Ok(None);
        };
        let settings = settings.with_call_limit(STORE_LIMIT);
        let store = MinioStore::new(&settings, Arc::new(SystemClock));
        let store = store.map_err(|error| AssemblyError::new(Part::ObjectStore, error))?;
        let place = settings.endpoint().to_string();
        let buckets = store::buckets(self.pictures.buckets());
        Ok(Some(StoreCheck::run(&store, place, &buckets).await))
    }

    /// Tells whether there is a key for FAL. One that is there has the form `id:secret`, or the settings would
    /// not have been read; whether FAL takes it, only a paid job could tell.
    pub fn has_fal_key(&self) -> bool {
        self.fal.is_some()
    }
}

async fn try_out(settings: RedisSettings, user: &UserId) -> Result<CacheCheck, AssemblyError> {
    let redis = RedisCache::new(settings);
    let redis = redis.map_err(|error| AssemblyError::new(Part::Cache, error))?;
    Ok(CacheCheck::run(&redis, user).await)
}

/// Writes a step with its time, as the checks show it.
fn write_step(f: &mut fmt::Formatter<'_>, step: &str, time: Duration) -> fmt::Result {
    write!(f, "\n  {step:<8} {:.2} ms", time.as_secs_f64() * 1_000.0)
}

/// Writes a fault with its causes on one line, from the outside in.
fn write_fault(f: &mut fmt::Formatter<'_>, fault: &dyn Error) -> fmt::Result {
    write!(f, "\n  fault: {fault}")?;
    let mut cause = fault.source();
    while let Some(error) = cause {
        write!(f, ": {error}")?;
        cause = error.source();
    }
    Ok(())
}
