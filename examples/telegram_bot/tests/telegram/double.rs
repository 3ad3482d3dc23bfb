//! A double of the Bot API on loopback: it keeps chats as Telegram does, refuses what Telegram refuses in its words,
//! and records every call.
//!
//! Sources: <https://core.telegram.org/bots/api>, and the open server of the Bot API with `TDLib`, where that page is
//! silent about the words of a refusal.

pub(crate) mod call;
pub(crate) mod html;
pub(crate) mod keyboard;
pub(crate) mod message;
mod methods;
pub(crate) mod person;
pub(crate) mod photo;
pub(crate) mod refusal;
mod state;
mod updates;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State as Shared};
use axum::http::Request;
use axum::response::Response;
use axum::routing::any;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use call::Call;
use person::Person;
use refusal::{Outcome, Refusal, respond};
use state::{Chat, Profile, State};
pub(crate) use state::{Order, Recorded, Webhook};

/// What the handlers share.
#[derive(Debug)]
struct Inner {
    token: String,
    state: Mutex<State>,
    changed: Notify,
    polls: updates::Polls,
    /// Where a webhook's link leads, in place of the proxy that would stand there.
    receiver: Mutex<Option<SocketAddr>>,
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and wakes everybody who waits for that.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let outcome = change(&mut self.state());
        self.changed.notify_waiters();
        outcome
    }

    fn perform(&self, call: Call) -> Outcome {
        self.change(|state| {
            let outcome = match state.ordered(&call) {
                Some(refusal) => Err(refusal),
                None => methods::perform(state, &call),
            };
            record(state, call, &outcome);
            outcome
        })
    }
}

fn record(state: &mut State, call: Call, outcome: &Outcome) {
    let refusal = outcome.as_ref().err();
    state.recorded.push(Recorded {
        call,
        status: refusal.map_or(200, |refusal| refusal.code),
        description: refusal.map(|refusal| refusal.description.clone()),
    });
}

/// The running double. It is stopped when dropped.
#[derive(Debug)]
pub(crate) struct TelegramDouble {
    inner: Arc<Inner>,
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl TelegramDouble {
    /// Starts a double that takes `token`.
    pub(crate) async fn start(token: &str) -> Self {
        let inner = Arc::new(Inner {
            token: token.to_owned(),
            state: Mutex::default(),
            changed: Notify::new(),
            polls: updates::Polls::default(),
            receiver: Mutex::default(),
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/{bot}/{method}", any(handle))
            .with_state(Arc::clone(&inner));
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        Self {
            inner,
            address,
            server,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Lets somebody talk to the bot, whose messenger is in `language`.
    pub(crate) fn person(&self, id: i64, language: &str) -> Person {
        let profile = Profile {
            id,
            name: format!("Person {id}"),
            language: language.to_owned(),
        };
        let chat = Chat {
            profile,
            messages: Vec::new(),
            has_blocked: false,
        };
        self.inner.change(|state| state.chats.insert(id, chat));
        Person::new(Arc::clone(&self.inner), id)
    }

    /// Does what `call` asks for, without HTTP.
    pub(crate) fn perform(&self, call: Call) -> Outcome {
        self.inner.perform(call)
    }

    /// Orders refusals.
    pub(crate) fn order(&self, order: Order) {
        self.inner.change(|state| state.orders.push(order));
    }

    /// Forgets every photo that was sent: its name is good for nothing any more.
    pub(crate) fn forgets_photos(&self) {
        self.inner.change(|state| state.photos.clear());
    }

    /// Returns every call so far.
    pub(crate) fn recorded(&self) -> Vec<Recorded> {
        self.inner.state().recorded.clone()
    }

    /// Returns the calls of `method` so far.
    pub(crate) fn calls_of(&self, method: &str) -> Vec<Recorded> {
        let mut calls = self.recorded();
        calls.retain(|one| one.call.method.eq_ignore_ascii_case(method));
        calls
    }

    /// Returns how often each pressed button was answered.
    pub(crate) fn answers(&self) -> Vec<u32> {
        self.inner.state().queries.values().copied().collect()
    }

    pub(crate) fn webhook(&self) -> Option<Webhook> {
        self.inner.state().webhook.clone()
    }

    /// Delivers webhooks to `receiver`, whatever host their link names.
    pub(crate) fn deliver_to(&self, receiver: SocketAddr) {
        let mut own = self.inner.receiver.lock().unwrap();
        *own = Some(receiver);
    }

    /// Posts `update` to `receiver` as a webhook would, and returns the status of the answer.
    pub(crate) async fn post(
        &self,
        receiver: SocketAddr,
        webhook: &Webhook,
        update: &serde_json::Value,
    ) -> Option<u16> {
        updates::post(receiver, webhook, update).await
    }

    /// Returns how many updates nobody has taken yet.
    pub(crate) fn pending(&self) -> usize {
        self.inner.state().updates.len()
    }
}

impl Drop for TelegramDouble {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn handle(
    Shared(inner): Shared<Arc<Inner>>,
    Path((bot, method)): Path<(String, String)>,
    request: Request<Body>,
) -> Response {
    respond(answer(&inner, &bot, &method, request).await)
}

async fn answer(inner: &Inner, bot: &str, method: &str, request: Request<Body>) -> Outcome {
    let token = bot.strip_prefix("bot");
    let token = token.ok_or_else(|| Refusal::new(404, "Not Found"))?;
    if token != inner.token {
        return Err(Refusal::new(401, "Unauthorized"));
    }
    let call = Call::read(method, request).await?;
    if call.method != "getupdates" {
        return inner.perform(call);
    }
    let outcome = updates::wait(inner, &call).await;
    inner.change(|state| record(state, call, &outcome));
    outcome
}
