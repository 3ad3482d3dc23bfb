//! Every operation of the queue while the simulator spoils it.

use std::{sync::Arc, time::Duration};

use fal_client::{
    FalClient, FalQueue, Follow, OnTimeout, PollPolicy, RetryPolicy, SubmitOptions,
    http::{FalSettings, HttpFalQueue},
    layer::{Retrying, Traced},
    simulator::{FalSimulator, Fault, Rule, Step},
};
use serde_json::json;

use crate::shown::Shown;

const STEPS: [Step; 5] = [
    Step::Submit,
    Step::Status,
    Step::Stream,
    Step::Result,
    Step::Cancel,
];

/// What goes wrong once, at each step of its own.
fn faults() -> Vec<Fault> {
    let late = Duration::from_secs(2);
    let of_step = |at| {
        [
            Fault::Ingress { status: 503, at },
            Fault::KeyRefused { at },
            Fault::Redirect { at },
            Fault::DropAnswer { at },
            Fault::SlowAnswer { by: late, at },
            Fault::TruncatedAnswer { at },
            Fault::EmptyAnswer { at },
            Fault::GarbageJson { at },
            Fault::HtmlPage { at },
        ]
    };
    let mut faults: Vec<Fault> = STEPS.into_iter().flat_map(of_step).collect();
    faults.extend([
        Fault::Locked,
        Fault::TooManyRequests {
            retry_after: Duration::ZERO,
        },
        Fault::DropBeforeAccept,
        Fault::ForeignLinks,
        Fault::Forgotten,
        Fault::RefusePrompt,
        Fault::NoMediaGenerated,
        Fault::Unhandled,
        Fault::WrongOutput,
        Fault::UnknownState,
        Fault::ResultTimesOut,
        Fault::StreamBreaks { after: 1 },
        Fault::StreamStalls { after: 1 },
        Fault::StreamGarbage { after: 1 },
    ]);
    faults
}

pub(crate) fn queue(settings: &FalSettings) -> impl FalQueue {
    let retry = RetryPolicy::new(2).with_base(Duration::ZERO);
    Traced::new(Retrying::new(HttpFalQueue::new(settings).unwrap(), retry))
}

/// Goes through all operations once for each fault.
pub(crate) async fn all_goes_wrong(
    simulator: &FalSimulator,
    settings: &FalSettings,
    shown: &mut Shown,
) {
    let queue = queue(settings);
    shown.debug(&queue);
    let endpoint = "fal-ai/imagen4/preview/fast".parse().unwrap();
    let input = json!({ "prompt": "a lake at dawn" });
    for fault in faults() {
        simulator.control().clear_rules();
        simulator.control().add(Rule::next_submit(fault));
        let options = SubmitOptions::default();
        let submitted = queue.submit(&endpoint, &input, &options).await;
        let Some(job) = shown.outcome(submitted) else {
            continue;
        };
        shown.outcome(queue.status(&job).await);
        shown.states(queue.watch(&job).await).await;
        shown.outcome(queue.result(&job).await);
        shown.outcome(queue.cancel(&job).await);
    }
}

/// Waits that run out of time, follow a stream that breaks, and are refused.
pub(crate) async fn waits_go_wrong(
    simulator: &FalSimulator,
    settings: &FalSettings,
    shown: &mut Shown,
) {
    let pause = Duration::from_millis(10);
    let policy = PollPolicy::default()
        .with_interval(pause, pause)
        .with_follow(Follow::Stream)
        .with_on_timeout(OnTimeout::Cancel)
        .with_total(Duration::from_secs(1));
    let client = FalClient::new(Arc::new(queue(settings))).with_poll(policy);
    shown.debug(&client);
    let endpoint = "fal-ai/imagen4/preview/fast".parse().unwrap();
    let input = json!({ "prompt": "a lake at dawn" });
    for fault in [
        Fault::NeverStarts,
        Fault::RefusePrompt,
        Fault::StreamBreaks { after: 0 },
        Fault::KeyRefused { at: Step::Status },
    ] {
        simulator.control().clear_rules();
        simulator.control().add(Rule::next_submit(fault));
        let options = SubmitOptions::default();
        let job = client.queue().submit(&endpoint, &input, &options).await;
        let job = shown.outcome(job).unwrap();
        let mut events = Vec::new();
        let output = client.wait(&job, |event| events.push(format!("{event:?}")));
        shown.outcome(output.await);
        shown.debug(&events);
    }
}
