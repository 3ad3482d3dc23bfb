//! What the script makes of single answers, at every step.

use std::pin::pin;
use std::time::Duration;

use fal_client::simulator::{Fault, Host, Rule, Step};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{APP, Answer, Bench, FAST, quick};

const HOUR: Duration = Duration::from_hours(1);
const STEPS: [Step; 5] = [
    Step::Submit,
    Step::Status,
    Step::Stream,
    Step::Result,
    Step::Cancel,
];

fn input() -> Value {
    json!({ "prompt": "a meadow" })
}

async fn submit(bench: &Bench) -> reqwest::Result<Answer> {
    bench.send(Method::POST, FAST, &input().to_string()).await
}

/// Asks for one step of a job until it is the job's, not before it has ended.
async fn ask(bench: &Bench, id: &str, step: Step) -> reqwest::Result<Answer> {
    let path = format!("{APP}/requests/{id}");
    let (method, path) = match step {
        Step::Status => (Method::GET, format!("{path}/status")),
        Step::Stream => (Method::GET, format!("{path}/status/stream")),
        Step::Cancel => (Method::PUT, format!("{path}/cancel")),
        _ => (Method::GET, path),
    };
    bench.send(method, &path, "").await
}

/// Waits for the end of a job without asking for anything that a fault could strike.
async fn over(bench: &Bench, id: &str) {
    for _ in 0..1000 {
        let url = bench.url(&format!(
            "v1/models/requests/by-endpoint?endpoint_id={FAST}"
        ));
        let key = bench.authorization();
        let headers = [("authorization", key.as_str())];
        let page = bench.call(Method::GET, &url, &headers, "").await.json();
        let items = page["items"].as_array().unwrap();
        let item = items.iter().find(|item| item["request_id"] == json!(id));
        if item.is_some_and(|item| item["ended_at"].is_string()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the job did not end");
}

/// What a fault made of the first answer of its step.
struct Struck {
    bench: Bench,
    first: reqwest::Result<Answer>,
    step: Step,
}

/// Lets a fault strike the first answer of a step, whose job has ended by then.
async fn strike(fault: Fault, step: Step) -> Struck {
    let bench = Bench::with_fault(fault).await;
    let submitted = submit(&bench).await;
    let first = if step == Step::Submit {
        submitted
    } else {
        let id = submitted.unwrap().json()["request_id"].clone();
        over(&bench, id.as_str().unwrap()).await;
        ask(&bench, id.as_str().unwrap(), step).await
    };
    Struck { bench, first, step }
}

impl Struck {
    fn accepted(&self) -> u64 {
        self.bench.simulator.control().accepted_submits()
    }

    /// The same asked once more is as it should be: the fault struck once.
    async fn is_well_again(&self) {
        let again = if self.step == Step::Submit {
            submit(&self.bench).await
        } else {
            let id = self.bench.simulator.control().accepted_ids().remove(0);
            ask(&self.bench, &id, self.step).await
        };
        let answer = again.unwrap();
        let wanted = if self.step == Step::Cancel { 400 } else { 200 };
        assert_eq!(answer.status, wanted, "{:?}", self.step);
        assert!(answer.header("x-fal-request-id").is_some());
    }
}

#[tokio::test]
async fn the_ingress_strikes_every_step_once_in_html_and_without_an_id() {
    for at in STEPS {
        let struck = strike(Fault::Ingress { status: 502, at }, at).await;
        let answer = struck.first.as_ref().unwrap();
        assert_eq!(answer.status, 502);
        assert_eq!(answer.header("content-type"), Some("text/html"));
        assert_eq!(answer.header("x-fal-request-id"), None, "{at:?}");
        assert_eq!(struck.accepted(), u64::from(at != Step::Submit));
        struck.is_well_again().await;
    }
}

#[tokio::test]
async fn fals_own_machinery_fails_with_a_word_in_body_and_head() {
    for (error_type, status) in [
        ("runner_scheduling_failure", 503),
        ("runner_incomplete_response", 502),
        ("startup_timeout", 504),
        ("internal_error", 500),
        ("concurrent_requests_limit", 429),
    ] {
        for at in [Step::Submit, Step::Result] {
            let error_type = error_type.to_owned();
            let struck = strike(Fault::Infrastructure { error_type, at }, at).await;
            let answer = struck.first.as_ref().unwrap();
            assert_eq!(answer.status, status);
            let word = answer.json()["error_type"].clone();
            assert_eq!(answer.header("x-fal-error-type"), word.as_str());
            assert_eq!(struck.accepted(), u64::from(at != Step::Submit));
            struck.is_well_again().await;
        }
    }
}

#[tokio::test]
async fn a_key_can_be_refused_at_any_step() {
    for at in STEPS {
        let struck = strike(Fault::KeyRefused { at }, at).await;
        let answer = struck.first.as_ref().unwrap();
        assert_eq!(answer.status, 401, "{at:?}");
        assert_eq!(
            answer.json()["detail"],
            "No user found for Key ID and Secret"
        );
        assert_eq!(struck.accepted(), u64::from(at != Step::Submit));
        struck.is_well_again().await;
    }
}

#[tokio::test]
async fn a_redirect_leads_to_the_origin_where_the_key_must_not_go() {
    for at in [Step::Submit, Step::Status, Step::Result] {
        // The client of these tests follows redirects, and drops the key on the way.
        let struck = strike(Fault::Redirect { at }, at).await;
        // There is nothing to be found where it leads.
        assert!(struck.first.as_ref().unwrap().status >= 400, "{at:?}");
        let control = struck.bench.simulator.control();
        let asked = control.requests();
        let strays: Vec<_> = asked
            .iter()
            .filter(|asked| asked.host() == Host::Media)
            .collect();
        assert_eq!(strays.len(), 1, "{at:?}");
        assert_eq!(strays[0].path(), "/_redirected");
        let names = strays[0].header_names();
        assert!(!names.contains(&"authorization".to_owned()));
    }
}

#[tokio::test]
async fn an_answer_can_be_dropped_at_any_step() {
    for at in STEPS {
        let struck = strike(Fault::DropAnswer { at }, at).await;
        assert!(struck.first.is_err(), "{at:?}");
        assert_eq!(struck.accepted(), 1);
        struck.is_well_again().await;
    }
}

#[tokio::test]
async fn an_answer_can_come_late() {
    for at in [Step::Submit, Step::Status, Step::Result] {
        let by = Duration::from_millis(400);
        let began = tokio::time::Instant::now();
        let struck = strike(Fault::SlowAnswer { by, at }, at).await;
        assert!(began.elapsed() >= by, "{at:?}");
        assert_eq!(struck.first.as_ref().unwrap().status, 200);
        assert_eq!(struck.accepted(), 1);
    }
}

#[tokio::test]
async fn an_answer_can_be_cut_off_against_its_length() {
    for at in [Step::Submit, Step::Status, Step::Result] {
        let struck = strike(Fault::TruncatedAnswer { at }, at).await;
        let error = struck.first.as_ref().unwrap_err();
        assert!(error.is_body() || error.is_decode(), "{at:?}: {error:?}");
        assert_eq!(struck.accepted(), 1);
        struck.is_well_again().await;
    }
}

#[tokio::test]
async fn an_answer_can_be_empty_and_keep_its_head() {
    for at in STEPS {
        let struck = strike(Fault::EmptyAnswer { at }, at).await;
        let answer = struck.first.as_ref().unwrap();
        assert!(answer.bytes.is_empty(), "{at:?}");
        assert!(answer.header("x-fal-request-id").is_some());
        assert_eq!(struck.accepted(), 1);
        struck.is_well_again().await;
    }
}

#[tokio::test]
async fn an_answer_can_be_a_page_of_html_with_a_success() {
    for at in STEPS {
        let struck = strike(Fault::HtmlPage { at }, at).await;
        let answer = struck.first.as_ref().unwrap();
        assert_eq!(answer.status, 200, "{at:?}");
        assert_eq!(answer.header("content-type"), Some("text/html"));
        assert!(answer.bytes.starts_with(b"<!doctype html>"));
        assert_eq!(struck.accepted(), 1);
        struck.is_well_again().await;
    }
}

#[tokio::test]
async fn a_status_can_name_a_state_that_does_not_exist() {
    let struck = strike(Fault::UnknownState, Step::Status).await;
    assert_eq!(struck.first.as_ref().unwrap().json()["status"], "PAUSED");
    struck.is_well_again().await;
}

#[tokio::test]
async fn an_account_without_balance_is_locked_and_nothing_is_accepted() {
    let struck = strike(Fault::Locked, Step::Submit).await;
    let answer = struck.first.as_ref().unwrap();
    assert_eq!(answer.status, 403);
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.starts_with("User is locked."), "{detail}");
    assert_eq!(struck.accepted(), 0);
    struck.is_well_again().await;
}

#[tokio::test]
async fn the_ingress_can_fail_after_it_passed_a_submit_on() {
    let fault = Fault::IngressAfterAccept { status: 502 };
    let struck = strike(fault, Step::Submit).await;
    let answer = struck.first.as_ref().unwrap();
    assert_eq!(answer.status, 502);
    assert!(String::from_utf8_lossy(&answer.bytes).contains("nginx"));
    assert_eq!(struck.accepted(), 1, "it is paid for all the same");
}

#[tokio::test]
async fn the_links_of_a_submit_can_lead_to_where_the_key_must_not_go() {
    let bench = Bench::with_fault(Fault::ForeignLinks).await;
    let submitted = submit(&bench).await.unwrap().json();
    let media = bench.simulator.media_url();
    for name in ["status_url", "response_url", "cancel_url"] {
        let link = submitted[name].as_str().unwrap();
        assert!(link.starts_with(media.as_str()), "{link}");
    }
    let id = submitted["request_id"].as_str().unwrap();
    bench.completed(id).await;
}

#[tokio::test]
async fn a_request_can_be_forgotten_although_it_runs() {
    let bench = Bench::with_fault(Fault::Forgotten).await;
    let id = bench.submit(&input()).await;
    for step in [Step::Status, Step::Stream, Step::Result, Step::Cancel] {
        let answer = ask(&bench, &id, step).await.unwrap();
        assert_eq!(answer.status, 404, "{step:?}");
        assert_eq!(answer.json(), json!({ "status": "NOT_FOUND" }));
    }
    over(&bench, &id).await;
    assert_eq!(bench.simulator.control().accepted_submits(), 1);
}

#[tokio::test]
async fn each_submit_is_struck_until_the_rules_are_cleared() {
    let bench = Bench::start(quick().script([Rule::each_submit(Fault::Locked)])).await;
    for _ in 0..3 {
        assert_eq!(submit(&bench).await.unwrap().status, 403);
    }
    bench.simulator.control().clear_rules();
    assert_eq!(submit(&bench).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_late_answer_goes_by_virtual_time() {
    let slow = Fault::SlowAnswer {
        by: HOUR,
        at: Step::Submit,
    };
    let bench = Bench::start(quick().virtual_time().script([Rule::next_submit(slow)])).await;
    let control = bench.simulator.control();
    let mut answer = pin!(submit(&bench));
    let early = tokio::time::timeout(Duration::from_millis(150), &mut answer).await;
    assert!(early.is_err(), "the time stands");
    // The hour counts from the moment at which the answer begins to wait.
    let advance = async {
        for _ in 0..1000 {
            control.advance(HOUR);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        answer = answer => assert_eq!(answer.unwrap().status, 200),
        () = advance => panic!("the answer did not come"),
    }
}
