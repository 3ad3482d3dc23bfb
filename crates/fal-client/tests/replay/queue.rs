//! Each operation of the queue reads its recorded answers, however they are framed.

use fal_client::{
    BillableUnits, CancelOutcome, FalError, FalErrorKind, FalQueue, JobFailure, JobStatus,
    SubmitOptions,
    http::{FalSettings, HttpFalQueue},
};
use futures_util::TryStreamExt;
use serde_json::{Value, json};

use crate::recorded::{Recorded, endpoint, job, replayed};

fn queue(settings: &FalSettings) -> HttpFalQueue {
    HttpFalQueue::new(settings).unwrap()
}

async fn submit(settings: FalSettings) -> Result<fal_client::JobHandle, FalError> {
    let (input, options) = (json!({ "prompt": "a cat" }), SubmitOptions::default());
    queue(&settings).submit(&endpoint(), &input, &options).await
}

async fn status(name: &str) -> [JobStatus; 3] {
    let ask = async |settings| queue(&settings).status(&job()).await;
    replayed(name, ask).await.map(Result::unwrap)
}

#[tokio::test]
async fn a_submit_gives_its_handle() {
    for handle in replayed("submitted", submit).await {
        assert_eq!(handle.unwrap(), job());
    }
}

#[tokio::test]
async fn a_submit_that_is_turned_away_has_its_kind_and_no_job() {
    for (name, kind) in [
        ("no_user", FalErrorKind::Unauthorized),
        ("locked", FalErrorKind::Locked),
        ("application_not_found", FalErrorKind::ModelNotFound),
        ("too_many_requests", FalErrorKind::RateLimited),
        ("ingress_503", FalErrorKind::Unavailable),
    ] {
        for outcome in replayed(name, submit).await {
            let error = outcome.unwrap_err();
            assert_eq!(error.kind(), kind, "{name}");
            assert!(error.is_unsent() && error.request_id().is_none(), "{name}");
        }
    }
}

#[tokio::test]
async fn each_state_is_read() {
    for status in status("status_queued").await {
        assert_eq!(status, JobStatus::Queued { position: 3 });
    }
    for status in status("status_running").await {
        assert!(matches!(status, JobStatus::Running { logs } if logs[0].message == "loading"));
    }
    for status in status("status_completed").await {
        let JobStatus::Completed {
            logs,
            failure: None,
            ..
        } = status
        else {
            panic!("{status:?}");
        };
        let lines: Vec<_> = logs.iter().map(|line| line.message.as_str()).collect();
        assert_eq!(lines, ["loading", "done"]);
    }
}

#[tokio::test]
async fn a_failure_within_completed_is_a_failure() {
    for status in status("status_failed").await {
        let JobStatus::Completed {
            failure: Some(failure),
            ..
        } = status
        else {
            panic!("{status:?}");
        };
        let JobFailure { error_type, .. } = failure;
        assert_eq!(error_type.as_deref(), Some("runner_disconnected"));
    }
}

#[tokio::test]
async fn the_stream_of_states_is_read_to_its_end() {
    let ask = async |settings| {
        let states = queue(&settings).watch(&job()).await?;
        states.try_collect::<Vec<_>>().await
    };
    for states in replayed("status_stream", ask).await {
        let states = states.unwrap();
        assert_eq!(states.len(), 3);
        assert_eq!(states[0], JobStatus::Queued { position: 1 });
        assert!(states[2].is_completed());
    }
}

#[tokio::test]
async fn a_result_keeps_every_byte_of_its_output_and_its_units() {
    let ask = async |settings| queue(&settings).result(&job()).await;
    let recorded: Value = serde_json::from_str(&Recorded::read("result").body).unwrap();
    for output in replayed("result", ask).await {
        let output = output.unwrap();
        assert_eq!(output.value, recorded);
        assert_eq!(output.billable_units, Some(BillableUnits::from_units(1)));
    }
}

#[tokio::test]
async fn a_result_that_is_none_has_its_kind() {
    for (name, kind, is_retryable) in [
        ("result_refused", FalErrorKind::Refused, false),
        ("result_invalid", FalErrorKind::InvalidInput, false),
        ("result_in_progress", FalErrorKind::NotFinished, true),
        ("result_timed_out", FalErrorKind::Unavailable, true),
        ("result_start_timed_out", FalErrorKind::TimedOut, false),
        ("result_runner_lost", FalErrorKind::Unavailable, true),
        ("not_found", FalErrorKind::NotFound, false),
    ] {
        let ask = async |settings| queue(&settings).result(&job()).await;
        for outcome in replayed(name, ask).await {
            let error = outcome.unwrap_err();
            assert_eq!(
                (error.kind(), error.is_retryable()),
                (kind, is_retryable),
                "{name}"
            );
            assert_eq!(error.request_id(), Some(&job().request_id), "{name}");
            assert!(!format!("{error} {error:?}").contains("canary"), "{name}");
        }
    }
}

#[tokio::test]
async fn a_cancel_has_its_outcome() {
    for (name, expected) in [
        ("cancel_requested", CancelOutcome::Requested),
        ("cancel_already_completed", CancelOutcome::AlreadyCompleted),
        ("not_found", CancelOutcome::NotFound),
    ] {
        let ask = async |settings| queue(&settings).cancel(&job()).await;
        for outcome in replayed(name, ask).await {
            assert_eq!(outcome.unwrap(), expected, "{name}");
        }
    }
}
