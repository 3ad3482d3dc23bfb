//! Changes of records, lists and versions that go to the cache as one.

use std::fmt;
use std::slice;
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;

use crate::doubt::Change as Open;
use crate::outage::Side;
use crate::read_through::fits;
use crate::typed::write;
use crate::{Batch, CacheError, CacheErrorKind, FamilyKey, ReadThrough, RecentIds, Step};

/// What a writer tells the cache after one commit; each key stands in it once.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
///
/// use cache::memory::MemoryCache;
/// use cache::{Changes, FamilyKey, ReadThrough, RecentIds, Together};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let memory = Arc::new(MemoryCache::new());
/// let records = ReadThrough::new(Arc::clone(&memory) as _);
/// let recent = RecentIds::beside(&records, Arc::clone(&memory) as _);
/// let together = Together::new(records.clone(), recent, memory);
/// let key = FamilyKey::generation(17)?;
/// let record = serde_json::json!({ "prompt": "a fox" });
/// let changes = Changes::new().put(&key, &record).bump(&FamilyKey::gallery_version(7)?);
/// together.apply(changes).await;
/// assert_eq!(records.get::<serde_json::Value>(&key).await, Some(record));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Changes(Vec<Planned>);

#[derive(Debug, Clone)]
struct Planned {
    key: FamilyKey,
    what: What,
}

#[derive(Clone)]
enum What {
    /// `None` stands for a value that cannot be kept.
    Put(Option<Bytes>),
    Forget,
    Bump,
    Push(String),
    Remove(String),
}

impl Changes {
    /// Returns no changes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what [`ReadThrough::put`] does.
    pub fn put<T: Serialize>(self, key: &FamilyKey, value: &T) -> Self {
        let value = write(key, value).filter(|bytes| fits(key, bytes.len()));
        self.with(key, What::Put(value))
    }

    /// Adds what [`ReadThrough::forget`] does.
    pub fn forget(self, key: &FamilyKey) -> Self {
        self.with(key, What::Forget)
    }

    /// Adds what [`ReadThrough::bump`] does.
    pub fn bump(self, key: &FamilyKey) -> Self {
        self.with(key, What::Bump)
    }

    /// Adds what [`RecentIds::push`] does.
    pub fn push(self, key: &FamilyKey, id: impl Into<String>) -> Self {
        self.with(key, What::Push(id.into()))
    }

    /// Adds what [`RecentIds::remove`] does.
    pub fn remove(self, key: &FamilyKey, id: impl Into<String>) -> Self {
        self.with(key, What::Remove(id.into()))
    }

    fn with(mut self, key: &FamilyKey, what: What) -> Self {
        let key = key.clone();
        self.0.push(Planned { key, what });
        self
    }
}

/// Applies [`Changes`] in one call of the cache, with the manners of [`ReadThrough`] and [`RecentIds`].
///
/// A failure is a change left out, counted, with one warning for each outage. It puts **every** key of the changes in
/// doubt, and so does a caller that goes away before the answer. A list that is in doubt already is made cold instead
/// of changed. When another program misuses one of the keys, the others are changed one by one.
///
/// What readers in other processes may see meanwhile is the contract of [`Batch`]. Clones share everything.
#[derive(Debug, Clone)]
pub struct Together {
    through: ReadThrough,
    recent: RecentIds,
    batch: Arc<dyn Batch>,
}

impl Together {
    /// Returns the layer over `batch`, whose store must be that of `through` and `recent`; it shares their doubts.
    pub fn new(through: ReadThrough, recent: RecentIds, batch: Arc<dyn Batch>) -> Self {
        Self {
            through,
            recent,
            batch,
        }
    }

    /// Tells the cache what was committed to the record store before.
    ///
    /// # Cancellation
    ///
    /// That of [`Batch::apply`]; every key is in doubt.
    pub async fn apply(&self, changes: Changes) {
        let Changes(changes) = changes;
        let open: Vec<_> = changes.iter().map(|change| self.begin(change)).collect();
        for change in &changes {
            if change.is_value() && !self.through.void(&change.key).await {
                return;
            }
        }
        let steps: Vec<_> = changes
            .iter()
            .zip(&open)
            .map(|(change, open)| self.step_of(change, open))
            .collect();
        let outcome = self.batch.as_ref().apply(&steps).await;
        let is_misuse = matches!(&outcome, Err(error) if error.kind() == CacheErrorKind::Misused);
        let is_done = self.absorb(outcome);
        for ((change, step), open) in changes.iter().zip(&steps).zip(open) {
            // One key that another program uses must not keep the others from being changed.
            let alone = is_misuse && steps.len() > 1;
            if is_done || alone && self.apply_alone(step).await {
                self.took(change, step);
                open.done();
            }
        }
    }

    /// Lets nothing that was read before this moment come back, and puts the key in doubt until it is changed.
    fn begin<'a>(&'a self, change: &'a Planned) -> Open<'a> {
        if change.is_value() {
            self.through.supersede(&change.key);
        }
        if change.is_list() {
            self.recent.begin(&change.key)
        } else {
            self.through.begin(&change.key)
        }
    }

    fn step_of(&self, change: &Planned, open: &Open<'_>) -> Step {
        let key = change.key.key().clone();
        match &change.what {
            // No change may give a list that misses another a new life.
            What::Push(_) | What::Remove(_) if open.is_in_doubt() => Step::Forget { key },
            What::Push(id) => Step::Push {
                key,
                id: id.clone(),
                limits: change.key.limits(),
            },
            What::Remove(id) => Step::Remove {
                key,
                id: id.clone(),
                limits: change.key.limits(),
            },
            What::Bump => Step::Bump {
                key,
                ttl: change.key.ttl(),
            },
            What::Put(Some(value)) => Step::Set {
                key,
                value: value.clone(),
                ttl: self.through.life_of(&change.key),
            },
            // An older value must not stay in the place of one that cannot be kept.
            What::Put(None) | What::Forget => Step::Delete { key },
        }
    }

    async fn apply_alone(&self, step: &Step) -> bool {
        let outcome = self.batch.as_ref().apply(slice::from_ref(step)).await;
        self.absorb(outcome)
    }

    fn absorb(&self, outcome: Result<(), CacheError>) -> bool {
        let outages = self.through.outages();
        outages.absorb(Side::Writes, outcome).is_some()
    }

    fn took(&self, change: &Planned, step: &Step) {
        if let Step::Set { value, ttl, .. } = step {
            self.through.stored(&change.key, value, *ttl);
        }
    }
}

impl Planned {
    fn is_list(&self) -> bool {
        matches!(self.what, What::Push(_) | What::Remove(_))
    }

    fn is_value(&self) -> bool {
        matches!(self.what, What::Put(_) | What::Forget)
    }
}

impl fmt::Debug for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Put(_) => "put",
            Self::Forget => "forget",
            Self::Bump => "bump",
            Self::Push(_) => "push",
            Self::Remove(_) => "remove",
        })
    }
}
