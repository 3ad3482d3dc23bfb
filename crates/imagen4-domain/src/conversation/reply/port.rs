//! The port of what goes out, with its contract.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use super::{Reply, ReplyError};
use crate::conversation::update::{ChatId, MessageId};

/// Brings replies to a chat.
///
/// # Contract
///
/// - **One chat at a time**: a call returns when the messenger has the reply, and the replies of one caller come in
///   the order of the calls.
/// - **Long work**: the sink outlives the update that it was made for, since pictures come minutes later.
/// - **Toasts**: the transport answers a pressed button by itself when no toast came by the end of
///   [`handle`](crate::conversation::Conversation::handle).
/// - **An edit that changes nothing** is a success.
/// - **Waiting**: a pause that the messenger asks for is kept here, within reason; what is beyond it is `Throttled`.
/// - **Pictures** are opened here, and nowhere before; `Picture` is told before anything was sent.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait Replies: Debug + Send + Sync + 'static {
    /// Brings `reply` to `chat`, and returns the message that shows it now; a toast has none.
    ///
    /// # Errors
    ///
    /// See [`ReplyErrorKind`](super::ReplyErrorKind).
    ///
    /// # Cancellation
    ///
    /// The reply was perhaps sent.
    async fn send(&self, chat: ChatId, reply: Reply) -> Result<Option<MessageId>, ReplyError>;
}

macro_rules! forward {
    ($($pointer:ident),*) => {$(
        #[deny(clippy::missing_trait_methods)]
        #[async_trait]
        impl<R: Replies + ?Sized> Replies for $pointer<R> {
            async fn send(&self, chat: ChatId, reply: Reply) -> Result<Option<MessageId>, ReplyError> {
                (**self).send(chat, reply).await
            }
        }
    )*};
}

forward!(Arc, Box);
