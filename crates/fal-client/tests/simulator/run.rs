//! Direct runs: whole, and piece by piece.

use std::time::Duration;

use fal_client::simulator::{Fault, Rule, Step};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Bench, FAST, events, quick};

fn input() -> Value {
    json!({ "prompt": "a meadow", "num_images": 2 })
}

async fn run(bench: &Bench) -> Answer {
    bench.post(&format!("run/{FAST}"), &input()).await
}

async fn stream(bench: &Bench) -> Answer {
    bench.post(&format!("run/{FAST}/stream"), &input()).await
}

/// Waits until a run is accepted.
async fn accepted(bench: &Bench) {
    for _ in 0..2000 {
        if bench.simulator.control().accepted_submits() > 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("no run was accepted");
}

#[tokio::test]
async fn a_run_answers_with_the_output_and_its_bill() {
    let bench = Bench::start(quick()).await;
    assert_eq!(bench.simulator.run_url().as_str(), bench.url("run/"));
    let answer = run(&bench).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["images"].as_array().unwrap().len(), 2);
    assert_eq!(answer.header("x-fal-billable-units"), Some("2"));
    assert!(answer.header("x-fal-request-id").is_some());
    assert_eq!(bench.simulator.control().accepted_submits(), 1);
}

#[tokio::test]
async fn a_run_answers_with_the_errors_of_the_model() {
    let bench = Bench::with_fault(Fault::RefusePrompt).await;
    let answer = run(&bench).await;
    assert_eq!(answer.status, 422);
    assert_eq!(
        answer.json()["detail"][0]["type"],
        "content_policy_violation"
    );
    let url = format!("run/{FAST}");
    let answer = bench.post(&url, &json!({ "prompt": 1 })).await;
    assert_eq!(answer.json()["detail"][0]["type"], "string_type");
    assert_eq!(bench.get(&url).await.status, 405);
    assert_eq!(bench.post("run/fal-ai/none", &input()).await.status, 404);
}

#[tokio::test]
async fn more_runs_at_once_than_runners_are_turned_away() {
    let bench = Bench::start(quick().runners(1).virtual_time()).await;
    let second = async {
        accepted(&bench).await;
        let refused = run(&bench).await;
        bench.simulator.control().advance(Duration::from_mins(1));
        refused
    };
    let (first, refused) = tokio::join!(run(&bench), second);
    assert_eq!((first.status, refused.status), (200, 429));
    assert_eq!(refused.json()["error_type"], "concurrent_requests_limit");
    assert_eq!(refused.header("x-fal-needs-retry"), Some("1"));
    assert_eq!(bench.simulator.control().accepted_submits(), 1);
}

#[tokio::test]
async fn a_run_goes_on_when_its_caller_hangs_up() {
    let bench = Bench::start(quick().run_time(Duration::from_millis(300))).await;
    tokio::select! {
        answer = run(&bench) => panic!("it came too early: {answer:?}"),
        () = accepted(&bench) => {}
    }
    let id = bench.simulator.control().accepted_ids().remove(0);
    assert!(bench.completed(&id).await.json().get("error").is_none());
}

#[tokio::test]
async fn a_stream_gives_a_picture_at_a_time_and_the_whole_at_last() {
    let bench = Bench::start(quick()).await;
    let answer = stream(&bench).await;
    assert!(answer.header("x-fal-request-id").is_some());
    let pieces = events(&answer);
    let counts: Vec<_> = pieces
        .iter()
        .map(|piece| piece["images"].as_array().unwrap().len())
        .collect();
    assert_eq!(counts, [1, 2, 2]);
    let first = |piece: &Value| piece["images"][0].clone();
    assert_eq!(first(&pieces[0]), first(&pieces[2]));
}

#[tokio::test]
async fn a_stream_that_fails_before_its_first_piece_is_a_plain_error() {
    let bench = Bench::with_fault(Fault::NoMediaGenerated).await;
    let answer = stream(&bench).await;
    assert_eq!(answer.status, 422);
    assert_eq!(answer.json()["detail"][0]["type"], "no_media_generated");
}

#[tokio::test]
async fn faults_strike_runs_as_they_strike_submits() {
    for (fault, accepted) in [
        (Fault::DropBeforeAccept, 0),
        (Fault::DropAfterAccept, 1),
        (Fault::DropAnswer { at: Step::Result }, 1),
    ] {
        let bench = Bench::with_fault(fault.clone()).await;
        let path = format!("run/{FAST}");
        let sent = bench.send(Method::POST, &path, &input().to_string()).await;
        assert!(sent.is_err(), "{fault:?}");
        assert_eq!(bench.simulator.control().accepted_submits(), accepted);
    }
    let rules = [
        Rule::nth_submit(1, Fault::Locked),
        Rule::nth_submit(2, Fault::ResultTimesOut),
        Rule::nth_submit(3, Fault::StreamBreaks { after: 1 }),
    ];
    let bench = Bench::start(quick().script(rules)).await;
    assert_eq!(run(&bench).await.status, 403);
    assert_eq!(run(&bench).await.status, 504);
    let path = format!("run/{FAST}/stream");
    let broken = bench.send(Method::POST, &path, &input().to_string()).await;
    assert!(broken.is_err());
}
