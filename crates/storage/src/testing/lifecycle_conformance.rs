//! The rules that every [`BucketLifecycle`] keeps, one function each, and a macro that makes tests of them.
//!
//! ```
//! use std::sync::Arc;
//! use storage::lifecycle::{MemoryLifecycle, StandingRule};
//! use storage::testing::lifecycle_conformance::LifecycleFixture;
//!
//! async fn memory() -> LifecycleFixture {
//!     let bucket: storage::BucketName = "pictures".parse().unwrap();
//!     let lifecycle = Arc::new(MemoryLifecycle::new([bucket.clone()]));
//!     LifecycleFixture::new(lifecycle, bucket, StandingRule::foreign(Some("theirs"), "a rule"))
//! }
//!
//! storage::bucket_lifecycle_conformance!(fixture = memory);
//! # fn main() {}
//! ```

#![expect(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a rule reports by panicking, as every assertion does"
)]

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::error::StorageErrorKind;
use crate::lifecycle::{
    BucketLifecycle, LifecycleAction, LifecycleChange, LifecycleDays, LifecycleDocument,
    LifecyclePlan, LifecycleRule, StandingRule,
};
use crate::name::BucketName;

/// A bucket without rules, made anew for every rule, and what it needs to live.
pub struct LifecycleFixture {
    lifecycle: Arc<dyn BucketLifecycle>,
    bucket: BucketName,
    foreign: StandingRule,
    kept: Box<dyn Any + Send + Sync>,
}

impl LifecycleFixture {
    /// Returns the fixture of a bucket that has no rules, with a rule that somebody else may have written there.
    pub fn new(
        lifecycle: Arc<dyn BucketLifecycle>,
        bucket: BucketName,
        foreign: StandingRule,
    ) -> Self {
        Self {
            lifecycle,
            bucket,
            foreign,
            kept: Box::new(()),
        }
    }

    /// Returns the fixture holding `thing` (a server) until its end.
    #[must_use]
    pub fn keeping(mut self, thing: impl Any + Send + Sync) -> Self {
        self.kept = Box::new(thing);
        self
    }

    async fn rules(&self) -> LifecycleDocument {
        self.lifecycle.rules(&self.bucket).await.unwrap()
    }

    async fn plan(&self, wanted: &[LifecycleRule]) -> LifecyclePlan {
        let plan = LifecyclePlan::make(&*self.lifecycle, &self.bucket, wanted).await;
        plan.unwrap()
    }

    async fn make(&self, wanted: &[LifecycleRule]) {
        self.plan(wanted)
            .await
            .apply(&*self.lifecycle)
            .await
            .unwrap();
    }

    /// Writes the foreign rule beside what stands there.
    async fn write_foreign(&self) {
        let before = self.rules().await;
        let mut after = before.clone();
        after.rules.push(self.foreign.clone());
        let replaced = self.lifecycle.replace(&self.bucket, &before, &after).await;
        replaced.unwrap();
    }

    async fn known(&self) -> Vec<LifecycleRule> {
        let rules = self.rules().await;
        rules
            .rules()
            .iter()
            .filter_map(|rule| rule.known().cloned())
            .collect()
    }
}

impl fmt::Debug for LifecycleFixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LifecycleFixture")
            .field("lifecycle", &self.lifecycle)
            .field("bucket", &self.bucket)
            .field("kept", &self.kept)
            .finish_non_exhaustive()
    }
}

fn days(days: u16) -> LifecycleDays {
    LifecycleDays::new(days).unwrap()
}

fn expire(after: u16) -> LifecycleRule {
    let action = LifecycleAction::ExpireAfter(days(after));
    LifecycleRule::new("expire-temporary", "temp & more/", action).unwrap()
}

fn expire_everything() -> LifecycleRule {
    let action = LifecycleAction::ExpireAfter(days(30));
    LifecycleRule::new("expire-everything", "", action).unwrap()
}

fn abort() -> LifecycleRule {
    let action = LifecycleAction::AbortUploadsAfter(days(1));
    LifecycleRule::new("abort-uploads", "", action).unwrap()
}

/// A bucket without rules has none.
pub async fn a_bucket_without_rules_has_none(fixture: &LifecycleFixture) {
    assert_eq!(fixture.rules().await.rules(), []);
}

/// A missing bucket is told, by both calls.
pub async fn a_missing_bucket_is_told(fixture: &LifecycleFixture) {
    let missing: BucketName = format!("{}-missing", fixture.bucket).parse().unwrap();
    let error = fixture.lifecycle.rules(&missing).await.unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::BucketNotFound);
    let nothing = LifecycleDocument::default();
    let something = LifecycleDocument::new([abort().into()]);
    let replaced = fixture
        .lifecycle
        .replace(&missing, &nothing, &something)
        .await;
    assert_eq!(
        replaced.unwrap_err().kind(),
        StorageErrorKind::BucketNotFound
    );
}

