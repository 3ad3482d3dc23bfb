//! Reading what a bucket tells of itself, so that records can be rebuilt from it alone.

mod cursor;
mod siblings;
mod survey;

pub use cursor::SurveyCursor;
pub use survey::{FoundPicture, SurveyPage, Unusable, UnusableReason};
