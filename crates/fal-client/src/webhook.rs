//! Webhooks: verified, read, and taken once (feature `webhook`).
//!
//! The core is pure: [`WebhookHeaders`], a body, a [`KeySet`] and the time go in, a [`Delivery`] comes out.
//! Around it, [`WebhookReceiver`] fetches and keeps the keys, and a [`ReplayGuard`] remembers what came before.
//! FAL delivers several times, so store first, answer 2xx, and work afterwards; and pair it with polling, since a
//! delivery may never come.

#[cfg(feature = "axum")]
mod axum;
mod cache;
mod delivery;
mod error;
mod headers;
mod keys;
mod receiver;
mod replay;
mod verify;

#[cfg(feature = "axum")]
pub use self::axum::{FalWebhook, WebhookRejection};
pub use cache::{KeySource, KeysPolicy};
pub use delivery::{Delivery, DeliveryOutcome};
pub use error::{WebhookError, WebhookErrorKind};
pub use headers::WebhookHeaders;
pub use keys::KeySet;
pub use receiver::{Received, WebhookReceiver};
pub use replay::{MemoryReplayGuard, ReplayGuard, Seen};
pub use verify::{Verification, verify};
#[cfg(feature = "testing")]
pub use {cache::MockKeySource, replay::MockReplayGuard};
