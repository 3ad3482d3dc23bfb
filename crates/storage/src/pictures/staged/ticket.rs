//! Where a staged delete is written down, and how it is read back.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::error::{Result, StorageError, StorageErrorKind};
use crate::name::{ObjectKey, ObjectRef};
use crate::object::{InvalidMetadata, Metadata, ObjectInfo};

/// What every key of the quarantine starts with; no folder may.
pub(super) const QUARANTINE: &str = ".quarantine/";

/// The number of digits of a delete's number in a key.
const DIGITS: usize = 6;

/// An object of a staged delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Intent,
    Picture,
    Sidecar,
    Moved,
    Verdict,
    Done,
}

impl Part {
    /// Every part, in the order in which they are removed: whatever a crash leaves still says that all is done.
    pub(super) const ALL: [Self; 6] = [
        Self::Picture,
        Self::Sidecar,
        Self::Moved,
        Self::Intent,
        Self::Verdict,
        Self::Done,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Intent => "intent",
            Self::Picture => "picture",
            Self::Sidecar => "sidecar",
            Self::Moved => "moved",
            Self::Verdict => "verdict",
            Self::Done => "done",
        }
    }
}

/// What is to become of a staged picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Restore,
    Purge,
}

impl Verdict {
    const NAME: &'static str = "verdict";

    pub(super) fn to_metadata(self) -> Result<Metadata> {
        let text = match self {
            Self::Restore => "restore",
            Self::Purge => "purge",
        };
        Metadata::new().with(Self::NAME, text).map_err(unwritable)
    }

    pub(super) fn read(object: &ObjectRef, info: &ObjectInfo) -> Result<Self> {
        match info.metadata.get(Self::NAME) {
            Some("restore") => Ok(Self::Restore),
            Some("purge") => Ok(Self::Purge),
            _ => Err(unreadable(object)),
        }
    }
}

/// What the intent says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Intent {
    pub(super) id: String,
    pub(super) undo_until: DateTime<Utc>,
}

impl Intent {
    const ID: &'static str = "delete-id";
    const UNTIL: &'static str = "undo-until";

    pub(super) fn to_metadata(&self) -> Result<Metadata> {
        let until = self.undo_until.to_rfc3339_opts(SecondsFormat::Millis, true);
        Metadata::new()
            .with(Self::ID, &self.id)
            .and_then(|metadata| metadata.with(Self::UNTIL, &until))
            .map_err(unwritable)
    }

    pub(super) fn read(object: &ObjectRef, info: &ObjectInfo) -> Result<Self> {
        let id = info.metadata.get(Self::ID);
        let until = info.metadata.get(Self::UNTIL);
        let until = until.and_then(|text| DateTime::parse_from_rfc3339(text).ok());
        match (id, until) {
            (Some(id), Some(until)) => Ok(Self {
                id: id.to_owned(),
                undo_until: until.with_timezone(&Utc),
            }),
            _ => Err(unreadable(object)),
        }
    }
}

/// Returns an id that no other delete has.
pub(super) fn new_id() -> String {
    format!("{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..))
}

/// A staged delete as it stands in the store, and which of its parts are there.
#[derive(Debug, Clone)]
pub(super) struct Ticket {
    pub(super) object: ObjectRef,
    pub(super) number: u32,
    parts: Vec<Part>,
    /// The time of the newest part.
    pub(super) changed: Option<DateTime<Utc>>,
}

impl Ticket {
    pub(super) fn new(object: &ObjectRef, number: u32) -> Self {
        Self {
            object: object.clone(),
            number,
            parts: Vec::new(),
            changed: None,
        }
    }

    pub(super) fn has(&self, part: Part) -> bool {
        self.parts.contains(&part)
    }

    pub(super) fn add(&mut self, part: Part, at: Option<DateTime<Utc>>) {
        self.changed = self.changed.max(at);
        if !self.has(part) {
            self.parts.push(part);
        }
    }

    /// Tells whether nothing is decided yet.
    pub(super) fn is_open(&self) -> bool {
        self.has(Part::Intent) && !self.has(Part::Verdict) && !self.has(Part::Done)
    }

    /// Returns where a part stands.
    pub(super) fn place(&self, part: Part) -> Result<ObjectRef> {
        let key = format!(
            "{}{:0DIGITS$}/{}",
            prefix(&self.object.key),
            self.number,
            part.name()
        );
        let key: ObjectKey = key.parse().map_err(|error| {
            StorageError::new(StorageErrorKind::InvalidInput, "stage", &self.object)
                .with_detail("its key leaves no room for the quarantine")
                .with_source(error)
        })?;
        Ok(ObjectRef::new(self.object.bucket.clone(), key))
    }
}

/// Returns what all keys of the staged deletes of `key` start with.
pub(in crate::pictures) fn prefix(key: &ObjectKey) -> String {
    format!("{QUARANTINE}{key}/")
}

/// Tells whether `key` belongs to the quarantine.
pub(in crate::pictures) fn is_quarantined(key: &ObjectKey) -> bool {
    key.as_str().starts_with(QUARANTINE)
}

/// Tells whether what lies in `folder` would belong to the quarantine.
pub(in crate::pictures) fn is_quarantine(folder: &str) -> bool {
    format!("{folder}/").starts_with(QUARANTINE)
}

/// Returns the picture, the number and the part that a key of the quarantine names; `None` when it names none.
pub(super) fn parse(key: &ObjectKey) -> Option<(ObjectKey, u32, Part)> {
    let rest = key.as_str().strip_prefix(QUARANTINE)?;
    let (rest, name) = rest.rsplit_once('/')?;
    let (picture, number) = rest.rsplit_once('/')?;
    let part = Part::ALL.into_iter().find(|part| part.name() == name)?;
    let lawful = number.len() >= DIGITS && number.bytes().all(|byte| byte.is_ascii_digit());
    let number = lawful.then(|| number.parse().ok()).flatten()?;
    Some((picture.parse().ok()?, number, part))
}

fn unreadable(object: &ObjectRef) -> StorageError {
    StorageError::new(StorageErrorKind::Corrupt, "read", object)
        .with_detail("it says nothing of a staged delete")
}

fn unwritable(error: InvalidMetadata) -> StorageError {
    StorageError::new(StorageErrorKind::Unexpected, "stage", "a ticket").with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_back_and_nothing_else_is() {
        let object: ObjectRef = "imagen4/2026/03/01/abc_1.png".parse().unwrap();
        let ticket = Ticket::new(&object, 12);
        for part in Part::ALL {
            let place = ticket.place(part).unwrap();
            assert!(is_quarantined(&place.key));
            assert_eq!(parse(&place.key), Some((object.key.clone(), 12, part)));
        }
        for other in [
            "2026/03/01/abc_1.png",
            ".quarantine/abc_1.png/000001/other",
            ".quarantine/abc_1.png/1/intent",
            ".quarantine/abc_1.png/00000x/intent",
            ".quarantine/000001/intent",
        ] {
            assert_eq!(parse(&other.parse().unwrap()), None, "{other}");
        }
    }

    #[test]
    fn a_key_without_room_is_told() {
        let object = ObjectRef::new(
            "imagen4".parse().unwrap(),
            "a".repeat(1020).parse().unwrap(),
        );
        let error = Ticket::new(&object, 1).place(Part::Intent).unwrap_err();
        assert_eq!(error.kind(), StorageErrorKind::InvalidInput);
    }
}
