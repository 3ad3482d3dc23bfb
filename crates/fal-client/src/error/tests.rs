//! What an error shows, hides and keeps.

use super::*;

fn error(kind: FalErrorKind) -> FalError {
    FalError::new(kind, Operation::Submit)
}

#[test]
fn display_is_a_fragment_without_source_or_reason() {
    let shown = error(FalErrorKind::Refused)
        .with_status(422)
        .with_error_type("content_policy_violation")
        .with_reason("canary words of the provider")
        .with_source(std::io::Error::other("canary source"))
        .to_string();
    assert_eq!(
        shown,
        "submit failed: the model refused (status 422) (content_policy_violation)"
    );
}

#[test]
fn debug_shows_no_reason() {
    let refused = error(FalErrorKind::Refused).with_reason("canary");
    assert_eq!(refused.reason(), Some("canary"));
    assert!(!format!("{refused:?} {refused:#?}").contains("canary"));
}

#[test]
fn display_of_a_bad_setting_names_the_rule() {
    let shown = error(FalErrorKind::Config)
        .with_reason("start_timeout is short")
        .to_string();
    assert_eq!(
        shown,
        "submit failed: a setting is wrong: start_timeout is short"
    );
}

#[test]
fn exhausted_keeps_the_facts_of_its_cause() {
    let last = error(FalErrorKind::RateLimited)
        .with_status(429)
        .with_retry_after(Duration::from_secs(2))
        .with_unsent()
        .into_exhausted(4);
    assert_eq!(last.kind(), FalErrorKind::Exhausted);
    assert_eq!(last.cause_kind(), FalErrorKind::RateLimited);
    assert!(!last.is_retryable());
    assert_eq!(
        (last.status(), last.tries(), last.billed()),
        (Some(429), 4, Billed::No)
    );
    assert_eq!(last.retry_after(), Some(Duration::from_secs(2)));
    assert_eq!(
        last.to_string(),
        "submit failed: retries are used up, as too many requests (status 429) after 4 tries"
    );
}

#[test]
fn unacknowledged_is_perhaps_billed_and_never_retryable() {
    let lost = error(FalErrorKind::Unavailable)
        .with_unsent()
        .into_unacknowledged();
    assert!(!lost.is_retryable() && !lost.is_unsent());
    assert_eq!(lost.billed(), Billed::Maybe);
    assert_eq!(lost.cause_kind(), FalErrorKind::Unavailable);
}

#[test]
fn reasons_are_short_and_plain() {
    let long = error(FalErrorKind::Refused).with_reason(&"ä".repeat(500));
    assert_eq!(long.reason().unwrap().chars().count(), MAX_REASON);
    assert!(long.reason().unwrap().ends_with('…'));
    let odd = error(FalErrorKind::Refused).with_reason(" a\nb\u{1b}[31m ");
    assert_eq!(odd.reason(), Some("a b [31m"));
    assert_eq!(error(FalErrorKind::Refused).with_reason(" ").reason(), None);
}

#[test]
fn only_words_are_error_types() {
    for bad in ["", "two words", "<html>", &"x".repeat(65)] {
        assert_eq!(
            error(FalErrorKind::Provider)
                .with_error_type(bad)
                .error_type(),
            None
        );
    }
    assert_eq!(
        error(FalErrorKind::Provider)
            .with_error_type("value_error.missing")
            .error_type(),
        Some("value_error.missing")
    );
}

#[test]
fn the_chain_can_be_walked_and_clones_share_it() {
    let first = error(FalErrorKind::Unavailable).with_source(std::io::Error::other("refused"));
    let copy = first.clone();
    assert_eq!(StdError::source(&copy).unwrap().to_string(), "refused");
}

#[test]
fn the_model_and_the_job_are_named_and_can_be_had_back() {
    let job = JobHandle::new("fal-ai/imagen4".parse().unwrap(), "abc".parse().unwrap());
    let late = FalError::new(FalErrorKind::TimedOut, Operation::Wait).with_job(&job);
    assert_eq!(
        late.to_string(),
        "wait of fal-ai/imagen4 (abc) failed: a time limit passed"
    );
    assert_eq!(late.job(), Some(job));
    assert_eq!(error(FalErrorKind::TimedOut).job(), None);
}
