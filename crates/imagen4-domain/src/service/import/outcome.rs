//! What became of the rows of an import.

use storage::pictures::LegacyPicture;
use storage::{ObjectRef, StorageErrorKind};

use super::row::RowProblem;
use crate::generation::Generation;
use crate::store::StoreErrorKind;

/// What became of one row.
#[derive(Debug, Clone)]
pub struct RowReport {
    /// The number of its line, from 1.
    pub line: usize,
    /// The id that it had, where that could be read.
    pub id: Option<String>,
    /// What became of each of its pictures, in their order.
    pub pictures: Vec<PictureOutcome>,
    /// What became of it.
    pub outcome: RowOutcome,
}

/// What became of a row.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum RowOutcome {
    /// Its record was written, or would be in a dry run.
    Imported(Box<Generation>),
    /// It has a record already, which stays as it is.
    AlreadyThere,
    /// Its status says that it was never done; the status is told.
    Skipped(String),
    /// None of its pictures can be had: there is nothing to record.
    Lost,
    /// A field is wrong.
    Refused(RowProblem),
    /// The object store gave no answer; import it again.
    NoAnswer(StorageErrorKind),
    /// The record store failed; import it again.
    Records(StoreErrorKind),
}

/// What became of one picture of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PictureOutcome {
    /// It is there, under this key.
    Stored {
        /// Where it is, and stays.
        object: ObjectRef,
        /// Its type, when the key says another one.
        true_type: Option<&'static str>,
    },
    /// It lies with the provider, as long as its link lives.
    Fallback,
    /// It is named and not there.
    Lost,
    /// The object is there and is no picture.
    NotAPicture(ObjectRef),
    /// Its key is in several places.
    Ambiguous(Vec<ObjectRef>),
    /// Its link is neither ours nor the provider's.
    NotOurs,
    /// The row has a gap here.
    Nothing,
}

impl PictureOutcome {
    pub(super) fn of(found: &LegacyPicture) -> Self {
        match found {
            LegacyPicture::There(picture) => {
                let object = picture.object.clone();
                let parsed = storage::pictures::PictureKey::parse(&object.key);
                let lies = parsed.is_none_or(|parsed| parsed.format != picture.format);
                Self::Stored {
                    object,
                    true_type: lies.then_some(picture.format.content_type()),
                }
            }
            LegacyPicture::Provider => Self::Fallback,
            LegacyPicture::NotAPicture(object) => Self::NotAPicture(object.clone()),
            LegacyPicture::Ambiguous(places) => Self::Ambiguous(places.clone()),
            LegacyPicture::NotOurs => Self::NotOurs,
            LegacyPicture::Nothing => Self::Nothing,
            _ => Self::Lost,
        }
    }
}

/// How many rows had which outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportTotals {
    /// Written, or would be in a dry run.
    pub imported: usize,
    /// Recorded already.
    pub already_there: usize,
    /// Never done.
    pub skipped: usize,
    /// Without a picture that can be had.
    pub lost: usize,
    /// With a field that is wrong.
    pub refused: usize,
    /// Not decided, since a store failed; import these again.
    pub undecided: usize,
}

impl ImportTotals {
    pub(super) fn add(&mut self, report: &RowReport) {
        let count = match report.outcome {
            RowOutcome::Imported(_) => &mut self.imported,
            RowOutcome::AlreadyThere => &mut self.already_there,
            RowOutcome::Skipped(_) => &mut self.skipped,
            RowOutcome::Lost => &mut self.lost,
            RowOutcome::Refused(_) => &mut self.refused,
            RowOutcome::NoAnswer(_) | RowOutcome::Records(_) => &mut self.undecided,
        };
        *count += 1;
    }
}
