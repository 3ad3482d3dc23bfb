//! How far a sweep has come, as a text that can be kept.

use std::fmt;
use std::str::FromStr;

use super::report::{FindingOutcome, SweepCounts};
use crate::name::{BucketName, ObjectKey};

/// The form of the text.
const VERSION: &str = "sweep-1";

/// What a sweep is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Survey,
    Act,
}

/// Where a sweep goes on: all before it was swept.
///
/// Its text comes back as the same cursor, and holds no more than a place and counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepCursor {
    pub(super) phase: Phase,
    /// The bucket that is being swept, and the last key that was.
    place: Option<(BucketName, Option<ObjectKey>)>,
    /// The last bucket that was swept to its end.
    done: Option<BucketName>,
    /// The counts of the bucket that is being swept.
    here: SweepCounts,
    /// The counts of the buckets that were swept to their end.
    before: SweepCounts,
}

/// The text is no cursor of a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no cursor of a sweep: give the text of one back as it was")]
pub struct InvalidCursor;

impl SweepCursor {
    /// Returns where every sweep starts.
    pub fn start() -> Self {
        Self {
            phase: Phase::Survey,
            place: None,
            done: None,
            here: SweepCounts::default(),
            before: SweepCounts::default(),
        }
    }

    /// Returns what was counted so far.
    pub fn counts(&self) -> SweepCounts {
        self.before.plus(self.here)
    }

    pub(super) fn is_past(&self, bucket: &BucketName) -> bool {
        self.done.as_ref().is_some_and(|done| bucket <= done)
    }

    /// Returns the last key of `bucket` that was swept.
    pub(super) fn after(&self, bucket: &BucketName) -> Option<&ObjectKey> {
        let (place, key) = self.place.as_ref()?;
        key.as_ref().filter(|_| place == bucket)
    }

    pub(super) fn advance(
        &mut self,
        bucket: &BucketName,
        until: Option<ObjectKey>,
        counts: SweepCounts,
    ) {
        self.here = self.here.plus(counts);
        self.advance_act(bucket, until);
    }

    pub(super) fn advance_act(&mut self, bucket: &BucketName, until: Option<ObjectKey>) {
        self.place = Some((bucket.clone(), until));
    }

    /// Returns the counts of the bucket, which was swept to its end.
    pub(super) fn end_bucket(&mut self, bucket: &BucketName) -> SweepCounts {
        self.done = Some(bucket.clone());
        self.place = None;
        let here = std::mem::take(&mut self.here);
        self.before = self.before.plus(here);
        here
    }

    pub(super) fn begin_to_act(&mut self) {
        self.phase = Phase::Act;
        self.done = None;
        self.place = None;
    }

    pub(super) fn acted(&self) -> u64 {
        let counts = self.counts();
        counts.removed + counts.failed
    }

    pub(super) fn count_act(&mut self, outcome: FindingOutcome) {
        match outcome {
            FindingOutcome::Failed(_) => self.before.failed += 1,
            FindingOutcome::Quarantined | FindingOutcome::Deleted => self.before.removed += 1,
            FindingOutcome::Reported | FindingOutcome::AlreadyAbsent => {}
        }
    }
}

impl Default for SweepCursor {
    fn default() -> Self {
        Self::start()
    }
}

impl fmt::Display for SweepCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let phase = match self.phase {
            Phase::Survey => "survey",
            Phase::Act => "act",
        };
        let counts =
            |counts: SweepCounts| counts.to_array().map(|count| count.to_string()).join(",");
        let done = self.done.as_ref().map_or("-", BucketName::as_str);
        write!(
            f,
            "{VERSION} {phase} {done} {} {} ",
            counts(self.before),
            counts(self.here)
        )?;
        match &self.place {
            None => f.write_str("-"),
            // A bucket has no slash, so what follows it is the key, whatever that holds.
            Some((bucket, None)) => write!(f, "{bucket}"),
            Some((bucket, Some(key))) => write!(f, "{bucket}/{key}"),
        }
    }
}

impl FromStr for SweepCursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let parts: Vec<_> = text.splitn(6, ' ').collect();
        let [VERSION, phase, done, before, here, place] = parts[..] else {
            return Err(InvalidCursor);
        };
        Ok(Self {
            phase: match phase {
                "survey" => Phase::Survey,
                "act" => Phase::Act,
                _ => return Err(InvalidCursor),
            },
            place: read_place(place)?,
            done: match done {
                "-" => None,
                name => Some(name.parse().map_err(|_| InvalidCursor)?),
            },
            here: read_counts(here)?,
            before: read_counts(before)?,
        })
    }
}

fn read_place(text: &str) -> Result<Option<(BucketName, Option<ObjectKey>)>, InvalidCursor> {
    if text == "-" {
        return Ok(None);
    }
    let (bucket, key) = match text.split_once('/') {
        Some((bucket, key)) => (bucket, Some(key.parse().map_err(|_| InvalidCursor)?)),
        None => (text, None),
    };
    Ok(Some((bucket.parse().map_err(|_| InvalidCursor)?, key)))
}

fn read_counts(text: &str) -> Result<SweepCounts, InvalidCursor> {
    let counts: Result<Vec<u64>, _> = text.split(',').map(str::parse).collect();
    let counts = counts.map_err(|_| InvalidCursor)?;
    let counts = counts.try_into().map_err(|_| InvalidCursor)?;
    Ok(SweepCounts::from_array(counts))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counts() -> impl Strategy<Value = SweepCounts> {
        any::<[u64; 10]>().prop_map(SweepCounts::from_array)
    }

    proptest! {
        #[test]
        fn a_cursor_comes_back_from_its_text(
            acts in any::<bool>(),
            place in proptest::option::of(("[a-z]{3,9}", proptest::option::of("[a-z ,/-]{0,9}[a-z]"))),
            done in proptest::option::of("[a-z]{3,9}"),
            here in counts(),
            before in counts(),
        ) {
            let key = |text: String| text.parse().ok();
            let cursor = SweepCursor {
                phase: if acts { Phase::Act } else { Phase::Survey },
                place: place.map(|(bucket, text)| (bucket.parse().unwrap(), text.and_then(key))),
                done: done.map(|name| name.parse().unwrap()),
                here,
                before,
            };
            prop_assert_eq!(cursor.to_string().parse::<SweepCursor>().unwrap(), cursor);
        }

        #[test]
        fn other_texts_are_no_cursors(text in ".{0,60}") {
            prop_assert_eq!(text.parse::<SweepCursor>(), Err(InvalidCursor));
        }
    }

    #[test]
    fn the_start_has_a_text_of_one_form() {
        let zeros = "0,0,0,0,0,0,0,0,0,0";
        let text = format!("sweep-1 survey - {zeros} {zeros} -");
        assert_eq!(SweepCursor::start().to_string(), text);
        let unlawful = text.replace("survey", "both");
        assert_eq!(unlawful.parse::<SweepCursor>(), Err(InvalidCursor));
    }
}
