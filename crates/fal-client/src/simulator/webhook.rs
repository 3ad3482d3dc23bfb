//! Webhooks: signed as FAL signs them, delivered again until somebody takes them.

mod delivery;
mod signer;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use url::Url;

use super::control::RecordedDelivery;
use super::fault::Fault;
use super::state::State;
use super::time::after;
use crate::fal_url::is_loopback;
use delivery::Notice;

pub(super) use delivery::USER_ID;
pub(super) use signer::Signer;

/// How many times one end is told at most. Source: FAL's page on webhooks.
const MOST_DELIVERIES: u32 = 31;
/// The longest pause between two deliveries.
const LONGEST_PAUSE: Duration = Duration::from_mins(10);
/// How long the receiver may take, the first time and later on.
const LIMITS: [Duration; 2] = [Duration::from_secs(15), Duration::from_mins(2)];

/// Tells the ends of jobs as they come, until the task is dropped.
pub(super) async fn run(state: Arc<State>, mut ended: mpsc::UnboundedReceiver<String>) {
    let client = match crate::http::plain_client() {
        Ok(client) => client,
        Err(error) => {
            tracing::warn!(%error, "the simulator delivers no webhooks");
            return;
        }
    };
    let mut deliveries = JoinSet::new();
    while let Some(id) = ended.recv().await {
        deliveries.spawn(tell(Arc::clone(&state), client.clone(), id));
        // What is over is let go of.
        while deliveries.try_join_next().is_some() {}
    }
}

/// Tells how one job ended.
async fn tell(state: Arc<State>, client: reqwest::Client, id: String) {
    let Some(notice) = Notice::of(&state, &id) else {
        return;
    };
    match &notice.fault {
        Some(Fault::WebhookLost) => return,
        Some(Fault::WebhookLate(by)) => state.time.sleep(*by).await,
        _ => {}
    }
    let again = u32::from(notice.fault == Some(Fault::WebhookTwice));
    for _ in 0..=again {
        deliver(&state, &client, &notice).await;
    }
}

/// Delivers until the receiver takes it, refuses for good, or has been asked often enough.
async fn deliver(state: &State, client: &reqwest::Client, notice: &Notice) {
    let mut pause = state.settings.webhook_pause;
    for attempt in 1..=MOST_DELIVERIES {
        let began = state.time.now();
        let status = send(state, client, notice, attempt).await;
        state.lock().record_delivery(RecordedDelivery {
            request_id: notice.id.clone(),
            attempt,
            status,
        });
        notice.told.send_replace(true);
        // A redirect is a refusal for good, as FAL says.
        if status.is_some_and(|status| status < 400) || !goes_to_loopback(&notice.target) {
            return;
        }
        wait(state, began, pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn wait(state: &State, began: Instant, pause: Duration) {
    state.time.sleep_until(after(began, pause)).await;
}

/// Sends one delivery and returns the receiver's status.
async fn send(
    state: &State,
    client: &reqwest::Client,
    notice: &Notice,
    attempt: u32,
) -> Option<u16> {
    if !goes_to_loopback(&notice.target) {
        tracing::warn!(fal.request_id = %notice.id, "the simulator delivers webhooks on loopback only");
        return None;
    }
    let signed = notice.signed(state);
    let limit = LIMITS[usize::from(attempt > 1)];
    let request = client.post(notice.target.clone()).timeout(limit);
    let request = request.headers(signed.headers).body(signed.body);
    let answer = request.send().await.ok()?;
    Some(answer.status().as_u16())
}

/// Tells whether an address is on this machine; a simulator calls no other one.
fn goes_to_loopback(target: &Url) -> bool {
    target.scheme() == "http" && target.host().is_some_and(|host| is_loopback(&host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_called() {
        let goes = |text: &str| goes_to_loopback(&text.parse().unwrap());
        assert!(goes("http://127.0.0.1:9/hook?a=1"));
        assert!(goes("http://localhost:9/hook"));
        assert!(!goes("https://pictures.example/hook"));
        assert!(!goes("http://10.0.0.1/hook"));
    }
}
