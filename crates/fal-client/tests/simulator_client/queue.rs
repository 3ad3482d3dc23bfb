//! The queue and the retry layer around it, from the submit to the result.

use std::time::Duration;

use fal_client::simulator::{Fault, Host, Rule, Step};
use fal_client::{
    CancelOutcome, Endpoint, FalErrorKind, Follow, JobEvent, Priority, SubmitOptions,
};
use serde_json::json;

use crate::support::{FAST, client, client_with, poll, quick, run, simulator};

#[tokio::test]
async fn a_request_goes_from_prompt_to_pictures_and_the_key_stays_with_the_queue() {
    let simulator = simulator(None).await;
    let output = run(&simulator, FAST).await.unwrap();
    assert_eq!(output.value["images"].as_array().unwrap().len(), 2);
    assert!(output.billable_units.is_some());
    let requests = simulator.control().requests();
    assert!(requests.iter().all(|request| request.host() == Host::Queue));
    simulator.stop().await;
}

#[tokio::test]
async fn a_submit_that_was_perhaps_accepted_is_not_repeated() {
    let simulator = simulator(Some(Fault::DropAfterAccept)).await;
    let error = run(&simulator, FAST).await.unwrap_err();
    assert_eq!(error.kind(), FalErrorKind::Unacknowledged);
    assert_eq!(simulator.control().accepted_submits(), 1);
}

#[tokio::test]
async fn a_submit_that_was_surely_not_accepted_is_repeated() {
    for fault in [
        Fault::Ingress {
            status: 503,
            at: Step::Submit,
        },
        Fault::TooManyRequests {
            retry_after: Duration::ZERO,
        },
    ] {
        let simulator = simulator(Some(fault)).await;
        run(&simulator, FAST).await.unwrap();
        assert_eq!(simulator.control().accepted_submits(), 1);
    }
}

#[tokio::test]
async fn a_result_that_fails_once_is_fetched_again() {
    for fault in [
        Fault::ResultTimesOut,
        Fault::Ingress {
            status: 502,
            at: Step::Result,
        },
        Fault::Ingress {
            status: 503,
            at: Step::Status,
        },
    ] {
        let simulator = simulator(Some(fault.clone())).await;
        assert!(run(&simulator, FAST).await.is_ok(), "{fault:?}");
        assert_eq!(simulator.control().accepted_submits(), 1);
    }
}

#[tokio::test]
async fn refusals_have_their_kind() {
    for fault in [Fault::RefusePrompt, Fault::NoMediaGenerated] {
        let simulator = simulator(Some(fault.clone())).await;
        let error = run(&simulator, FAST).await.unwrap_err();
        assert_eq!(error.kind(), FalErrorKind::Refused, "{fault:?}");
    }
}

#[tokio::test]
async fn a_retired_model_has_its_kind() {
    let builder = quick().retired(["fal-ai/imagen4"]);
    let simulator = builder.start().await.unwrap();
    let error = run(&simulator, FAST).await.unwrap_err();
    assert_eq!(error.kind(), FalErrorKind::ModelNotFound);
    assert!(run(&simulator, "fal-ai/nano-banana").await.is_ok());
}

#[tokio::test]
async fn a_waiting_job_is_cancelled() {
    let builder = quick().queue_time(Duration::from_hours(1));
    let simulator = builder.start().await.unwrap();
    let client = client(&simulator);
    let endpoint: Endpoint = FAST.parse().unwrap();
    let input = json!({ "prompt": "a lake" });
    let queue = client.queue();
    let job = queue
        .submit(&endpoint, &input, &SubmitOptions::default())
        .await
        .unwrap();
    assert_eq!(queue.cancel(&job).await.unwrap(), CancelOutcome::Requested);
    assert_eq!(
        queue.cancel(&job).await.unwrap(),
        CancelOutcome::AlreadyCompleted
    );
    assert_eq!(
        client.wait(&job, |_| {}).await.unwrap_err().kind(),
        FalErrorKind::Cancelled
    );
}

