//! What an error of FAL's client means for a generation: the only file that looks at its kinds.

use fal_client::{FalError, FalErrorKind, Operation};

use crate::generator::{GeneratorError, GeneratorErrorKind};

/// Returns what a failed submit means: provably not taken, or `Unknown`.
pub(super) fn of_submit(error: FalError) -> GeneratorError {
    let kind = match error.kind() {
        FalErrorKind::ModelNotFound => GeneratorErrorKind::ModelRetired,
        FalErrorKind::Refused => GeneratorErrorKind::Refused,
        FalErrorKind::InvalidInput => GeneratorErrorKind::InvalidInput,
        FalErrorKind::Unauthorized | FalErrorKind::Locked => GeneratorErrorKind::Unauthorized,
        FalErrorKind::Config => GeneratorErrorKind::Config,
        FalErrorKind::RateLimited => GeneratorErrorKind::Unavailable,
        // `Unacknowledged` forgets what was proven before it, so it is never taken for unsent.
        FalErrorKind::Unacknowledged => GeneratorErrorKind::Unknown,
        _ if error.is_unsent() => GeneratorErrorKind::Unavailable,
        _ => GeneratorErrorKind::Unknown,
    };
    // What was not taken has no job, whatever the answer calls itself.
    let perhaps = kind == GeneratorErrorKind::Unknown;
    let request_id = error.request_id().filter(|_| perhaps).cloned();
    with_words(kind, error).with_request_id(request_id)
}

/// Returns what a failed wait means: a verdict about the job, or a failure on the way to it.
pub(super) fn of_wait(error: FalError) -> GeneratorError {
    let kind = if is_verdict(&error) {
        verdict(error.cause_kind())
    } else {
        on_the_way(error.cause_kind())
    };
    with_words(kind, error)
}

/// Tells whether the error is about the job and not about a call.
///
/// The wait itself reports a failure that the status told, and its own time-out, which alone has no word of
/// FAL's. A result that cannot be fetched after completion is no verdict; one that is an error of the model is,
/// and so is a time limit that FAL says has passed, as `generation_timeout`.
fn is_verdict(error: &FalError) -> bool {
    match error.operation() {
        Operation::Wait => {
            error.cause_kind() != FalErrorKind::TimedOut || error.error_type().is_some()
        }
        Operation::Result => {
            matches!(
                error.cause_kind(),
                FalErrorKind::Refused
                    | FalErrorKind::InvalidInput
                    | FalErrorKind::ModelNotFound
                    | FalErrorKind::Provider
                    | FalErrorKind::Cancelled
            ) || (error.cause_kind() == FalErrorKind::TimedOut && is_told_by_fal(error))
        }
        _ => false,
    }
}

/// Tells whether FAL answered; a call that ran out of time has neither a status nor a word.
fn is_told_by_fal(error: &FalError) -> bool {
    error.status().is_some() || error.error_type().is_some()
}

fn verdict(kind: FalErrorKind) -> GeneratorErrorKind {
    match kind {
        FalErrorKind::Refused => GeneratorErrorKind::Refused,
        FalErrorKind::InvalidInput => GeneratorErrorKind::InvalidInput,
        FalErrorKind::ModelNotFound => GeneratorErrorKind::ModelRetired,
        FalErrorKind::Cancelled => GeneratorErrorKind::Cancelled,
        _ => GeneratorErrorKind::Failed,
    }
}

fn on_the_way(kind: FalErrorKind) -> GeneratorErrorKind {
    match kind {
        FalErrorKind::TimedOut => GeneratorErrorKind::TimedOut,
        FalErrorKind::Unauthorized | FalErrorKind::Locked => GeneratorErrorKind::Unauthorized,
        FalErrorKind::Unavailable | FalErrorKind::RateLimited | FalErrorKind::Provider => {
            GeneratorErrorKind::Unavailable
        }
        _ => GeneratorErrorKind::Unknown,
    }
}

