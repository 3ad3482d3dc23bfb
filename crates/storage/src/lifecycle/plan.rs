//! The difference between the rules that stand and the rules that are to be.

use std::fmt;

use super::rule::{LifecycleRule, StandingRule};
use super::{BucketLifecycle, LifecycleDocument};
use crate::error::Result;
use crate::name::BucketName;

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LifecycleChange {
    /// The rule is missing.
    Add(LifecycleRule),
    /// A rule of ours with its id says something else.
    Replace(LifecycleRule),
    /// A rule of ours is no longer wanted.
    Remove {
        /// Its id.
        id: String,
    },
}

impl fmt::Display for LifecycleChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Add(rule) => write!(f, "+ {rule}"),
            Self::Replace(rule) => write!(f, "~ {rule}"),
            Self::Remove { id } => write!(f, "- {id}"),
        }
    }
}

/// What is to be changed in the rules of one bucket; its text has a line for each change.
#[derive(Debug, Clone)]
pub struct LifecyclePlan {
    bucket: BucketName,
    before: LifecycleDocument,
    after: LifecycleDocument,
    changes: Vec<LifecycleChange>,
}

impl LifecyclePlan {
    /// Compares the rules of `bucket` with those that are wanted; nothing is changed.
    ///
    /// # Errors
    ///
    /// Those of [`BucketLifecycle::rules`].
    ///
    /// # Cancellation
    ///
    /// Nothing happened.
    pub async fn make(
        lifecycle: &dyn BucketLifecycle,
        bucket: &BucketName,
        wanted: &[LifecycleRule],
    ) -> Result<Self> {
        let before = lifecycle.rules(bucket).await?;
        let mut after = before.clone();
        let mut changes = Vec::new();
        after
            .rules
            .retain_mut(|rule| keep(rule, wanted, &mut changes));
        for rule in wanted {
            let id = rule.id();
            if !after.rules.iter().any(|other| other.id() == Some(&id)) {
                changes.push(LifecycleChange::Add(rule.clone()));
                after.rules.push(rule.clone().into());
            }
        }
        Ok(Self {
            bucket: bucket.clone(),
            before,
            after,
            changes,
        })
    }

    /// Returns the bucket.
    pub fn bucket(&self) -> &BucketName {
        &self.bucket
    }

    /// Returns the changes; none when the rules are as wanted.
    pub fn changes(&self) -> &[LifecycleChange] {
        &self.changes
    }

    /// Makes the changes; without any, nothing is sent.
    ///
    /// # Errors
    ///
    /// `Conflict` when the rules are no longer those of the plan: make a new one. Otherwise those of
    /// [`BucketLifecycle::replace`].
    ///
    /// # Cancellation
    ///
    /// The changes are made, all or none; make a new plan.
    pub async fn apply(&self, lifecycle: &dyn BucketLifecycle) -> Result<()> {
        if self.changes.is_empty() {
            return Ok(());
        }
        lifecycle
            .replace(&self.bucket, &self.before, &self.after)
            .await?;
        tracing::info!(bucket = %self.bucket, changes = self.changes.len(), "lifecycle rules were changed");
        Ok(())
    }
}

impl fmt::Display for LifecyclePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for change in &self.changes {
            writeln!(f, "{}: {change}", self.bucket)?;
        }
        Ok(())
    }
}

/// Brings a standing rule to what is wanted, and tells whether it stays.
fn keep(
    standing: &mut StandingRule,
    wanted: &[LifecycleRule],
    changes: &mut Vec<LifecycleChange>,
) -> bool {
    if !standing.is_ours() {
        return true;
    }
    let id = standing.id().unwrap_or_default().to_owned();
    match wanted.iter().find(|rule| rule.id() == id) {
        None => {
            changes.push(LifecycleChange::Remove { id });
            false
        }
        Some(rule) if standing.known() == Some(rule) => true,
        Some(rule) => {
            changes.push(LifecycleChange::Replace(rule.clone()));
            let lead = std::mem::take(&mut standing.lead);
            *standing = rule.clone().into();
            standing.lead = lead;
            true
        }
    }
}
