//! Two hundred crashes between a submit and its answer: found again by the list or the webhook, or told as unknown.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use fal_client::{
    Endpoint, FalPlatformExt, FalQueue, InputHash, LostSearch, RequestId, SubmitOptions,
    TimeSource, UnknownSubmit, WebhookUrl,
    http::{HttpFalPlatform, HttpKeySource},
    simulator::{Control, FalSimulator, Fault, Rule, Step},
    testing::{Reply, ScriptedServer},
    webhook::{MemoryReplayGuard, Received, WebhookHeaders, WebhookReceiver},
};
use serde_json::{Value, json};
use tokio::{select, task::yield_now, time::sleep};

use crate::support::{Queue, platform, queue, settings, start};

const CRASHES: u64 = 200;

/// The models that are asked, two times each before the next; the list of each is short then.
const MODELS: [&str; 5] = [
    "fal-ai/imagen4/preview",
    "fal-ai/imagen4/preview/fast",
    "fal-ai/imagen4/preview/ultra",
    "fal-ai/nano-banana",
    "fal-ai/nano-banana-2",
];

fn model(round: u64) -> Endpoint {
    MODELS[usize::try_from(round / 2).unwrap() % MODELS.len()]
        .parse()
        .unwrap()
}

/// Everything that takes part.
struct Bench {
    simulator: FalSimulator,
    queue: Queue,
    platform: HttpFalPlatform,
    /// Our side of the webhooks: it takes what comes, and the receiver checks it.
    hooks: ScriptedServer,
    receiver: WebhookReceiver,
    /// The jobs that are found.
    known: BTreeSet<RequestId>,
}

impl Bench {
    async fn start() -> Self {
        let simulator = start(FalSimulator::builder().run_time(Duration::ZERO)).await;
        let keys = Arc::new(HttpKeySource::new(&settings(&simulator)).unwrap());
        let receiver = WebhookReceiver::new(keys, Arc::new(MemoryReplayGuard::default()));
        Self {
            queue: queue(&simulator),
            platform: platform(&simulator),
            hooks: ScriptedServer::start([]).await.unwrap(),
            receiver: receiver.with_user_id(simulator.user_id()),
            simulator,
            known: BTreeSet::new(),
        }
    }

    /// Submits a job of which only the simulator knows afterwards, and returns what is left of it.
    async fn lose(&self, round: u64, input: &Value, options: &SubmitOptions) -> UnknownSubmit {
        let fault = match round % 4 {
            0 => Fault::DropAfterAccept,
            1 => Fault::IngressAfterAccept { status: 502 },
            2 => Fault::DropAnswer { at: Step::Submit },
            _ => return self.die(&model(round), input, options).await,
        };
        self.simulator.control().add(Rule::next_submit(fault));
        let outcome = self.queue.submit(&model(round), input, options).await;
        let error = outcome.unwrap_err();
        error.unknown_submit().unwrap().clone()
    }

    /// Gives a submit up as a process does that dies, and returns what its journal tells the next one.
    async fn die(&self, model: &Endpoint, input: &Value, options: &SubmitOptions) -> UnknownSubmit {
        let (clock, control) = (TimeSource::default(), self.simulator.control());
        let (began, accepted) = (clock.now(), control.accepted_submits());
        select! {
            biased;
            () = more_accepted(&control, accepted) => {}
            _ = self.queue.submit(model, input, options) => {}
        }
        UnknownSubmit::new(model.clone(), InputHash::of(input), began, clock.now())
            .with_webhook_id(options.webhook().and_then(WebhookUrl::id))
    }

    /// Searches the account's list; the jobs that are known are others'.
    async fn listed(&self, lost: &UnknownSubmit) -> Option<RequestId> {
        match self.platform.find_lost_except(lost, &self.known).await {
            LostSearch::Found(id) => Some(id),
            LostSearch::NotFound | LostSearch::Ambiguous(_) => None,
            other => panic!("{other:?}"),
        }
    }

    /// Waits for the webhook that bears our id, and returns the request that it is about.
    async fn told(&self, lost: &UnknownSubmit) -> Option<RequestId> {
        let target = format!("/fal/{}", lost.webhook_id.as_deref()?);
        for _ in 0..2_000 {
            let came = self.hooks.requests().into_iter();
            if let Some(delivery) = came.rev().find(|request| request.target == target) {
                let headers = WebhookHeaders::read(|name| delivery.header(name)).unwrap();
                let received = self.receiver.receive(&headers, &delivery.body).await;
                return match received.unwrap() {
                    Received::First(delivery) => Some(delivery.request_id),
                    _ => None,
                };
            }
            sleep(Duration::from_millis(5)).await;
        }
        None
    }
}

async fn more_accepted(control: &Control, before: u64) {
    while control.accepted_submits() == before {
        yield_now().await;
    }
}

/// The word makes the simulator refuse the prompt without drawing anything; every sixteenth input is the one before.
fn input(round: u64) -> Value {
    let round = if round % 16 == 15 { round - 1 } else { round };
    json!({ "prompt": format!("a forbidden lake, {round}") })
}

#[tokio::test]
async fn of_two_hundred_crashes_one_that_nobody_can_tell_is_unknown_and_none_is_paid_twice() {
    let mut bench = Bench::start().await;
    let hook: WebhookUrl = format!("http://{}/fal", bench.hooks.address())
        .parse()
        .unwrap();
    let (mut by_list, mut by_webhook, mut unknown) = (0, 0, 0);
    for round in 0..CRASHES {
        let mut options = SubmitOptions::default();
        let is_last = round + 1 == CRASHES;
        let has_webhook = round % 5 == 4 && !is_last;
        if has_webhook || is_last {
            // FAL keeps no input then, and the list cannot tell.
            options = options.with_no_store_io();
        }
        if has_webhook {
            bench.hooks.add(Reply::json(200, "{}"));
            options = options.with_webhook(hook.for_id(&format!("ours-{round}")).unwrap());
        }
        let lost = bench.lose(round, &input(round), &options).await;
        let found = if has_webhook {
            by_webhook += 1;
            bench.told(&lost).await
        } else {
            bench.listed(&lost).await
        };
        let accepted = bench.simulator.control().accepted_ids();
        assert_eq!(accepted.len() as u64, round + 1, "each is paid once");
        match found {
            Some(id) => {
                assert_eq!(Some(id.as_str()), accepted.last().map(String::as_str));
                by_list += u64::from(!has_webhook);
                bench.known.insert(id);
            }
            None => unknown += 1,
        }
    }
    assert_eq!((by_list, by_webhook, unknown), (160, 39, 1));
    let control = bench.simulator.control();
    assert_eq!(control.accepted_submits(), CRASHES);
    bench.simulator.stop().await;
}
