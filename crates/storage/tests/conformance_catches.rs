//! The suite finds the faults that stores really have: each faulty store fails the rule that is meant for it.

use std::sync::Arc;

use async_trait::async_trait;
use storage::testing::ManualClock;
use storage::testing::conformance::{self, StoreFixture};
use storage::{
    Body, BucketName, BucketOutcome, ByteRange, Capabilities, Clock, Deletion, GetOptions,
    ListOptions, ListPage, MemoryStore, Object, ObjectInfo, ObjectKey, ObjectRef, ObjectStore,
    PutMode, PutOptions, PutReceipt, Result, SignOptions, SignedUrl, StorageErrorKind,
};

/// Faults seen in real servers and clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    IgnoresCreateOnly,
    StoresShortStreams,
    MakesMissingBuckets,
    ForgetsTheType,
    IgnoresRanges,
    ListsOneTwice,
    DeletesNothingInBulk,
}

#[derive(Debug)]
struct Faulty {
    inner: MemoryStore,
    fault: Fault,
}

impl Faulty {
    fn has(&self, fault: Fault) -> bool {
        self.fault == fault
    }
}

#[async_trait]
impl ObjectStore for Faulty {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn put(
        &self,
        object: &ObjectRef,
        mut body: Body,
        mut options: PutOptions,
    ) -> Result<PutReceipt> {
        if self.has(Fault::IgnoresCreateOnly) {
            options.mode = PutMode::Overwrite;
        }
        if self.has(Fault::ForgetsTheType) {
            options.content_type = None;
        }
        if self.has(Fault::MakesMissingBuckets) {
            self.inner.ensure_bucket(&object.bucket).await?;
        }
        if self.has(Fault::StoresShortStreams) {
            body = match body.collect(1 << 20).await {
                Err(error) if error.kind() == StorageErrorKind::Corrupt => "short".into(),
                other => other?.into(),
            };
        }
        self.inner.put(object, body, options).await
    }

    async fn get(&self, object: &ObjectRef, mut options: GetOptions) -> Result<Object> {
        if self.has(Fault::IgnoresRanges) {
            options.range = ByteRange::Whole;
        }
        self.inner.get(object, options).await
    }

    async fn head(&self, object: &ObjectRef) -> Result<ObjectInfo> {
        self.inner.head(object).await
    }

    async fn delete(&self, object: &ObjectRef) -> Result<()> {
        self.inner.delete(object).await
    }

    async fn delete_many(&self, bucket: &BucketName, keys: &[ObjectKey]) -> Result<Vec<Deletion>> {
        if self.has(Fault::DeletesNothingInBulk) {
            let gone = |key: &ObjectKey| Deletion {
                key: key.clone(),
                outcome: Ok(()),
            };
            return Ok(keys.iter().map(gone).collect());
        }
        self.inner.delete_many(bucket, keys).await
    }

    async fn list(&self, bucket: &BucketName, options: ListOptions) -> Result<ListPage> {
        let mut page = self.inner.list(bucket, options).await?;
        if self.has(Fault::ListsOneTwice) {
            page.entries.extend(page.entries.first().cloned());
        }
        Ok(page)
    }

    async fn sign_get(&self, object: &ObjectRef, options: SignOptions) -> Result<SignedUrl> {
        self.inner.sign_get(object, options).await
    }

    async fn ensure_bucket(&self, bucket: &BucketName) -> Result<BucketOutcome> {
        self.inner.ensure_bucket(bucket).await
    }
}

fn faulty(fault: Fault) -> StoreFixture {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::default());
    let inner = MemoryStore::new(Arc::clone(&clock));
    StoreFixture::new(Arc::new(Faulty { inner, fault }), clock)
}

macro_rules! caught {
    ($($fault:ident by $rule:ident),* $(,)?) => {
        $(
            #[tokio::test]
            async fn $rule() {
                let run = tokio::spawn(async {
                    conformance::$rule(&faulty(Fault::$fault)).await;
                });
                assert!(run.await.unwrap_err().is_panic());
            }
        )*
    };
}

caught!(
    IgnoresCreateOnly by create_only_leaves_the_original,
    IgnoresCreateOnly by ten_racers_have_one_winner,
    StoresShortStreams by a_short_stream_stores_nothing,
    MakesMissingBuckets by a_put_into_a_missing_bucket_is_refused,
    ForgetsTheType by a_png_keeps_its_content_type,
    IgnoresRanges by a_bounded_range_gives_its_bytes,
    ListsOneTwice by a_listing_goes_by_the_bytes_of_the_keys,
    DeletesNothingInBulk by a_bulk_delete_of_one_key_deletes_it,
);