fn with_words(kind: GeneratorErrorKind, error: FalError) -> GeneratorError {
    let shown = matches!(
        kind,
        GeneratorErrorKind::Refused | GeneratorErrorKind::InvalidInput | GeneratorErrorKind::Config
    );
    let reason = error.reason().filter(|_| shown).map(str::to_owned);
    let mapped = GeneratorError::new(kind).with_source(error);
    match reason {
        Some(reason) => mapped.with_reason(reason),
        None => mapped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_submit_is_not_taken_or_unknown() {
        use FalErrorKind as Fal;
        use GeneratorErrorKind as Ours;
        let fal = |kind| FalError::new(kind, Operation::Submit);
        for (error, kind) in [
            (fal(Fal::ModelNotFound), Ours::ModelRetired),
            (fal(Fal::Refused), Ours::Refused),
            (fal(Fal::InvalidInput), Ours::InvalidInput),
            (fal(Fal::Unauthorized), Ours::Unauthorized),
            (fal(Fal::Locked), Ours::Unauthorized),
            (fal(Fal::Config), Ours::Config),
            (fal(Fal::RateLimited), Ours::Unavailable),
            (fal(Fal::Unavailable), Ours::Unknown),
            (fal(Fal::Unavailable).with_unsent(), Ours::Unavailable),
            (
                fal(Fal::Unavailable).with_unsent().into_exhausted(4),
                Ours::Unavailable,
            ),
            (fal(Fal::Unavailable).into_unacknowledged(), Ours::Unknown),
            (fal(Fal::TimedOut), Ours::Unknown),
            (fal(Fal::Malformed), Ours::Unknown),
            (fal(Fal::Provider), Ours::Unknown),
            (fal(Fal::Cancelled), Ours::Unknown),
        ] {
            let shown = format!("{error:?}");
            assert_eq!(of_submit(error).kind(), kind, "{shown}");
        }
    }

    #[test]
    fn a_wait_ends_by_a_verdict_or_on_the_way() {
        use FalErrorKind as Fal;
        use GeneratorErrorKind as Ours;
        use Operation::{Result, Status, Wait};
        for (error, kind, verdict) in [
            (FalError::new(Fal::Refused, Result), Ours::Refused, true),
            (
                FalError::new(Fal::InvalidInput, Result),
                Ours::InvalidInput,
                true,
            ),
            (FalError::new(Fal::Provider, Result), Ours::Failed, true),
            (
                FalError::new(Fal::Provider, Result).into_exhausted(4),
                Ours::Failed,
                true,
            ),
            (FalError::new(Fal::Cancelled, Wait), Ours::Cancelled, true),
            (
                FalError::new(Fal::Unavailable, Wait).with_error_type("runner_disconnected"),
                Ours::Failed,
                true,
            ),
            (
                FalError::new(Fal::TimedOut, Wait).with_error_type("generation_timeout"),
                Ours::Failed,
                true,
            ),
            (FalError::new(Fal::TimedOut, Wait), Ours::TimedOut, false),
            (
                FalError::new(Fal::TimedOut, Wait).with_error_type("generation_timeout"),
                Ours::Failed,
                true,
            ),
            (
                FalError::new(Fal::TimedOut, Result).with_error_type("generation_timeout"),
                Ours::Failed,
                true,
            ),
            (
                FalError::new(Fal::TimedOut, Result).with_status(504),
                Ours::Failed,
                true,
            ),
            // Without a word or a status of FAL a call ran out of time, and the job may go on.
            (
                FalError::new(Fal::TimedOut, Result).into_exhausted(4),
                Ours::TimedOut,
                false,
            ),
            (
                FalError::new(Fal::Unavailable, Status),
                Ours::Unavailable,
                false,
            ),
            (
                FalError::new(Fal::Provider, Status),
                Ours::Unavailable,
                false,
            ),
            (
                FalError::new(Fal::Unauthorized, Status),
                Ours::Unauthorized,
                false,
            ),
            (FalError::new(Fal::NotFound, Status), Ours::Unknown, false),
            (FalError::new(Fal::Malformed, Result), Ours::Unknown, false),
        ] {
            let shown = format!("{error:?}");
            let mapped = of_wait(error);
            assert_eq!(
                (mapped.kind(), mapped.is_verdict()),
                (kind, verdict),
                "{shown}"
            );
        }
    }

    #[test]
    fn the_request_id_is_kept_where_the_job_was_perhaps_taken() {
        let id: fal_client::RequestId = "484ccb37".parse().unwrap();
        for (kind, kept) in [
            (FalErrorKind::Unavailable, true),
            (FalErrorKind::Malformed, true),
            (FalErrorKind::Refused, false),
            (FalErrorKind::RateLimited, false),
        ] {
            let error = FalError::new(kind, Operation::Submit).with_request_id(id.clone());
            let mapped = of_submit(error);
            assert_eq!(mapped.request_id(), kept.then_some(&id), "{kind:?}");
        }
    }

    #[test]
    fn words_of_the_provider_are_shown_for_refusals_only() {
        let fal = |kind| FalError::new(kind, Operation::Submit).with_reason("no dragons");
        assert_eq!(of_submit(fal(FalErrorKind::Refused)).reason(), "no dragons");
        assert!(
            !of_submit(fal(FalErrorKind::Unauthorized))
                .reason()
                .contains("dragons")
        );
    }
}
