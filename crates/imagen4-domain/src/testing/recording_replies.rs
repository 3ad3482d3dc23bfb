//! A chat that shows what it was sent, and takes no more than a messenger would.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::conversation::{
    Card, ChatId, Content, MAX_CALLBACK_BYTES, MessageId, Replies, Reply, ReplyError,
    ReplyErrorKind,
};

/// The most UTF-16 units of a text, and of a caption. Source: Telegram Bot API, `sendMessage` and `sendPhoto`.
const MOST_OF: [usize; 2] = [4096, 1024];

/// The most characters of a notice. Source: Telegram Bot API, `answerCallbackQuery`.
const MOST_OF_A_NOTICE: usize = 200;

/// What was done in a chat.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The chat.
    pub chat: ChatId,
    /// The message that shows it; a notice has none.
    pub message: Option<MessageId>,
    /// What was asked for.
    pub reply: Reply,
}

/// Chats that keep what they were sent, and refuse what Telegram would refuse.
///
/// Faults are taken in the order in which they were added, one for each call. Clones share everything.
#[derive(Debug, Clone, Default)]
pub struct RecordingReplies(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    sent: Vec<Sent>,
    refused: Vec<&'static str>,
    faults: VecDeque<ReplyErrorKind>,
    pictures_fail: bool,
    last: i32,
}

impl RecordingReplies {
    /// Returns chats without messages.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets the next call that has no fault yet fail.
    pub fn fail_next(&self, kind: ReplyErrorKind) {
        self.lock().faults.push_back(kind);
    }

    /// Sets whether pictures cannot be sent.
    pub fn fail_pictures(&self, fail: bool) {
        self.lock().pictures_fail = fail;
    }

    /// Returns what was done in `chat`, in order.
    pub fn sent_to(&self, chat: ChatId) -> Vec<Sent> {
        let state = self.lock();
        let here = state.sent.iter().filter(|sent| sent.chat == chat);
        here.cloned().collect()
    }

    /// Returns how often something was done in any chat.
    pub fn count(&self) -> usize {
        self.lock().sent.len()
    }

    /// Returns the messages of `chat` as they are shown now, the oldest first.
    pub fn shown_in(&self, chat: ChatId) -> Vec<(MessageId, Card)> {
        let mut shown: Vec<(MessageId, Card)> = Vec::new();
        for sent in self.sent_to(chat) {
            let (Some(message), Some(card)) = (sent.message, sent.reply.card()) else {
                continue;
            };
            match shown.iter_mut().find(|(id, _)| *id == message) {
                Some((_, before)) => *before = card.clone(),
                None => shown.push((message, card.clone())),
            }
        }
        shown
    }

    /// Returns why replies were refused as Telegram would refuse them; it stays empty when all is well.
    pub fn refused(&self) -> Vec<&'static str> {
        self.lock().refused.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take(&mut self, chat: ChatId, reply: Reply) -> Result<Option<MessageId>, ReplyErrorKind> {
        if let Some(kind) = self.faults.pop_front() {
            return Err(kind);
        }
        if let Some(fault) = fault_of(&reply) {
            self.refused.push(fault);
            return Err(ReplyErrorKind::Refused);
        }
        let is_picture = |card: &Card| matches!(card.content, Content::Picture { .. });
        if self.pictures_fail && reply.card().is_some_and(is_picture) {
            return Err(ReplyErrorKind::Picture);
        }
        let message = match &reply {
            Reply::New(_) => {
                self.last += 1;
                Some(MessageId(self.last))
            }
            Reply::Edit { message, .. } => Some(self.known(chat, *message)?),
            Reply::Toast { .. } => None,
        };
        self.sent.push(Sent {
            chat,
            message,
            reply,
        });
        Ok(message)
    }

    fn known(&mut self, chat: ChatId, message: MessageId) -> Result<MessageId, ReplyErrorKind> {
        let mut here = self.sent.iter().filter(|sent| sent.chat == chat);
        if here.any(|sent| sent.message == Some(message)) {
            return Ok(message);
        }
        self.refused.push("a message that is not in the chat");
        Err(ReplyErrorKind::Refused)
    }
}

/// Returns what Telegram would not take about `reply`.
fn fault_of(reply: &Reply) -> Option<&'static str> {
    let card = match reply {
        Reply::New(card) | Reply::Edit { card, .. } => card,
        Reply::Toast { text, .. } => {
            let is_fine = (1..=MOST_OF_A_NOTICE).contains(&text.chars().count());
            return (!is_fine).then_some("a notice of the wrong length");
        }
    };
    let most = MOST_OF[usize::from(matches!(card.content, Content::Picture { .. }))];
    if !(1..=most).contains(&card.content.text().utf16_len()) {
        return Some("a text of the wrong length");
    }
    let lawful = |text: &str| (1..=MAX_CALLBACK_BYTES).contains(&text.len());
    let mut buttons = card.keyboard.buttons();
    let is_wrong = buttons.any(|one| one.label.is_empty() || !lawful(one.data.as_str()));
    is_wrong.then_some("a button without a label, or with too much data")
}

#[async_trait]
impl Replies for RecordingReplies {
    async fn send(&self, chat: ChatId, reply: Reply) -> Result<Option<MessageId>, ReplyError> {
        self.lock().take(chat, reply).map_err(ReplyError::new)
    }
}
