//! Mocks, fakes and the conformance suites, for tests of this and other crates.

pub mod conformance;
mod counting;
mod crashing;
mod failing;
pub mod lifecycle_conformance;
mod manual_clock;
mod operation;

pub use self::counting::CountingStore;
pub use self::crashing::{CrashingStore, Lifeline};
pub use self::failing::{FailingStore, Failure, When};
pub use self::manual_clock::ManualClock;
pub use self::operation::Operation;
pub use crate::clock::MockClock;
pub use crate::lifecycle::MockBucketLifecycle;
pub use crate::store::MockObjectStore;
