//! What the conversation says, brought to Telegram.

mod classify;
mod commands;
mod patience;
mod pictures;
mod transport;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use imagen4_domain::conversation::{ChatId, MessageId, Replies, Reply, ReplyError};
use teloxide::types::CallbackQueryId;

pub(crate) use classify::{failure, sentence};
pub(crate) use commands::offer_commands;
pub(crate) use transport::Transport;

/// The replies to one update, and to the long work that it begins.
pub(crate) struct TelegramReplies {
    transport: Arc<Transport>,
    /// The press that Telegram still waits for an answer to.
    query: Mutex<Option<CallbackQueryId>>,
}

impl TelegramReplies {
    /// Returns the replies to an update; `query` is the press that it tells of.
    pub(crate) fn new(transport: Arc<Transport>, query: Option<CallbackQueryId>) -> Self {
        Self {
            transport,
            query: Mutex::new(query),
        }
    }

    /// Answers the press without a notice, unless it was answered: until then the button shows that it is busy.
    ///
    /// # Cancellation
    ///
    /// The press was perhaps answered.
    pub(crate) async fn close(&self) {
        if let Some(query) = self.take_query()
            && let Err(error) = self.transport.answer(query, None).await
        {
            tracing::debug!(%error, "a pressed button was not answered");
        }
    }

    fn take_query(&self) -> Option<CallbackQueryId> {
        let mut query = self.query.lock().unwrap_or_else(PoisonError::into_inner);
        query.take()
    }
}

#[async_trait]
impl Replies for TelegramReplies {
    async fn send(&self, chat: ChatId, reply: Reply) -> Result<Option<MessageId>, ReplyError> {
        match reply {
            Reply::New(card) => self.transport.show(chat, &card).await.map(Some),
            Reply::Edit { message, card } => {
                let shown = self.transport.change(chat, message, &card).await;
                shown.map(Some)
            }
            Reply::Toast { text, alert } => {
                if let Some(query) = self.take_query() {
                    self.transport.answer(query, Some((text, alert))).await?;
                }
                Ok(None)
            }
        }
    }
}

impl fmt::Debug for TelegramReplies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TelegramReplies")
    }
}
