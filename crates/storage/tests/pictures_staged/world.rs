//! A store, records and a clock that outlive the processes which work on them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use storage::pictures::testing::{MemoryDeletionRecords, RecordStanding};
use storage::pictures::{BucketMap, DeletionRecords, DeletionTicket, StagedDeletion};
use storage::testing::{CrashingStore, Lifeline, ManualClock};
use storage::{
    Clock, GetOptions, ListOptions, MemoryStore, Metadata, ObjectInfo, ObjectRef, ObjectStore,
    PutOptions, Result, Sha256Digest, StorageErrorKind,
};

pub(crate) const BYTES: &str = "the bytes of the picture";
pub(crate) const SIDECAR: &str = "{\"seed\":7}";
pub(crate) const WINDOW: Duration = Duration::from_hours(1);
pub(crate) const SETTLE: Duration = Duration::from_mins(10);

/// What lasts.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) records: Arc<MemoryDeletionRecords>,
    pub(crate) clock: ManualClock,
}

/// How a picture stands, seen from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// The record is shown, and the picture is there as it was.
    There,
    /// The record is hidden or removed, and nothing stands at the key.
    Gone,
    /// Neither; what a user must never meet is `record shown, object missing`.
    Between { shown: bool, object: bool },
}

/// The records as a process sees them that dies at one of its calls.
#[derive(Debug)]
struct CrashingRecords {
    inner: Arc<MemoryDeletionRecords>,
    life: Arc<Lifeline>,
}

#[async_trait]
impl DeletionRecords for CrashingRecords {
    async fn hide(&self, ticket: &DeletionTicket) -> Result<()> {
        let call = self.inner.hide(ticket);
        self.life.call("hide", &ticket.object, call).await
    }

    async fn show(&self, ticket: &DeletionTicket) -> Result<()> {
        let call = self.inner.show(ticket);
        self.life.call("show", &ticket.object, call).await
    }

    async fn remove(&self, ticket: &DeletionTicket) -> Result<()> {
        let call = self.inner.remove(ticket);
        self.life.call("remove", &ticket.object, call).await
    }
}

impl World {
    pub(crate) async fn in_memory() -> Self {
        let clock = ManualClock::default();
        let store = Arc::new(MemoryStore::new(Arc::new(clock.clone())));
        Self::over(store, clock).await
    }

    pub(crate) async fn over(store: Arc<dyn ObjectStore>, clock: ManualClock) -> Self {
        for bucket in BucketMap::default().buckets() {
            store.ensure_bucket(bucket).await.unwrap();
        }
        let records = Arc::new(MemoryDeletionRecords::new());
        Self {
            store,
            records,
            clock,
        }
    }

    /// Returns the service of a process with this life.
    pub(crate) fn process(&self, life: &Arc<Lifeline>) -> StagedDeletion {
        let store = Arc::new(CrashingStore::new(self.store.clone(), life.clone()));
        let records = CrashingRecords {
            inner: self.records.clone(),
            life: life.clone(),
        };
        let clock = Arc::new(self.clock.clone());
        StagedDeletion::new(store, BucketMap::default(), Arc::new(records), clock)
            .with_window(WINDOW)
            .with_settle_time(SETTLE)
    }

    pub(crate) fn clock_now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub(crate) fn healthy(&self) -> StagedDeletion {
        self.process(&Arc::new(Lifeline::endless()))
    }

    /// Stores a picture with its sidecar and a record that is shown.
    pub(crate) async fn save(&self, object: &ObjectRef) {
        let metadata = Metadata::new().with("prompt-hash", "abc ü").unwrap();
        let options = PutOptions::create_only()
            .with_content_type("image/png")
            .with_metadata(metadata)
            .with_sha256(Sha256Digest::of(BYTES.as_bytes()));
        self.store.put(object, BYTES.into(), options).await.unwrap();
        let options = PutOptions::create_only().with_content_type("application/json");
        let sidecar = sidecar(object);
        self.store
            .put(&sidecar, SIDECAR.into(), options)
            .await
            .unwrap();
        self.records.insert(object);
    }

    pub(crate) async fn head(&self, object: &ObjectRef) -> Option<ObjectInfo> {
        match self.store.head(object).await {
            Ok(info) => Some(info),
            Err(error) => {
                assert_eq!(error.kind(), StorageErrorKind::NotFound);
                None
            }
        }
    }

    async fn text(&self, object: &ObjectRef) -> Option<String> {
        let found = match self.store.get(object, GetOptions::default()).await {
            Ok(found) => found,
            Err(error) => {
                assert_eq!(error.kind(), StorageErrorKind::NotFound);
                return None;
            }
        };
        let bytes = found.body.collect(1 << 20).await.unwrap();
        Some(String::from_utf8(bytes.to_vec()).unwrap())
    }

    /// Tells how a picture stands, and checks that what is there is what was saved.
    pub(crate) async fn see(&self, object: &ObjectRef) -> Seen {
        let shown = self.records.standing(object) == Some(RecordStanding::Shown);
        let info = self.head(object).await;
        let sidecar_info = self.head(&sidecar(object)).await;
        match (shown, &info, &sidecar_info) {
            (true, Some(info), Some(sidecar_info)) => {
                assert_eq!(self.text(object).await.as_deref(), Some(BYTES));
                assert_eq!(info.content_type.as_deref(), Some("image/png"));
                assert_eq!(info.metadata.get("prompt-hash"), Some("abc ü"));
                assert_eq!(info.sha256, Some(Sha256Digest::of(BYTES.as_bytes())));
                assert_eq!(self.text(&sidecar(object)).await.as_deref(), Some(SIDECAR));
                let kind = sidecar_info.content_type.as_deref();
                assert_eq!(kind, Some("application/json"));
                Seen::There
            }
            (false, None, None) => Seen::Gone,
            _ => Seen::Between {
                shown,
                object: info.is_some(),
            },
        }
    }

    /// Asserts what holds at every moment, also in the middle of a step.
    pub(crate) async fn assert_no_record_without_object(&self, object: &ObjectRef) {
        let seen = self.see(object).await;
        let broken = Seen::Between {
            shown: true,
            object: false,
        };
        assert_ne!(seen, broken);
    }

    /// Returns the keys of the quarantine.
    pub(crate) async fn quarantine(&self, object: &ObjectRef) -> Vec<String> {
        let options = ListOptions {
            prefix: ".quarantine/".to_owned(),
            ..ListOptions::default()
        };
        let page = self.store.list(&object.bucket, options).await.unwrap();
        let keys = page.entries.iter().map(|entry| entry.key.to_string());
        keys.collect()
    }
}

pub(crate) fn picture() -> ObjectRef {
    "imagen4/2026/03/01/abc_1.png".parse().unwrap()
}

pub(crate) fn sidecar(object: &ObjectRef) -> ObjectRef {
    format!("{object}.json").parse().unwrap()
}