#[tokio::test]
async fn the_caller_learns_of_every_verdict_by_its_kind() {
    let error = |error_type: &str| Fault::CompletesWithError {
        error: "it failed".to_owned(),
        error_type: error_type.to_owned(),
    };
    let model = |status, error_type: &str| Fault::ModelError {
        status,
        error_type: error_type.to_owned(),
    };
    for (fault, kind) in [
        (error("runner_disconnected"), FalErrorKind::Unavailable),
        (model(504, "generation_timeout"), FalErrorKind::TimedOut),
        (
            model(400, "downstream_service_error"),
            FalErrorKind::Provider,
        ),
        (
            model(422, "file_download_error"),
            FalErrorKind::InvalidInput,
        ),
        (Fault::Unhandled, FalErrorKind::Provider),
        (Fault::Locked, FalErrorKind::Locked),
        (
            Fault::KeyRefused { at: Step::Submit },
            FalErrorKind::Unauthorized,
        ),
        (
            Fault::KeyRefused { at: Step::Result },
            FalErrorKind::Unauthorized,
        ),
        (Fault::Forgotten, FalErrorKind::NotFound),
    ] {
        let simulator = simulator(Some(fault.clone())).await;
        let error = run(&simulator, FAST).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{fault:?}");
        assert!(simulator.control().accepted_submits() <= 1, "{fault:?}");
    }
}

#[tokio::test]
async fn what_goes_wrong_on_the_way_to_a_paid_job_costs_nothing_but_time() {
    for at in [Step::Status, Step::Result] {
        for fault in [
            Fault::DropAnswer { at },
            Fault::TruncatedAnswer { at },
            Fault::SlowAnswer {
                by: Duration::from_millis(50),
                at,
            },
            Fault::Infrastructure {
                error_type: "runner_connection_error".to_owned(),
                at,
            },
            Fault::EmptyAnswer { at },
            Fault::GarbageJson { at },
            Fault::HtmlPage { at },
            Fault::UnknownState,
        ] {
            let simulator = simulator(Some(fault.clone())).await;
            let output = run(&simulator, FAST).await;
            assert!(output.is_ok(), "{fault:?}: {output:?}");
            assert_eq!(simulator.control().accepted_submits(), 1, "{fault:?}");
        }
    }
}

