//! What FAL's words for errors mean: the table behind every typed error.
//!
//! The words are those of FAL's pages on errors and on request errors; texts for people are not looked at.

use crate::{Billed, FalError, FalErrorKind, Fault, JobFailure, Operation};

/// The meaning of one word.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Meaning {
    pub(crate) kind: FalErrorKind,
    pub(crate) retryable: bool,
    pub(crate) billed: Billed,
    pub(crate) fault: Fault,
}

const fn meaning(kind: FalErrorKind, retryable: bool, billed: Billed, fault: Fault) -> Meaning {
    Meaning {
        kind,
        retryable,
        billed,
        fault,
    }
}

const REFUSED: Meaning = meaning(FalErrorKind::Refused, false, Billed::Maybe, Fault::User);
const INPUT: Meaning = meaning(
    FalErrorKind::InvalidInput,
    false,
    Billed::Maybe,
    Fault::User,
);
const TRANSIENT: Meaning = meaning(FalErrorKind::Unavailable, true, Billed::No, Fault::Provider);
const GONE: Meaning = meaning(FalErrorKind::Cancelled, false, Billed::Maybe, Fault::Caller);

/// Words that stand for themselves.
const WORDS: &[(&str, Meaning)] = &[
    // Errors of the model.
    ("content_policy_violation", REFUSED),
    ("no_media_generated", REFUSED),
    (
        "internal_server_error",
        meaning(FalErrorKind::Provider, false, Billed::No, Fault::Provider),
    ),
    (
        "generation_timeout",
        meaning(FalErrorKind::TimedOut, true, Billed::No, Fault::Provider),
    ),
    (
        "downstream_service_error",
        meaning(
            FalErrorKind::Provider,
            false,
            Billed::Maybe,
            Fault::Provider,
        ),
    ),
    (
        "downstream_service_unavailable",
        meaning(FalErrorKind::Provider, true, Billed::No, Fault::Provider),
    ),
    ("missing", INPUT),
    ("one_of", INPUT),
    ("multiple_of", INPUT),
    ("feature_not_supported", INPUT),
    ("file_download_error", INPUT),
    ("file_too_large", INPUT),
    ("face_detection_error", INPUT),
    ("literal_error", INPUT),
    ("enum", INPUT),
    ("json_invalid", INPUT),
    ("extra_forbidden", INPUT),
    // Errors of FAL's machinery.
    ("request_timeout", TRANSIENT),
    ("startup_timeout", TRANSIENT),
    ("runner_scheduling_failure", TRANSIENT),
    ("runner_connection_timeout", TRANSIENT),
    ("runner_disconnected", TRANSIENT),
    ("runner_connection_refused", TRANSIENT),
    ("runner_connection_error", TRANSIENT),
    ("runner_incomplete_response", TRANSIENT),
    ("runner_server_error", TRANSIENT),
    ("internal_error", TRANSIENT),
    ("client_disconnected", GONE),
    ("client_cancelled", GONE),
    (
        "bad_request",
        meaning(FalErrorKind::Config, false, Billed::No, Fault::Caller),
    ),
    (
        "concurrent_requests_limit",
        meaning(FalErrorKind::RateLimited, true, Billed::No, Fault::Caller),
    ),
];

/// Beginnings of the words for wrong inputs, which FAL and pydantic keep adding to.
const INPUT_BEGINNINGS: &[&str] = &[
    "value_error",
    "type_error",
    "greater_than",
    "less_than",
    "sequence_too_",
    "string_",
    "int_",
    "float_",
    "bool_",
    "list_",
    "dict_",
    "url_",
    "image_",
    "video_",
    "audio_",
    "unsupported_",
    "archive_",
];

/// Returns what one of FAL's words means, or `None` for a word that is not known.
pub(crate) fn word(word: &str) -> Option<Meaning> {
    let exact = WORDS
        .iter()
        .find(|(known, _)| *known == word)
        .map(|(_, meaning)| *meaning);
    exact.or_else(|| {
        INPUT_BEGINNINGS
            .iter()
            .any(|start| word.starts_with(start))
            .then_some(INPUT)
    })
}

/// Returns the error of a job whose status says that it failed.
///
/// A word that is not known, or none at all, is a failure of the provider that a repeat may or may not cure.
pub(crate) fn job_failure(failure: &JobFailure) -> FalError {
    let found = failure.error_type.as_deref().and_then(word);
    let found = found.unwrap_or(meaning(
        FalErrorKind::Provider,
        false,
        Billed::Maybe,
        Fault::Provider,
    ));
    let error = found.error(Operation::Wait);
    match &failure.error_type {
        Some(word) => error.with_error_type(word),
        None => error,
    }
}

impl Meaning {
    /// Returns the error with this meaning.
    pub(crate) fn error(self, operation: Operation) -> FalError {
        FalError::new(self.kind, operation)
            .with_retryable(self.retryable)
            .with_billed(self.billed)
            .with_fault(self.fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_stands_twice() {
        for (index, (word, _)) in WORDS.iter().enumerate() {
            assert!(
                WORDS[index + 1..].iter().all(|(other, _)| other != word),
                "{word}"
            );
        }
    }

    #[test]
    fn inputs_are_known_by_their_beginning() {
        for known in [
            "value_error.missing",
            "greater_than_equal",
            "image_too_small",
            "unsupported_audio_format",
        ] {
            assert_eq!(
                word(known).unwrap().kind,
                FalErrorKind::InvalidInput,
                "{known}"
            );
        }
        assert!(word("quota_of_tomorrow").is_none());
    }

    #[test]
    fn a_failure_without_a_word_is_the_providers() {
        let failure = JobFailure {
            error: "Invalid status code: 422".into(),
            error_type: None,
        };
        let error = job_failure(&failure);
        assert_eq!(
            (error.kind(), error.billed()),
            (FalErrorKind::Provider, Billed::Maybe)
        );
    }

    #[test]
    fn a_failure_is_known_by_its_word() {
        let failure = JobFailure {
            error: String::new(),
            error_type: Some("runner_disconnected".into()),
        };
        let error = job_failure(&failure);
        assert_eq!(
            (error.kind(), error.billed()),
            (FalErrorKind::Unavailable, Billed::No)
        );
        assert_eq!(error.error_type(), Some("runner_disconnected"));
    }
}
