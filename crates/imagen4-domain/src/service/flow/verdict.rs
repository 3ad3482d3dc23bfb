//! What an error of the generator does to the record, and what the caller hears.

use crate::generation::FailureKind;
use crate::generator::{GeneratorError, GeneratorErrorKind as Kind};
use crate::journal::Step;
use crate::service::generate_error::{Dependency, GenerateErrorKind};

/// Returns the last step after a failed submit: over, or unknown.
pub(super) fn of_submit(error: &GeneratorError) -> (Step, GenerateErrorKind) {
    match error.kind() {
        Kind::Unknown | Kind::TimedOut | Kind::Cancelled => {
            let step = Step::Unknown {
                reason: error.reason(),
                request_id: error.request_id().cloned(),
            };
            (step, GenerateErrorKind::Unknown)
        }
        _ => of_wait(error),
    }
}

/// Returns the last step after a verdict about a job.
pub(super) fn of_wait(error: &GeneratorError) -> (Step, GenerateErrorKind) {
    let reason = error.reason();
    let fal = GenerateErrorKind::Dependency(Dependency::Fal);
    let (kind, told) = match error.kind() {
        Kind::Refused => return (Step::Refused { reason }, GenerateErrorKind::Refused),
        Kind::Cancelled => {
            // A job is cancelled at FAL only after it was submitted, where the step is lawful.
            return (Step::Cancelled, GenerateErrorKind::Cancelled);
        }
        Kind::ModelRetired => (FailureKind::ModelRetired, GenerateErrorKind::ModelRetired),
        Kind::InvalidInput => (FailureKind::InvalidInput, GenerateErrorKind::InvalidInput),
        Kind::NoPictures => (FailureKind::NoPictures, GenerateErrorKind::Failed),
        Kind::Unavailable => (FailureKind::Unavailable, fal),
        Kind::Unauthorized | Kind::Config => (FailureKind::Unauthorized, fal),
        Kind::Failed | Kind::Unknown | Kind::TimedOut => {
            (FailureKind::Provider, GenerateErrorKind::Failed)
        }
    };
    (Step::Failed { kind, reason }, told)
}

/// Returns what the caller hears when a wait failed and the job may go on.
pub(super) fn kind_on_the_way(kind: Kind) -> GenerateErrorKind {
    match kind {
        Kind::TimedOut => GenerateErrorKind::TimedOut,
        _ => GenerateErrorKind::Dependency(Dependency::Fal),
    }
}
