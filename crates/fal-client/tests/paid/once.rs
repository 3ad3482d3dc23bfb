//! A thousand submits with faults by script: at most one accepted job for each.

use std::time::Duration;

use fal_client::{
    FalErrorKind, FalQueue, SubmitOptions,
    simulator::{FalSimulator, Fault, Rule, Step},
};
use serde_json::json;

use crate::support::{endpoint, policy, queue, start};

const SUBMIT: Step = Step::Submit;

/// How many lots there are.
const LOTS: u8 = 30;

/// What goes wrong with one try, by lot: with every third it is proven that nothing was accepted, and about as many go
/// well.
fn fault(lot: u8) -> Fault {
    let page = |status| Fault::Ingress { status, at: SUBMIT };
    let late = |status| Fault::IngressAfterAccept { status };
    let infrastructure = |name: &str| Fault::Infrastructure {
        error_type: name.to_owned(),
        at: SUBMIT,
    };
    match lot {
        0 => Fault::DropBeforeAccept,
        1..=3 => Fault::TooManyRequests {
            retry_after: Duration::ZERO,
        },
        4..=6 => page(500),
        7..=9 => page(503),
        10 => page(502),
        11 => page(504),
        12 => infrastructure("internal_error"),
        13 => infrastructure("runner_scheduling_failure"),
        14 => Fault::DropAfterAccept,
        15 => late(502),
        16 => late(504),
        17 => Fault::TruncatedAnswer { at: SUBMIT },
        18 => Fault::EmptyAnswer { at: SUBMIT },
        19 => Fault::GarbageJson { at: SUBMIT },
        20 => Fault::HtmlPage { at: SUBMIT },
        21 => Fault::DropAnswer { at: SUBMIT },
        // It strikes when nobody is looking.
        _ => Fault::IgnoresCancel,
    }
}

/// How the submits of a test ended.
#[derive(Debug, Default)]
struct Tally {
    succeeded: u32,
    unacknowledged: u32,
    exhausted: u32,
}

#[tokio::test]
async fn a_thousand_submits_with_scripted_faults_are_accepted_at_most_once_each() {
    // Nothing runs, so that the test draws no pictures.
    let simulator = start(FalSimulator::builder().queue_time(Duration::from_hours(1))).await;
    let (control, queue) = (simulator.control(), queue(&simulator));
    let mut random = fastrand::Rng::with_seed(20_261_126);
    let mut tally = Tally::default();
    for round in 0..1_000 {
        // One for each try, so that no try goes without its lot.
        control.clear_rules();
        for _ in 0..policy().tries() {
            control.add(Rule::next_submit(fault(random.u8(0..LOTS))));
        }
        let accepted = control.accepted_submits();
        let input = json!({ "prompt": "a lake at dawn", "seed": round });
        let options = SubmitOptions::default();
        let outcome = queue.submit(&endpoint(), &input, &options).await;
        let accepted = control.accepted_submits() - accepted;
        assert!(accepted <= 1, "round {round}: {accepted} jobs are paid");
        match outcome.map_err(|error| error.kind()) {
            Ok(job) => {
                let ids = control.accepted_ids();
                assert_eq!(ids.last().unwrap(), job.request_id.as_str());
                assert_eq!(accepted, 1);
                tally.succeeded += 1;
            }
            Err(FalErrorKind::Unacknowledged) => tally.unacknowledged += 1,
            Err(kind) => {
                assert_eq!((kind, accepted), (FalErrorKind::Exhausted, 0), "{round}");
                tally.exhausted += 1;
            }
        }
    }
    // The lots are the same each time; these say that the rounds were not all of one kind.
    let Tally {
        succeeded,
        unacknowledged,
        exhausted,
    } = tally;
    assert!(
        succeeded > 200 && unacknowledged > 200 && exhausted > 0,
        "{tally:?}"
    );
    assert!(control.requests().len() > 1_300, "few were repeated");
    simulator.stop().await;
}
