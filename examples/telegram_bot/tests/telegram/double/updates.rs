//! How the bot hears of updates: by asking and waiting, or by a webhook.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout_at};

use super::Inner;
use super::call::Call;
use super::refusal::{Outcome, Refusal};
use super::state::{State, Webhook};

/// Numbers the questions for updates: only the newest one waits.
#[derive(Debug, Default)]
pub(super) struct Polls(AtomicU64);

const OTHER_QUESTION: &str =
    "terminated by other getUpdates request; make sure that only one bot instance is running";
const BESIDE_WEBHOOK: &str = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";

/// Waits for updates as long as the question says. A second question ends the first.
pub(super) async fn wait(inner: &Inner, call: &Call) -> Outcome {
    let number = inner.polls.0.fetch_add(1, Ordering::SeqCst) + 1;
    inner.changed.notify_waiters();
    if let Some(refusal) = inner.change(|state| state.ordered(call)) {
        return Err(refusal);
    }
    let seconds = call.number("timeout").unwrap_or(0).clamp(0, 50);
    let deadline = Instant::now() + Duration::from_secs(seconds.unsigned_abs());
    loop {
        let changed = inner.changed.notified();
        tokio::pin!(changed);
        changed.as_mut().enable();
        if inner.polls.0.load(Ordering::SeqCst) != number {
            return Err(Refusal::conflict(OTHER_QUESTION));
        }
        if inner.state().webhook.is_some() {
            return Err(Refusal::conflict(BESIDE_WEBHOOK));
        }
        let updates = take(&mut inner.state(), call);
        let is_over = timeout_at(deadline, async {
            if updates.is_empty() {
                changed.await;
            }
        });
        if !updates.is_empty() || is_over.await.is_err() {
            return Ok(Value::Array(updates));
        }
    }
}

/// Forgets what lies before the offset and returns what comes from there.
fn take(state: &mut State, call: &Call) -> Vec<Value> {
    let offset = call.number("offset").unwrap_or(0);
    let limit = call.number("limit").unwrap_or(100).clamp(1, 100);
    state.updates.retain(|(id, _)| *id >= offset);
    let updates = state
        .updates
        .iter()
        .take(limit.unsigned_abs().try_into().unwrap_or(100));
    updates.map(|(_, update)| update.clone()).collect()
}

/// Delivers every waiting update to the webhook, if there is one, as long as somebody takes them.
pub(super) fn deliver(inner: &Arc<Inner>) {
    let receiver = *inner.receiver.lock().unwrap();
    let webhook = inner.state().webhook.clone();
    let (Some(receiver), Some(webhook)) = (receiver, webhook) else {
        return;
    };
    let waiting: Vec<_> = inner.state().updates.drain(..).collect();
    for (_, update) in waiting {
        let webhook = webhook.clone();
        tokio::spawn(async move { deliver_one(receiver, &webhook, &update).await });
    }
}

/// Tries again for a while, as Telegram does for a day.
async fn deliver_one(receiver: SocketAddr, webhook: &Webhook, update: &Value) {
    for _ in 0..50 {
        if post(receiver, webhook, update)
            .await
            .is_some_and(|status| status == 200)
        {
            return;
        }
        sleep(Duration::from_millis(100)).await;
    }
    panic!("nobody took {}", json!({ "update": update["update_id"] }));
}

/// Posts an update and returns the status of the answer.
pub(super) async fn post(receiver: SocketAddr, webhook: &Webhook, update: &Value) -> Option<u16> {
    let body = update.to_string();
    let (_, rest) = webhook.url.split_once("://")?;
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    let secret = webhook.secret.as_ref();
    let secret = secret.map(|secret| format!("X-Telegram-Bot-Api-Secret-Token: {secret}\r\n"));
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: bot.example\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n{}\r\n",
        body.len(),
        secret.unwrap_or_default()
    );
    let mut stream = TcpStream::connect(receiver).await.ok()?;
    stream.write_all(head.as_bytes()).await.ok()?;
    stream.write_all(body.as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    answer.split(' ').nth(1)?.parse().ok()
}
