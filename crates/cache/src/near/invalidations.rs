//! The port of a source that tells which keys were changed.

use std::fmt::{self, Debug};
use std::sync::Arc;

use async_trait::async_trait;
use tokio::time::Instant;

use super::table::Table;
use crate::{CacheError, CacheKey};

/// Tells a near cache which keys were changed, whoever changed them.
///
/// The contract:
///
/// - **Nothing is left out.** Each change of a followed key after [`began`](Listener::began) is told: a write, a
///   removal, an end of life, an eviction. A source that cannot be sure that it told of every change says
///   [`all_changed`](Listener::all_changed), or ends.
/// - **It is told after it happened**, so that a read that begins later sees it.
/// - **Silence is bounded.** A source that follows renews its promise by [`alive`](Listener::alive); when it
///   does not, what is held is not used.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Invalidations: Debug + Send + Sync + 'static {
    /// Follows the changes of every key that begins with one of `prefixes`, as long as it can, and returns why
    /// it ended.
    ///
    /// No prefix begins with another. The near cache calls again after a pause; see [`NearCache`].
    ///
    /// [`NearCache`]: crate::NearCache
    ///
    /// # Errors
    ///
    /// It always ends with one. `Refused`, `Misused` and `Config` mean that this server is no source, so that
    /// values are held for the short life only; any other kind, that the source is away.
    ///
    /// # Cancellation
    ///
    /// It stops following and gives back what it used.
    async fn follow(&self, prefixes: &[String], listener: &Listener) -> CacheError;
}

/// What a source of [`Invalidations`] tells. Clones tell the same near cache; each call returns at once.
#[derive(Clone)]
pub struct Listener(Arc<Table>);

impl Listener {
    pub(super) fn new(table: Arc<Table>) -> Self {
        Self(table)
    }

    /// Says that every change from now on will be told, and that silence means no change until `until`.
    pub fn began(&self, until: Instant) {
        self.0.began(until);
    }

    /// Says that every change so far was told, and that silence means no change until `until`.
    ///
    /// It is without effect before [`began`](Self::began) and after [`lost`](Self::lost).
    pub fn alive(&self, until: Instant) {
        self.0.alive(until);
    }

    /// Says that what stood under `key` was changed or removed.
    pub fn changed(&self, key: &CacheKey) {
        self.0.changed(key);
    }

    /// Says that everything may have changed.
    pub fn all_changed(&self) {
        self.0.flush();
    }

    /// Says that changes are no longer told, before [`follow`](Invalidations::follow) ends.
    pub fn lost(&self) {
        self.0.lost();
    }
}

impl Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Listener").field(&self.0).finish()
    }
}
