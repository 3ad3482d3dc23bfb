//! How a service of your own is unit-tested with our mocks: `cargo test --example mock_the_store`.
//!
//! [`Postcards`] stands for your code: it takes our ports and knows no adapter.
//! The program runs it on the fakes that keep state; the tests below run it on mocks that check the calls.

#![expect(clippy::print_stdout, reason = "a program talks on the terminal")]

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cache::memory::MemoryCache;
use cache::{Cache, CacheKey, Ttl};
use fal_client::testing::{JobScript, ScriptedFalQueue};
use fal_client::{FalQueue, JobHandle, SubmitOptions};
use serde_json::json;
use storage::{Body, MemoryStore, ObjectRef, ObjectStore, PutOptions, SystemClock};

/// A service of yours: it orders a postcard once for each text, and keeps the order.
#[derive(Debug)]
struct Postcards {
    store: Arc<dyn ObjectStore>,
    cache: Arc<dyn Cache>,
    queue: Arc<dyn FalQueue>,
}

impl Postcards {
    /// Returns the job that draws `text`; a text that was ordered within the last hour is not paid again.
    async fn order(&self, name: &str, text: &str) -> Result<JobHandle, Box<dyn Error>> {
        let key = CacheKey::new(format!("postcard:{name}"))?;
        if let Some(known) = self.cache.get(&key).await? {
            return Ok(serde_json::from_slice(&known)?);
        }
        let endpoint = "fal-ai/nano-banana".parse()?;
        let input = json!({ "prompt": text });
        let job = self
            .queue
            .submit(&endpoint, &input, &SubmitOptions::default())
            .await?;
        let order = Bytes::from(serde_json::to_vec(&job)?);
        let object: ObjectRef = format!("postcards/{name}.json").parse()?;
        let options = PutOptions::create_only().with_content_type("application/json");
        self.store
            .put(&object, Body::from(order.clone()), options)
            .await?;
        self.cache
            .set(&key, order, Ttl::new(Duration::from_hours(1))?)
            .await?;
        Ok(job)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let store = Arc::new(MemoryStore::new(Arc::new(SystemClock)));
    store.ensure_bucket(&"postcards".parse()?).await?;
    let queue = Arc::new(ScriptedFalQueue::new(JobScript::gives(json!({}))));
    let postcards = Postcards {
        store,
        cache: Arc::new(MemoryCache::new()),
        queue: Arc::clone(&queue) as Arc<dyn FalQueue>,
    };
    let first = postcards.order("ada", "a lighthouse at dawn").await?;
    let second = postcards.order("ada", "a lighthouse at dawn").await?;
    println!(
        "{first}, paid {} time; asked again: {second}",
        queue.accepted()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use cache::testing::MockCache;
    use fal_client::testing::MockFalQueue;
    use storage::testing::MockObjectStore;
    use storage::{PutMode, PutReceipt, StorageError, StorageErrorKind};

    use super::*;

    fn job() -> JobHandle {
        JobHandle::new(
            "fal-ai/nano-banana".parse().unwrap(),
            "484ccb37".parse().unwrap(),
        )
    }

    fn postcards(store: MockObjectStore, cache: MockCache, queue: MockFalQueue) -> Postcards {
        Postcards {
            store: Arc::new(store),
            cache: Arc::new(cache),
            queue: Arc::new(queue),
        }
    }

    fn empty_cache() -> MockCache {
        let mut cache = MockCache::new();
        cache.expect_get().returning(|_| Ok(None));
        cache
    }

    fn queue_that_takes_one() -> MockFalQueue {
        let mut queue = MockFalQueue::new();
        queue
            .expect_submit()
            .withf(|endpoint, input, _| {
                endpoint.to_string() == "fal-ai/nano-banana" && input["prompt"] == "a fox"
            })
            .times(1)
            .returning(|_, _, _| Ok(job()));
        queue
    }

    #[tokio::test]
    async fn a_known_text_costs_nothing() {
        let mut cache = MockCache::new();
        cache
            .expect_get()
            .times(1)
            .returning(|_| Ok(Some(serde_json::to_vec(&job()).unwrap().into())));
        // The mocks of the queue and the store expect no call, and fail the test on any.
        let postcards = postcards(MockObjectStore::new(), cache, MockFalQueue::new());
        assert_eq!(postcards.order("ada", "a fox").await.unwrap(), job());
    }

    #[tokio::test]
    async fn a_new_text_is_ordered_kept_and_cached() {
        let mut store = MockObjectStore::new();
        store
            .expect_put()
            .withf(|object, body, options| {
                object.to_string() == "postcards/ada.json"
                    && body.length().is_some()
                    && options.mode == PutMode::CreateOnly
            })
            .times(1)
            .returning(|_, body, _| {
                Ok(PutReceipt {
                    size_bytes: body.length().unwrap_or(0),
                    etag: None,
                })
            });
        let mut cache = empty_cache();
        cache
            .expect_set()
            .withf(|key, _, ttl| {
                key.as_str() == "postcard:ada" && ttl.as_duration().as_secs() == 3_600
            })
            .times(1)
            .returning(|_, _, _| Ok(()));
        let postcards = postcards(store, cache, queue_that_takes_one());
        assert_eq!(postcards.order("ada", "a fox").await.unwrap(), job());
    }

    #[tokio::test]
    async fn an_order_that_cannot_be_kept_is_told_and_not_cached() {
        let mut store = MockObjectStore::new();
        store.expect_put().returning(|object, _, _| {
            Err(StorageError::new(
                StorageErrorKind::Unavailable,
                "put",
                object,
            ))
        });
        let postcards = postcards(store, empty_cache(), queue_that_takes_one());
        let error = postcards.order("ada", "a fox").await.unwrap_err();
        let error: &StorageError = error.downcast_ref().unwrap();
        assert_eq!(error.kind(), StorageErrorKind::Unavailable);
    }
}
