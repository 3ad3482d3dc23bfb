//! Changes: what a writer tells the cache after its commit.

use bytes::Bytes;
use serde::Serialize;

use super::ReadThrough;
use super::turn::Held;
use crate::doubt::Change;
use crate::meters::{Meter, count};
use crate::outage::{Away, Side};
use crate::typed::write;
use crate::{CacheError, FamilyKey, MAX_VALUE_BYTES, Ttl};

impl ReadThrough {
    /// Keeps `value`, which was committed to the record store before.
    ///
    /// # Cancellation
    ///
    /// The value is kept or not; the key is in doubt.
    pub async fn put<T: Serialize + Sync>(&self, key: &FamilyKey, value: &T) {
        self.supersede(key);
        let change = self.doubts.change(key.key());
        if self.void(key).await && self.store(key, value, None).await {
            change.done();
        }
    }

    /// Removes what stands under `key`, whose record was changed or removed before.
    ///
    /// # Cancellation
    ///
    /// The value is removed or not; the key is in doubt.
    pub async fn forget(&self, key: &FamilyKey) {
        self.supersede(key);
        let change = self.doubts.change(key.key());
        if self.void(key).await && self.remove(key).await {
            change.done();
        }
    }

    /// Removes what stands under `key` and says whether it was there, for an erasure that must be known to have
    /// happened.
    pub(crate) async fn erase(&self, key: &FamilyKey) -> Result<bool, CacheError> {
        self.supersede(key);
        self.try_remove(key).await
    }

    /// Lets no other process write what it is loading under the family's lock; `false` when the cache is away.
    pub(crate) async fn void(&self, key: &FamilyKey) -> bool {
        let Some(lock) = self
            .lock
            .as_ref()
            .filter(|_| self.options_of(key).lock.is_some())
        else {
            return true;
        };
        let outcome = lock.as_ref().clear(key.key()).await;
        self.outages.ask(Side::Writes, outcome).is_ok()
    }

    /// Lets nothing that was read before this moment come back.
    pub(crate) fn supersede(&self, key: &FamilyKey) {
        self.flights.supersede(key.key());
        self.local.forget(key.key());
    }

    /// Begins a change of `key` that goes to the cache together with others.
    pub(crate) fn begin<'a>(&'a self, key: &'a FamilyKey) -> Change<'a> {
        self.doubts.change(key.key())
    }

    /// Returns the life that a value under `key` is to get.
    pub(crate) fn life_of(&self, key: &FamilyKey) -> Ttl {
        self.local.life(self.options_of(key), key.ttl())
    }

    /// Takes note of a value that was written together with others.
    pub(crate) fn stored(&self, key: &FamilyKey, value: &Bytes, life: Ttl) {
        let options = self.options_of(key);
        self.local.stored(key.key(), value, life, options);
    }

    /// Returns the version under `key`, beginning one when there is none; `None` when the cache fails.
    ///
    /// Without a version nothing that depends on it may be taken from the cache or kept in it. A version whose
    /// bump failed is bumped first.
    ///
    /// # Cancellation
    ///
    /// A version is begun, or raised, or not.
    pub async fn version(&self, key: &FamilyKey) -> Option<u64> {
        if self.doubts.about(key.key()).is_some() {
            return self.bump(key).await;
        }
        let outcome = self.port().get(key.key()).await;
        let found = self.outages.absorb(Side::Reads, outcome)?;
        let digits = found.as_deref().map(std::str::from_utf8);
        match digits
            .and_then(Result::ok)
            .and_then(|digits| digits.parse().ok())
        {
            Some(version) => Some(version),
            // Zero would be the same after every loss, and old pages would match again.
            None => self.bump(key).await,
        }
    }

    /// Raises the version under `key`, so that what was kept under the one before is never read again.
    ///
    /// `None` means that the cache fails; then [`version`](Self::version) gives none until a bump succeeded, and
    /// other processes may read what was kept until its own life ends.
    ///
    /// # Cancellation
    ///
    /// The version is raised or not; the key is in doubt.
    pub async fn bump(&self, key: &FamilyKey) -> Option<u64> {
        let change = self.doubts.change(key.key());
        let outcome = self.port().bump(key.key(), key.ttl()).await;
        let version = self.outages.absorb(Side::Writes, outcome)?;
        change.done();
        Some(version)
    }

    /// Writes `value`; `true` when nothing older stands there any more.
    pub(super) async fn store<T: Serialize + Sync>(
        &self,
        key: &FamilyKey,
        value: &T,
        held: Option<&Held>,
    ) -> bool {
        let Some(bytes) = write(key, value).filter(|bytes| fits(key, bytes.len())) else {
            // An older value must not stay in the place of one that cannot be kept.
            return self.remove(key).await;
        };
        let options = self.options_of(key);
        let life = self.local.life(options, key.ttl());
        let fenced = held.and_then(|held| Some((held.lock(), held.lease()?)));
        let outcome = if let Some((lock, lease)) = fenced {
            lock.set_fenced(lease, bytes.clone(), life).await
        } else {
            let set = self.port().set(key.key(), bytes.clone(), life).await;
            set.map(|()| true)
        };
        match self.outages.absorb(Side::Writes, outcome) {
            Some(true) => {
                self.local.stored(key.key(), &bytes, life, options);
                true
            }
            Some(false) => {
                count(key.family(), Meter::FencedOff);
                false
            }
            None => false,
        }
    }

    /// Removes what stands under `key`; `false` when it may stand there still, which puts the key in doubt.
    pub(super) async fn remove(&self, key: &FamilyKey) -> bool {
        let outcome = self.try_remove(key).await;
        self.outages.absorb(Side::Writes, outcome).is_some()
    }

    /// Removes what stands under `key`; a failure puts the key in doubt and is reported.
    async fn try_remove(&self, key: &FamilyKey) -> Result<bool, CacheError> {
        self.local.forget(key.key());
        let change = self.doubts.change(key.key());
        let was_there = self.port().delete(key.key()).await?;
        change.done();
        Ok(was_there)
    }

    /// Returns whether the key may be read, after what stood there was removed if it was in doubt.
    pub(super) async fn is_trusted(&self, key: &FamilyKey) -> Result<bool, Away> {
        let Some(doubt) = self.doubts.about(key.key()) else {
            return Ok(true);
        };
        let outcome = self.port().delete(key.key()).await;
        let is_gone = self.outages.ask(Side::Writes, outcome)?.is_some();
        if is_gone {
            self.doubts.clear(key.key(), doubt);
        }
        Ok(is_gone)
    }
}

pub(crate) fn fits(key: &FamilyKey, bytes: usize) -> bool {
    let fits = bytes <= MAX_VALUE_BYTES;
    if !fits {
        count(key.family(), Meter::Oversized);
    }
    fits
}
