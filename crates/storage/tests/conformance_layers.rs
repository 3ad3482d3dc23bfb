//! Every layer keeps the contract around the memory adapter, alone and all together.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use storage::layer::{Limited, Prefixed, RetryPolicy, Retrying, TimedOut, Traced};
use storage::testing::conformance::{Expectations, Fixture, StoreFixture};
use storage::testing::{CountingStore, FailingStore, Failure, ManualClock, Operation};
use storage::{Clock, MemoryStore, ObjectStore, StorageErrorKind};

const PREFIX: &str = "tenants/one";

const LONG: Duration = Duration::from_mins(1);

fn fixture<S: ObjectStore>(wrap: impl FnOnce(MemoryStore) -> S) -> StoreFixture {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::default());
    let store = wrap(MemoryStore::new(Arc::clone(&clock)));
    StoreFixture::new(Arc::new(store), clock)
}

fn below_the_prefix() -> Expectations {
    let whole = Expectations::default();
    Expectations {
        longest_key_bytes: whole.longest_key_bytes - PREFIX.len() - 1,
        ..whole
    }
}

fn quick() -> RetryPolicy {
    let pause = Duration::from_millis(1);
    RetryPolicy::default().with_pauses(pause, pause)
}

fn four() -> NonZeroUsize {
    NonZeroUsize::new(4).unwrap()
}

async fn prefixed() -> impl Fixture {
    fixture(|store| Prefixed::new(store, PREFIX.parse().unwrap()))
        .with_expectations(below_the_prefix())
}

async fn retrying() -> impl Fixture {
    fixture(|store| Retrying::new(store, quick()))
}

/// Every call that has no body to lose fails every other time.
async fn retrying_a_flaky_store() -> impl Fixture {
    fixture(|store| {
        let flaky = FailingStore::new(store);
        for operation in Operation::ALL {
            if matches!(operation, Operation::Put | Operation::EnsureBucket) {
                continue;
            }
            for call in (1..200).step_by(2) {
                let failure = Failure::of(operation, StorageErrorKind::Unavailable);
                flaky.fail(failure.on_calls(call..=call));
            }
        }
        Retrying::new(flaky, quick().with_attempts(50))
    })
}

async fn timed_out() -> impl Fixture {
    fixture(|store| TimedOut::new(store, LONG))
}

async fn limited() -> impl Fixture {
    fixture(|store| Limited::new(store, four()))
}

async fn traced() -> impl Fixture {
    fixture(Traced::new)
}

async fn counting() -> impl Fixture {
    fixture(CountingStore::new)
}

async fn failing_never() -> impl Fixture {
    fixture(FailingStore::new)
}

async fn all_together() -> impl Fixture {
    fixture(|store| {
        let store = Prefixed::new(store, PREFIX.parse().unwrap());
        let store = Limited::new(store, four());
        let store = TimedOut::new(store, LONG);
        Traced::new(Retrying::new(store, quick()))
    })
    .with_expectations(below_the_prefix())
}

async fn boxed_and_shared() -> impl Fixture {
    fixture(|store| {
        let store: Box<dyn ObjectStore> = Box::new(store);
        Arc::new(store)
    })
}

macro_rules! suites {
    ($($name:ident),* $(,)?) => {
        $(mod $name {
            mod suite {
                storage::object_store_conformance!(fixture = crate::$name);
            }
        })*
    };
}

suites!(
    prefixed,
    retrying,
    retrying_a_flaky_store,
    timed_out,
    limited,
    traced,
    counting,
    failing_never,
    all_together,
    boxed_and_shared,
);
