//! A bucket that is too large to be held: its listing and its records are made up as they are asked for.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use storage::pictures::{
    BucketMap, FindingKind, KnownPicture, OrphanSweep, PictureIndex, SweepCursor, SweepEnd,
    SweepReport, SweepSettings,
};
use storage::testing::ManualClock;
use storage::{
    Body, BucketName, BucketOutcome, Capabilities, Clock, Deletion, GetOptions, ListEntry,
    ListOptions, ListPage, Metadata, Object, ObjectInfo, ObjectKey, ObjectRef, ObjectStore,
    PutOptions, PutReceipt, Result, SignOptions, SignedUrl, StorageError, StorageErrorKind,
};

/// As many pictures as there are in the records and in the bucket together.
#[derive(Debug, Clone, Copy)]
struct Made {
    count: usize,
}

impl Made {
    /// One in two hundred has no record, and one in five hundred has no object; none has neither.
    fn is_orphan(number: usize) -> bool {
        number % 200 == 3
    }

    fn is_lost(number: usize) -> bool {
        number % 500 == 11
    }

    fn key(number: usize) -> ObjectKey {
        format!("2026/03/01/{number:09}_1.png").parse().unwrap()
    }

    fn number(key: &ObjectKey) -> Option<usize> {
        let name = key.as_str().strip_prefix("2026/03/01/")?;
        name.strip_suffix("_1.png")?.parse().ok()
    }

    fn has_object(self, key: &ObjectKey) -> bool {
        Self::number(key).is_some_and(|number| number < self.count && !Self::is_lost(number))
    }

    fn after(after: Option<&ObjectKey>) -> usize {
        after.map_or(0, |key| Self::number(key).unwrap() + 1)
    }
}

#[derive(Debug)]
struct MadeStore {
    made: Made,
    put_at: DateTime<Utc>,
}

#[derive(Debug)]
struct MadeIndex(Made);

fn unsupported<T>(operation: &'static str) -> Result<T> {
    Err(StorageError::new(
        StorageErrorKind::NotSupported,
        operation,
        "a made store",
    ))
}

#[async_trait]
impl ObjectStore for MadeStore {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            atomic_create: false,
            signed_links: false,
            shared: false,
        }
    }

    async fn put(&self, _: &ObjectRef, _: Body, _: PutOptions) -> Result<PutReceipt> {
        unsupported("put")
    }

    async fn get(&self, _: &ObjectRef, _: GetOptions) -> Result<Object> {
        unsupported("get")
    }

    async fn head(&self, object: &ObjectRef) -> Result<ObjectInfo> {
        if !self.made.has_object(&object.key) {
            return Err(StorageError::new(
                StorageErrorKind::NotFound,
                "head",
                object,
            ));
        }
        Ok(ObjectInfo {
            size_bytes: 3,
            content_type: None,
            etag: None,
            last_modified: Some(self.put_at),
            sha256: None,
            metadata: Metadata::new(),
        })
    }

    async fn delete(&self, _: &ObjectRef) -> Result<()> {
        unsupported("delete")
    }

    async fn delete_many(&self, _: &BucketName, _: &[ObjectKey]) -> Result<Vec<Deletion>> {
        unsupported("delete_many")
    }

    async fn list(&self, bucket: &BucketName, options: ListOptions) -> Result<ListPage> {
        if bucket.as_str() != "imagen4" || !options.prefix.is_empty() {
            return Ok(ListPage::default());
        }
        let entry = |number| ListEntry {
            key: Made::key(number),
            size_bytes: 3,
            last_modified: Some(self.put_at),
            etag: Some("an entity tag of some length".to_owned()),
        };
        let limit = usize::from(options.limit);
        let mut entries: Vec<_> = (Made::after(options.start_after.as_ref())..self.made.count)
            .filter(|number| !Made::is_lost(*number))
            .take(limit + 1)
            .map(entry)
            .collect();
        let more = entries.len() > limit;
        entries.truncate(limit);
        let next_start_after = entries.last().filter(|_| more).map(|last| last.key.clone());
        Ok(ListPage {
            entries,
            next_start_after,
        })
    }

    async fn sign_get(&self, _: &ObjectRef, _: SignOptions) -> Result<SignedUrl> {
        unsupported("sign_get")
    }

    async fn ensure_bucket(&self, _: &BucketName) -> Result<BucketOutcome> {
        unsupported("ensure_bucket")
    }
}