#[tokio::test]
async fn a_submit_whose_answer_is_lost_is_sent_once_whatever_was_lost_of_it() {
    let at = Step::Submit;
    for (fault, is_found) in [
        (Fault::DropAnswer { at }, false),
        (Fault::GarbageJson { at }, false),
        (Fault::HtmlPage { at }, false),
        (Fault::IngressAfterAccept { status: 502 }, false),
        (Fault::IngressAfterAccept { status: 504 }, false),
        // Their heads have the id, which is enough.
        (Fault::TruncatedAnswer { at }, true),
        (Fault::EmptyAnswer { at }, true),
    ] {
        let simulator = simulator(Some(fault.clone())).await;
        let outcome = run(&simulator, FAST).await;
        assert_eq!(outcome.is_ok(), is_found, "{fault:?}: {outcome:?}");
        if let Err(error) = outcome {
            assert_eq!(error.kind(), FalErrorKind::Unacknowledged, "{fault:?}");
        }
        assert_eq!(simulator.control().accepted_submits(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn nothing_that_fal_says_leads_the_key_to_another_origin() {
    for fault in [
        Fault::ForeignLinks,
        Fault::Redirect { at: Step::Submit },
        Fault::Redirect { at: Step::Status },
        Fault::Redirect { at: Step::Result },
        Fault::Redirect { at: Step::Cancel },
    ] {
        let simulator = simulator(Some(fault.clone())).await;
        // Where it ends does not matter here; where it went does.
        let outcome = run(&simulator, FAST).await;
        assert_eq!(
            outcome.is_ok(),
            fault == Fault::ForeignLinks || is_at_cancel(&fault)
        );
        let requests = simulator.control().requests();
        assert!(
            requests.iter().all(|request| request.host() == Host::Queue),
            "{fault:?}"
        );
    }
}

fn is_at_cancel(fault: &Fault) -> bool {
    *fault == Fault::Redirect { at: Step::Cancel }
}

#[tokio::test]
async fn a_job_that_waits_too_long_for_a_runner_ends_by_the_callers_own_limit() {
    let builder = quick().queue_time(Duration::from_hours(1)).virtual_time();
    let simulator = builder.start().await.unwrap();
    let client = client(&simulator);
    let endpoint: Endpoint = FAST.parse().unwrap();
    let options = SubmitOptions::default().with_start_timeout(Duration::from_secs(30));
    let input = json!({ "prompt": "a lake" });
    let job = client.queue().submit(&endpoint, &input, &options).await;
    let job = job.unwrap();
    simulator.control().advance(Duration::from_secs(31));
    let error = client.wait(&job, |_| {}).await.unwrap_err();
    assert_eq!(error.kind(), FalErrorKind::TimedOut);
    assert!(!error.is_retryable());
    let result = client.queue().result(&job).await.unwrap_err();
    assert_eq!(result.kind(), FalErrorKind::TimedOut);
    assert!(!result.is_retryable());
}

#[tokio::test]
async fn priority_and_the_length_of_the_line_are_heard() {
    let builder = quick().queue_time(Duration::from_hours(1));
    let simulator = builder.start().await.unwrap();
    let client = client(&simulator);
    let endpoint: Endpoint = FAST.parse().unwrap();
    let input = json!({ "prompt": "a lake" });
    let submit =
        async |options: SubmitOptions| client.queue().submit(&endpoint, &input, &options).await;
    let low = SubmitOptions::default().with_priority(Priority::Low);
    let patient = submit(low).await.unwrap();
    submit(SubmitOptions::default()).await.unwrap();
    let status = client.queue().status(&patient).await.unwrap();
    assert_eq!(status, fal_client::JobStatus::Queued { position: 1 });
    let short = SubmitOptions::default().with_max_queue_length(0);
    let error = submit(short).await.unwrap_err();
    // The retry layer asked three times, and the line stayed as long as it was.
    assert!(matches!(
        error.kind(),
        FalErrorKind::RateLimited | FalErrorKind::Exhausted
    ));
    assert_eq!(simulator.control().accepted_submits(), 2);
}

#[tokio::test]
async fn a_job_is_followed_by_its_stream_and_by_polls_once_that_breaks() {
    for fault in [
        None,
        Some(Fault::StreamBreaks { after: 2 }),
        Some(Fault::StreamEnds { after: 1 }),
        Some(Fault::StreamGarbage { after: 2 }),
        Some(Fault::Ingress {
            status: 502,
            at: Step::Stream,
        }),
        Some(Fault::HtmlPage { at: Step::Stream }),
        Some(Fault::DropAnswer { at: Step::Stream }),
    ] {
        let rules = fault.clone().map(|fault| Rule::nth_submit(1, fault));
        let builder = quick().run_time(Duration::from_millis(200));
        let simulator = builder.script(rules).start().await.unwrap();
        let client = client_with(&simulator, poll().with_follow(Follow::Stream));
        let endpoint: Endpoint = FAST.parse().unwrap();
        let input = json!({ "prompt": "a lake", "num_images": 2 });
        let options = SubmitOptions::default();
        let job = client.queue().submit(&endpoint, &input, &options).await;
        let mut lines = Vec::new();
        let listener = |event: &JobEvent| {
            if let JobEvent::Line(line) = event {
                lines.push(line.message.clone());
            }
        };
        let output = client.wait(&job.unwrap(), listener).await.unwrap();
        assert_eq!(output.value["images"].as_array().unwrap().len(), 2);
        let told = [
            "Runner took the request",
            "Drawing 2 of 128x128",
            "Picture 1/2 drawn",
            "Picture 2/2 drawn",
            "Request completed",
        ];
        assert_eq!(lines, told, "{fault:?}");
    }
}
