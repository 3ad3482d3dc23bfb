//! Buckets and records that do not agree, and a sweep over them.

use std::sync::Arc;

use chrono::TimeDelta;
use storage::pictures::testing::{FailingIndex, MemoryDeletionRecords, ScriptedSource};
use storage::pictures::{
    BucketMap, Finding, FindingKind, FindingOutcome, KnownPicture, MemoryPictureIndex, OrphanSweep,
    PictureStorage, StagedDeletion, SweepCursor, SweepReport, SweepSettings,
};
use storage::testing::{FailingStore, ManualClock};
use storage::{MemoryStore, ObjectRef, ObjectStore, PutOptions};

pub(crate) struct Scene {
    pub(crate) store: Arc<FailingStore<Arc<MemoryStore>>>,
    pub(crate) index: Arc<FailingIndex<Arc<MemoryPictureIndex>>>,
    pub(crate) known: Arc<MemoryPictureIndex>,
    pub(crate) records: Arc<MemoryDeletionRecords>,
    pub(crate) clock: ManualClock,
    pub(crate) map: BucketMap,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let clock = ManualClock::default();
        let memory = Arc::new(MemoryStore::new(Arc::new(clock.clone())));
        let store = Arc::new(FailingStore::new(memory));
        let map = BucketMap::default();
        for bucket in map.buckets() {
            store.ensure_bucket(bucket).await.unwrap();
        }
        let known = Arc::new(MemoryPictureIndex::new());
        Self {
            store,
            index: Arc::new(FailingIndex::new(known.clone())),
            known,
            records: Arc::new(MemoryDeletionRecords::new()),
            clock,
            map,
        }
    }

    pub(crate) async fn put(&self, text: &str) {
        let options = PutOptions::create_only();
        let object = object(text);
        let put = self.store.put(&object, "abc".into(), options);
        put.await.unwrap();
    }

    pub(crate) fn know(&self, text: &str) {
        self.known.insert(KnownPicture {
            object: object(text),
            owner: "7".to_owned(),
            record_id: format!("record of {text}"),
            number: 1,
        });
        self.records.insert(&object(text));
    }

    /// A picture with its record.
    pub(crate) async fn save(&self, text: &str) {
        self.put(text).await;
        self.know(text);
    }

    pub(crate) async fn is_there(&self, text: &str) -> bool {
        self.store.head(&object(text)).await.is_ok()
    }

    pub(crate) fn let_all_grow_old(&self) {
        self.clock.advance(TimeDelta::hours(24));
    }

    pub(crate) fn sweep(&self, settings: SweepSettings) -> OrphanSweep {
        OrphanSweep::new(
            self.store.clone(),
            self.index.clone(),
            &self.map,
            Arc::new(self.clock.clone()),
            settings,
        )
    }

    pub(crate) fn staged(&self) -> StagedDeletion {
        StagedDeletion::new(
            self.store.clone(),
            self.map.clone(),
            self.records.clone(),
            Arc::new(self.clock.clone()),
        )
    }

    pub(crate) fn pictures(&self) -> PictureStorage {
        let source = Arc::new(ScriptedSource::new());
        PictureStorage::new(self.store.clone(), source, self.map.clone())
    }
}

/// Sweeps from the start, and returns what was found, sorted by object.
pub(crate) async fn run(sweep: &OrphanSweep) -> (Vec<Finding>, SweepReport) {
    run_from(sweep, SweepCursor::start()).await
}

pub(crate) async fn run_from(
    sweep: &OrphanSweep,
    cursor: SweepCursor,
) -> (Vec<Finding>, SweepReport) {
    let mut found = Vec::new();
    let report = sweep.run(cursor, &mut |finding| found.push(finding)).await;
    found.sort_by(|one, other| one.object.cmp(&other.object));
    (found, report)
}

pub(crate) fn object(text: &str) -> ObjectRef {
    text.parse().unwrap()
}

pub(crate) fn finding(text: &str, kind: FindingKind, outcome: FindingOutcome) -> Finding {
    Finding {
        object: object(text),
        kind,
        outcome,
    }
}
