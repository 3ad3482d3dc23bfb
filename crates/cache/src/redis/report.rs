//! What a check found.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::config::{RedisSettings, Topology};
use super::facts::ServerFacts;
use crate::{CacheError, CacheErrorKind};

/// One step of a [check](super::RedisCache::check).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CheckStep {
    /// A connection, the greeting and a sign of life.
    Ping,
    /// A write of a random key that lives 10 s at most.
    Set,
    /// A read of what was written.
    Get,
    /// A removal of it.
    Delete,
}

impl CheckStep {
    /// Returns the step as one lower-case word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ping => "ping",
            Self::Set => "set",
            Self::Get => "get",
            Self::Delete => "delete",
        }
    }
}

impl fmt::Display for CheckStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a [check](super::RedisCache::check) found. `Display` is for people, on several lines.
#[derive(Debug, Clone)]
pub struct CheckReport {
    address: String,
    topology: Topology,
    uses_tls: bool,
    refused_before: Option<CacheErrorKind>,
    steps: Vec<(CheckStep, Duration)>,
    fault: Option<CacheError>,
    facts: Option<ServerFacts>,
}

impl CheckReport {
    pub(super) fn new(settings: &RedisSettings, refused_before: Option<CacheErrorKind>) -> Self {
        Self {
            address: settings.address(),
            topology: settings.topology(),
            uses_tls: settings.uses_tls(),
            refused_before,
            steps: Vec::new(),
            fault: None,
            facts: None,
        }
    }

    pub(super) fn note(&mut self, step: CheckStep, outcome: Result<Duration, CacheError>) {
        match outcome {
            Ok(time) => self.steps.push((step, time)),
            Err(error) => {
                self.fault.get_or_insert(error);
            }
        }
    }

    pub(super) fn note_facts(&mut self, facts: Option<ServerFacts>) {
        self.facts = facts;
    }

    /// Returns whether every step succeeded.
    pub fn is_healthy(&self) -> bool {
        self.fault.is_none()
    }

    /// Returns the first fault; its [operation](CacheError::operation) is the step.
    pub fn fault(&self) -> Option<&CacheError> {
        self.fault.as_ref()
    }

    /// Returns the steps that succeeded, each with the time it took, in order.
    ///
    /// The first includes the connection when there was none.
    pub fn steps(&self) -> &[(CheckStep, Duration)] {
        &self.steps
    }

    /// Returns what the server tells about itself; `None` when it was not reached or tells nothing.
    pub fn facts(&self) -> Option<&ServerFacts> {
        self.facts.as_ref()
    }

    /// Returns how the servers stand together.
    pub fn topology(&self) -> Topology {
        self.topology
    }

    /// Returns the kind with which calls were refused without being tried when the check began, or `None` when
    /// they were not.
    pub fn refused_before(&self) -> Option<CacheErrorKind> {
        self.refused_before
    }

    /// Returns what the fault means and what to do, in one sentence; `None` when there is none.
    pub fn advice(&self) -> Option<&'static str> {
        self.fault.as_ref().map(|fault| advice(fault.kind()))
    }
}

fn advice(kind: CacheErrorKind) -> &'static str {
    match kind {
        CacheErrorKind::Unavailable => {
            "Nobody answers there: look whether Redis runs, and whether host and port are right."
        }
        CacheErrorKind::TimedOut => {
            "Redis takes connections and does not answer in time: look whether it is overloaded, stopped, or \
             behind a firewall that drops packets."
        }
        CacheErrorKind::Refused => {
            "Redis does not let us do this: correct REDIS_PASSWORD or REDIS_USERNAME, or the user's rights."
        }
        CacheErrorKind::Misused => {
            "Redis answered what no cache can use: look whether another program changes its keys."
        }
        CacheErrorKind::ReadOnly => {
            "Redis takes no writes: name the master instead of a replica, or look why it cannot save its data."
        }
        CacheErrorKind::Full => {
            "Redis is out of memory: give it more, or set maxmemory-policy to allkeys-lru."
        }
        CacheErrorKind::TooLarge => "The value is too large for the cache.",
        CacheErrorKind::Closed => "The cache was shut down before the check.",
        CacheErrorKind::Config => {
            "A setting is wrong: look at REDIS_DB, REDIS_MASTER, and whether the server belongs to a Cluster."
        }
        CacheErrorKind::Tls => {
            "Only one side speaks TLS, or the certificate is not believed: correct REDIS_SSL or REDIS_CA_FILE."
        }
    }
}

impl fmt::Display for CheckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tls = if self.uses_tls { ", TLS" } else { "" };
        write!(f, "Redis at {} ({}{tls})", self.address, self.topology)?;
        if let Some(kind) = self.refused_before {
            write!(f, "\n  calls were being refused before this check: {kind}")?;
        }
        for (step, time) in &self.steps {
            write!(f, "\n  {step:<8} {:.2} ms", time.as_secs_f64() * 1_000.0)?;
        }
        if let Some(facts) = &self.facts {
            write_facts(f, facts)?;
        }
        match &self.fault {
            Some(fault) => write_fault(f, fault),
            None => f.write_str("\n  everything works"),
        }
    }
}

fn write_facts(f: &mut fmt::Formatter<'_>, facts: &ServerFacts) -> fmt::Result {
    let told = |text: &Option<String>| text.clone().unwrap_or_else(|| "not told".to_owned());
    write!(f, "\n  version  {}", told(&facts.version))?;
    write!(f, "\n  role     {}", told(&facts.role))?;
    if facts.servers > 1 {
        write!(f, " ({} of them)", facts.servers)?;
    }
    write!(f, "\n  eviction {}", told(&facts.eviction_policy))?;
    if facts.refuses_when_full() {
        f.write_str(
            "\n  warning: when its memory is full it will refuse writes; allkeys-lru fits a cache",
        )?;
    }
    Ok(())
}

fn write_fault(f: &mut fmt::Formatter<'_>, fault: &CacheError) -> fmt::Result {
    let mut words = fault.to_string();
    let mut cause = fault.source();
    while let Some(error) = cause {
        let more = error.to_string();
        // Some errors repeat what stands behind them.
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        cause = error.source();
    }
    write!(f, "\n  fault: {words}")?;
    write!(f, "\n  {}", advice(fault.kind()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_kind_has_a_sentence_of_its_own() {
        let sentences: BTreeSet<_> = CacheErrorKind::ALL.into_iter().map(advice).collect();
        assert_eq!(sentences.len(), CacheErrorKind::ALL.len());
        assert!(sentences.iter().all(|sentence| sentence.ends_with('.')));
    }
}
