//! Loads in the background: ahead of a value's end, and beyond the patience of a caller.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use super::load::Reason;
use super::local::window;
use super::{Loaded, ReadThrough};
use crate::FamilyKey;
use crate::meters::{Meter, count};
use crate::outage::Side;

impl ReadThrough {
    /// Returns the value under `key` like [`get_or_load`](Self::get_or_load), with loads that run in tasks of
    /// their own: a caller that goes away does not stop one.
    ///
    /// This is what early refresh and the soft limit of a family's options need. A refresh runs once for all
    /// readers of this process, who go on reading the value that is there; across processes the first to
    /// refresh gives the value a new life, which the others find before they load.
    ///
    /// `load` is called again when the runtime shuts the task down. Needs a running tokio runtime.
    ///
    /// # Errors
    ///
    /// What `load` fails with; see [`get_or_load`](Self::get_or_load). A refresh that fails is counted, and tried
    /// again after the options' throttle while the value lives.
    ///
    /// # Cancellation
    ///
    /// The load goes on and fills the cache.
    pub async fn get_or_refresh<T, E, F, L>(&self, key: &FamilyKey, load: L) -> Loaded<T, E>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        E: Send + Sync + 'static,
        F: Future<Output = Result<Option<T>, E>> + Send + 'static,
        L: Fn() -> F + Send + Sync + 'static,
    {
        let reason = match self.find(key).await {
            Ok(found) => {
                self.refresh_when_due(key, found.is_some(), load);
                return Ok(found);
            }
            Err(reason) => reason,
        };
        let load = Arc::new(load);
        let mut task = self.spawn_load(key, reason, &load);
        let soft = self.options_of(key).soft_limit;
        let mut joined = None;
        if let Some((limit, old)) = soft.zip(self.local.old(key.key())) {
            joined = timeout(limit, &mut task).await.ok();
            if joined.is_none()
                && let Some(old) = self.give_old(key, &old)
            {
                return Ok(Some(old));
            }
        }
        let joined = match joined {
            Some(joined) => joined,
            None => task.await,
        };
        match joined {
            Ok(loaded) => loaded,
            // The task panicked or was shut down; either shows again here, to this caller.
            Err(_) => self.share(key, reason, || load()).await,
        }
    }

    fn spawn_load<T, E, F, L>(
        &self,
        key: &FamilyKey,
        reason: Reason,
        load: &Arc<L>,
    ) -> JoinHandle<Loaded<T, E>>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        E: Send + Sync + 'static,
        F: Future<Output = Result<Option<T>, E>> + Send + 'static,
        L: Fn() -> F + Send + Sync + 'static,
    {
        let (through, key, load) = (self.clone(), key.clone(), Arc::clone(load));
        tokio::spawn(async move { through.share(&key, reason, || load()).await })
    }

    fn refresh_when_due<T, E, F, L>(&self, key: &FamilyKey, is_there: bool, load: L)
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        E: Send + Sync + 'static,
        F: Future<Output = Result<Option<T>, E>> + Send + 'static,
        L: Fn() -> F + Send + Sync + 'static,
    {
        let is_wanted = is_there && self.options_of(key).eager_refresh_percent.is_some();
        if is_wanted && self.local.claim_refresh(key.key(), key.ttl()) {
            let (through, key) = (self.clone(), key.clone());
            tokio::spawn(async move { through.refresh(&key, load).await });
        }
    }

    /// Looks when the value ends, loads it anew when that is near, and plans the next look.
    async fn refresh<T, E, F, L>(&self, key: &FamilyKey, load: L)
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        E: Send + Sync + 'static,
        F: Future<Output = Result<Option<T>, E>> + Send,
        L: Fn() -> F + Send + Sync,
    {
        let options = *self.options_of(key);
        let outcome = self.port().ttl(key.key()).await;
        let left = self.outages.absorb(Side::Reads, outcome).flatten();
        let (Some(left), Some(window)) = (left, window(key.ttl(), &options)) else {
            // It ended meanwhile, or nobody knows: the next miss loads.
            return;
        };
        let ends = Instant::now() + left.min(key.ttl().as_duration());
        if left > window {
            return self.local.plan(key.key(), ends, key.ttl(), &options);
        }
        // Should this fail, the next look is after the throttle; a value that is kept plans its own.
        let again = Instant::now() + options.throttle;
        self.local.refresh_from(key.key(), again, ends.max(again));
        count(key.family(), Meter::EarlyRefresh);
        let loaded: Loaded<T, E> = self.share(key, Reason::Refresh, load).await;
        if loaded.is_err() {
            tracing::debug!(family = key.family().spec().name, "an early refresh failed");
        }
    }
}
