//! What Telegram tells, as the conversation takes it.

use imagen4_domain::conversation::{ChatId, ChatUser, MessageId, Update};
use teloxide::types::{
    CallbackQuery, CallbackQueryId, Message, Update as TelegramUpdate, UpdateKind, User,
};

/// An update for the conversation, with the name of the pressed button when it was one.
#[derive(Debug)]
pub(crate) struct Arrival {
    /// What happened; `None` when it is nothing for the conversation, and the button is only to be answered.
    pub(crate) update: Option<Update>,
    /// The press that Telegram waits for an answer to.
    pub(crate) query: Option<CallbackQueryId>,
}

/// Returns what an update means, or `None` when there is nothing to do about it.
///
/// The bot talks to one person at a time: what happens in groups and channels is passed over.
pub(crate) fn read(update: TelegramUpdate) -> Option<Arrival> {
    match update.kind {
        UpdateKind::Message(message) => of_message(&message),
        UpdateKind::CallbackQuery(query) => Some(of_query(query)),
        _ => None,
    }
}

fn of_message(message: &Message) -> Option<Arrival> {
    let text = message.text().filter(|_| message.chat.is_private())?;
    let from = message.from.as_ref()?;
    let update = Update::text(ChatId(message.chat.id.0), person(from)?, text);
    Some(Arrival {
        update: Some(update),
        query: None,
    })
}

fn of_query(query: CallbackQuery) -> Arrival {
    let update = update_of(&query);
    Arrival {
        update,
        query: Some(query.id),
    }
}

fn update_of(query: &CallbackQuery) -> Option<Update> {
    let data = query.data.as_ref()?;
    let message = query.message.as_ref()?;
    if !message.chat().is_private() {
        return None;
    }
    let chat = ChatId(message.chat().id.0);
    let under = MessageId(message.id().0);
    Some(Update::callback(
        chat,
        person(&query.from)?,
        data,
        Some(under),
    ))
}

fn person(user: &User) -> Option<ChatUser> {
    let person = ChatUser::new(user.id.0.try_into().ok()?);
    Some(match &user.language_code {
        Some(tag) => person.with_language_tag(tag),
        None => person,
    })
}