impl MadeIndex {
    fn known(bucket: &BucketName, number: usize) -> KnownPicture {
        KnownPicture {
            object: ObjectRef::new(bucket.clone(), Made::key(number)),
            owner: "7".to_owned(),
            record_id: number.to_string(),
            number: 1,
        }
    }
}

#[async_trait]
impl PictureIndex for MadeIndex {
    async fn find(&self, objects: &[ObjectRef]) -> Result<Vec<KnownPicture>> {
        assert!(objects.len() <= 1000);
        let numbers = objects.iter().filter_map(|object| {
            let number = Made::number(&object.key).filter(|number| !Made::is_orphan(*number))?;
            Some(Self::known(&object.bucket, number))
        });
        Ok(numbers.collect())
    }

    async fn page(
        &self,
        bucket: &BucketName,
        after: Option<ObjectKey>,
        limit: u16,
    ) -> Result<Vec<KnownPicture>> {
        if bucket.as_str() != "imagen4" {
            return Ok(Vec::new());
        }
        let numbers =
            (Made::after(after.as_ref())..self.0.count).filter(|number| !Made::is_orphan(*number));
        let page = numbers.take(limit.into());
        Ok(page.map(|number| Self::known(bucket, number)).collect())
    }

    async fn buckets(&self) -> Result<Vec<BucketName>> {
        Ok(vec!["imagen4".parse().unwrap()])
    }
}

/// Sweeps a bucket of so many pictures, and returns the numbers of the orphans and of the lost ones.
async fn sweep(count: usize) -> (BTreeSet<usize>, BTreeSet<usize>, SweepReport) {
    let clock = ManualClock::default();
    let made = Made { count };
    let put_at = clock.now() - TimeDelta::hours(25);
    let store = Arc::new(MadeStore { made, put_at });
    let sweep = OrphanSweep::new(
        store,
        Arc::new(MadeIndex(made)),
        &BucketMap::default(),
        Arc::new(clock),
        SweepSettings::default(),
    );
    let (mut orphans, mut lost) = (BTreeSet::new(), BTreeSet::new());
    let report = sweep
        .run(SweepCursor::start(), &mut |finding| {
            let number = Made::number(&finding.object.key).unwrap();
            let new = match finding.kind {
                FindingKind::OrphanPicture => orphans.insert(number),
                FindingKind::LostPicture => lost.insert(number),
                FindingKind::OrphanSidecar => panic!("{finding:?}"),
            };
            assert!(new, "{finding:?} comes twice");
        })
        .await;
    assert!(matches!(report.end, SweepEnd::Complete), "{report:?}");
    (orphans, lost, report)
}

#[tokio::test]
async fn in_a_hundred_thousand_objects_all_seven_hundred_are_found_and_none_is_wrong() {
    const COUNT: usize = 100_000;
    let (orphans, lost, report) = sweep(COUNT).await;
    let expected: BTreeSet<_> = (0..COUNT)
        .filter(|number| Made::is_orphan(*number))
        .collect();
    assert_eq!((expected.len(), orphans == expected), (500, true));
    let expected: BTreeSet<_> = (0..COUNT).filter(|number| Made::is_lost(*number)).collect();
    assert_eq!((expected.len(), lost == expected), (200, true));
    assert_eq!(report.counts.pictures, 99_800);
}

/// The most memory that this process has used so far, in KiB. Source: Linux, `proc_pid_status(5)`.
#[cfg(target_os = "linux")]
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    let digits: String = line.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

/// The listing and the records of this many pictures would take more than 20 MiB if they were kept.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_memory_of_a_sweep_does_not_grow_with_the_bucket() {
    sweep(10_000).await;
    let before = peak_kib();
    sweep(100_000).await;
    let growth = peak_kib() - before;
    assert!(
        growth < 4 * 1024,
        "{growth} KiB more for ten times the pictures"
    );
}
