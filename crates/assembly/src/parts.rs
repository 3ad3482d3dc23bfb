//! What each part says for itself once the services stand.

use std::fmt;

use storage::pictures::PictureKind;
use storage::{Clock, ListOptions, SystemClock};

use crate::error::Part;
use crate::services::Services;
use crate::settings::Settings;

/// What a part said when it was asked for a sign of life. `Display` is for people, on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartReport {
    part: Part,
    place: String,
    answer: PartAnswer,
}

/// Whether a part answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PartAnswer {
    /// It did.
    Answers,
    /// It did not, or by an error. What needs it fails until it does; the cache alone is gone on without.
    Silent,
    /// It was not asked: only a paid job tells whether FAL takes our key.
    NotAsked,
}

impl Services {
    /// Asks each part for a sign of life, in the order in which a picture meets them: the records, FAL, the object
    /// store, the cache. `settings` are those that the services were put together from, and say where each part is.
    ///
    /// It changes nothing, and reports to people: what is silent now may answer in a moment, and the services find
    /// out by themselves.
    ///
    /// # Cancellation
    ///
    /// Nothing is changed.
    pub async fn parts(&self, settings: &Settings) -> [PartReport; 4] {
        let records = self.records.unfinished(SystemClock.now(), 1).await;
        let bucket = &settings
            .pictures
            .buckets()
            .place(PictureKind::Imagen4)
            .bucket;
        let newest = ListOptions {
            limit: 1,
            ..ListOptions::default()
        };
        let store = self.store.list(bucket, newest).await;
        let cache = self.cache.ping().await;
        [
            PartReport::of(Part::Records, settings.records_at(), records.is_ok()),
            PartReport {
                part: Part::Fal,
                place: settings.fal_at(),
                answer: PartAnswer::NotAsked,
            },
            PartReport::of(Part::ObjectStore, settings.pictures_at(), store.is_ok()),
            PartReport::of(Part::Cache, settings.cache_at(), cache.is_ok()),
        ]
    }
}

impl PartReport {
    fn of(part: Part, place: String, answers: bool) -> Self {
        let answer = if answers {
            PartAnswer::Answers
        } else {
            PartAnswer::Silent
        };
        Self {
            part,
            place,
            answer,
        }
    }

    /// Returns the part.
    pub fn part(&self) -> Part {
        self.part
    }

    /// Returns whether it answered.
    pub fn answer(&self) -> PartAnswer {
        self.answer
    }
}

impl fmt::Display for PartReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = match (self.answer, self.part) {
            (PartAnswer::Answers, _) => "answers",
            (PartAnswer::Silent, Part::Cache) => {
                "does not answer; going on without it until it does"
            }
            (PartAnswer::Silent, _) => "does not answer; what needs it fails until it does",
            (PartAnswer::NotAsked, _) => "is not asked, since only a paid job tells",
        };
        write!(f, "{} ({}) {told}", self.part, self.place)
    }
}