/// The rules that a plan adds come back as they are, also with an empty prefix and one that XML would change.
pub async fn rules_come_back_as_they_were_made(fixture: &LifecycleFixture) {
    let wanted = [expire(7), expire_everything(), abort()];
    let plan = fixture.plan(&wanted).await;
    let added = wanted.clone().map(LifecycleChange::Add);
    assert_eq!(plan.changes(), added);
    assert_eq!(fixture.rules().await.rules(), [], "a plan changes nothing");
    plan.apply(&*fixture.lifecycle).await.unwrap();
    assert_eq!(fixture.known().await, wanted);
}

/// After a plan was applied, a second one has nothing to change.
pub async fn a_second_plan_changes_nothing(fixture: &LifecycleFixture) {
    let wanted = [expire(7), expire_everything(), abort()];
    fixture.make(&wanted).await;
    let before = fixture.rules().await;
    let again = fixture.plan(&wanted).await;
    assert_eq!((again.changes(), again.to_string().as_str()), (&[][..], ""));
    again.apply(&*fixture.lifecycle).await.unwrap();
    assert_eq!(fixture.rules().await, before);
}

/// Rules of ours are replaced and removed as wanted.
pub async fn our_rules_are_replaced_and_removed(fixture: &LifecycleFixture) {
    fixture.make(&[expire(7), abort()]).await;
    let plan = fixture.plan(&[expire(14)]).await;
    let id = abort().id();
    let expected = [
        LifecycleChange::Replace(expire(14)),
        LifecycleChange::Remove { id },
    ];
    assert_eq!(plan.changes(), expected);
    let text = plan.to_string();
    assert!(
        text.contains("~ pictures-expire-temporary: expire after 14 days"),
        "{text}"
    );
    assert!(text.contains("- pictures-abort-uploads"), "{text}");
    plan.apply(&*fixture.lifecycle).await.unwrap();
    assert_eq!(fixture.known().await, [expire(14)]);
}

/// Foreign rules stay as they are while ours come, change and go.
pub async fn foreign_rules_stay(fixture: &LifecycleFixture) {
    fixture.write_foreign().await;
    let theirs = fixture.rules().await.rules()[0].clone();
    assert_eq!(theirs.id(), fixture.foreign.id());
    for wanted in [&[expire(7), abort()][..], &[expire(14)], &[]] {
        fixture.make(wanted).await;
        let rules = fixture.rules().await;
        assert_eq!(rules.rules().len(), 1 + wanted.len());
        assert_eq!(rules.rules()[0].text(), theirs.text());
    }
}

/// The last rule can go, and leaves no rules.
pub async fn the_last_rule_can_go(fixture: &LifecycleFixture) {
    fixture.make(&[abort()]).await;
    fixture.make(&[]).await;
    assert_eq!(fixture.rules().await.rules(), []);
}

/// A change between plan and apply is noticed, and what others wrote stays.
pub async fn a_change_in_between_is_noticed(fixture: &LifecycleFixture) {
    let plan = fixture.plan(&[abort()]).await;
    fixture.write_foreign().await;
    let error = plan.apply(&*fixture.lifecycle).await.unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::Conflict);
    let rules = fixture.rules().await;
    assert_eq!(rules.rules().len(), 1);
    assert_eq!(rules.rules()[0].id(), fixture.foreign.id());
    fixture.make(&[abort()]).await;
    assert_eq!(fixture.rules().await.rules().len(), 2);
}

/// Makes one test of each rule for one adapter.
///
/// `fixture` is the path of an `async fn() -> LifecycleFixture`; attributes in front, such as
/// `#[ignore = "needs …"]`, are put on every test.
#[macro_export]
macro_rules! bucket_lifecycle_conformance {
    ($(#[$attribute:meta])* fixture = $fixture:path $(,)?) => {
        $crate::bucket_lifecycle_conformance! {
            @all [$(#[$attribute])*] $fixture;
            a_bucket_without_rules_has_none,
            a_missing_bucket_is_told,
            rules_come_back_as_they_were_made,
            a_second_plan_changes_nothing,
            our_rules_are_replaced_and_removed,
            foreign_rules_stay,
            the_last_rule_can_go,
            a_change_in_between_is_noticed,
        }
    };
    (@all $attributes:tt $fixture:path; $($rule:ident,)*) => {
        $( $crate::bucket_lifecycle_conformance!(@one $attributes $fixture; $rule); )*
    };
    (@one [$(#[$attribute:meta])*] $fixture:path; $rule:ident) => {
        #[::tokio::test]
        $(#[$attribute])*
        async fn $rule() {
            let fixture = $fixture().await;
            $crate::testing::lifecycle_conformance::$rule(&fixture).await;
        }
    };
}

#[cfg(test)]
mod tests {
    /// Reads the rules where they are written, so that none can be left out of the macro.
    #[test]
    fn every_rule_is_in_the_macro() {
        let source = include_str!("lifecycle_conformance.rs");
        let rules: Vec<_> = source
            .lines()
            .filter_map(|line| line.strip_prefix("pub async fn ")?.split('(').next())
            .collect();
        assert_eq!(rules.len(), 8);
        for rule in rules {
            assert!(source.contains(&format!("            {rule},\n")), "{rule}");
        }
    }
}
