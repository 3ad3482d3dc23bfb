//! What stands in the chats, and what the bot has done.

use std::collections::{HashMap, VecDeque};

use serde_json::{Value, json};

use super::call::Call;
use super::html::Formatted;
use super::message::{Content, Message};
use super::photo::Photo;
use super::refusal::Refusal;

/// Somebody who talks to the bot, each in a private chat with the same number.
#[derive(Debug, Clone)]
pub(crate) struct Profile {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) language: String,
}

impl Profile {
    pub(super) fn user(&self) -> Value {
        json!({
            "id": self.id,
            "is_bot": false,
            "first_name": self.name,
            "language_code": self.language,
        })
    }

    pub(super) fn chat(&self) -> Value {
        json!({ "id": self.id, "type": "private", "first_name": self.name })
    }
}

/// A chat between a person and the bot.
#[derive(Debug)]
pub(super) struct Chat {
    pub(super) profile: Profile,
    pub(super) messages: Vec<Message>,
    pub(super) has_blocked: bool,
}

/// A refusal that a test has ordered, for so many calls.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) method: &'static str,
    pub(crate) chat: Option<i64>,
    pub(crate) times: usize,
    pub(crate) refusal: Refusal,
}

/// One call of the bot with what became of it, for tests to look at.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    pub(crate) call: Call,
    /// The status: 200 or that of the refusal.
    pub(crate) status: u16,
    pub(crate) description: Option<String>,
}

/// Where updates are delivered to instead of being asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Webhook {
    pub(crate) url: String,
    pub(crate) secret: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) chats: HashMap<i64, Chat>,
    pub(super) photos: HashMap<String, Photo>,
    /// All that the bot ever showed, also what it changed since, with the chat.
    pub(super) shown: Vec<(i64, Content)>,
    /// Buttons that were pressed, with how often each was answered.
    pub(super) queries: HashMap<String, u32>,
    /// Short notices that answers showed, with the chat.
    pub(super) toasts: Vec<(i64, String)>,
    /// The chat of each pressed button.
    pub(super) query_chats: HashMap<String, i64>,
    pub(super) updates: VecDeque<(i64, Value)>,
    pub(super) webhook: Option<Webhook>,
    pub(super) orders: Vec<Order>,
    pub(super) recorded: Vec<Recorded>,
    last_id: i64,
}

impl State {
    pub(super) fn next_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }

    /// Returns the chat that a call may write to.
    pub(super) fn open_chat(&mut self, call: &Call) -> Result<&mut Chat, Refusal> {
        let id = call.required("chat_id")?;
        let id: i64 = id.parse().map_err(|_| Refusal::bad("chat not found"))?;
        let chat = self.chats.get_mut(&id);
        let chat = chat.ok_or_else(|| Refusal::bad("chat not found"))?;
        if chat.has_blocked {
            return Err(Refusal::blocked());
        }
        Ok(chat)
    }

    /// Takes the refusal that was ordered for this call, if there is one.
    pub(super) fn ordered(&mut self, call: &Call) -> Option<Refusal> {
        let fits = |order: &&mut Order| {
            order.times > 0
                && order.method.eq_ignore_ascii_case(&call.method)
                && order.chat.is_none_or(|chat| call.chat() == Some(chat))
        };
        let order = self.orders.iter_mut().find(fits)?;
        order.times -= 1;
        Some(order.refusal.clone())
    }

    /// Adds a message that `profile`'s owner wrote, and the update that tells of it.
    pub(super) fn say(&mut self, chat: i64, text: &str) -> Option<()> {
        let id = self.next_id();
        let update = self.next_id();
        let chat = self.chats.get_mut(&chat)?;
        let message = Message {
            id,
            by_bot: false,
            content: Content::Text(Formatted::plain(text)),
            keyboard: Vec::new(),
        };
        let told = message.to_json(&chat.profile.chat(), &chat.profile.user());
        chat.messages.push(message);
        self.updates
            .push_back((update, json!({ "update_id": update, "message": told })));
        Some(())
    }

    /// Adds the update of a pressed button.
    pub(super) fn press(&mut self, chat: i64, message: i64, data: &str) -> Option<String> {
        let update = self.next_id();
        let query = format!("query-{update}");
        let chat_id = chat;
        let chat = self.chats.get(&chat)?;
        let message = chat.messages.iter().find(|one| one.id == message)?;
        let told = json!({
            "update_id": update,
            "callback_query": {
                "id": query,
                "from": chat.profile.user(),
                "chat_instance": format!("instance-{chat_id}"),
                "message": message.to_json(&chat.profile.chat(), &bot()),
                "data": data,
            },
        });
        self.queries.insert(query.clone(), 0);
        self.query_chats.insert(query.clone(), chat_id);
        self.updates.push_back((update, told));
        Some(query)
    }
}

/// Returns the bot as a user.
pub(super) fn bot() -> Value {
    json!({
        "id": 4_242,
        "is_bot": true,
        "first_name": "Pictures",
        "username": "pictures_bot",
    })
}
