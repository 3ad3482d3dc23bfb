//! Somebody who talks to the bot: what they do, and what they see.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::message::{Content, Message};
use super::{Inner, updates};

/// How long a person waits for anything before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// Somebody in a private chat with the bot. Clones are the same person.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    inner: Arc<Inner>,
    id: i64,
}

impl Person {
    pub(super) fn new(inner: Arc<Inner>, id: i64) -> Self {
        Self { inner, id }
    }

    /// Writes a message.
    pub(crate) fn says(&self, text: &str) {
        let said = self.inner.change(|state| state.say(self.id, text));
        said.expect("the chat is there");
        updates::deliver(&self.inner);
    }

    /// Presses the newest button whose label contains `label`, and returns the name of that press.
    pub(crate) fn presses(&self, label: &str) -> String {
        let found = self.screen().into_iter().rev().find_map(|message| {
            let mut buttons = message.keyboard.iter().flatten();
            let button = buttons.find(|button| button.label.contains(label))?;
            Some((message.id, button.data.clone()))
        });
        let Some((message, data)) = found else {
            panic!("no button {label:?}; {}", self.describe());
        };
        self.presses_data(message, &data)
    }

    /// Presses a button with this data under a message, whether it stands there or not.
    pub(crate) fn presses_data(&self, message: i64, data: &str) -> String {
        let pressed = self
            .inner
            .change(|state| state.press(self.id, message, data));
        updates::deliver(&self.inner);
        pressed.expect("the message is there")
    }

    /// Shuts the bot out: whatever it sends is refused from now on.
    pub(crate) fn blocks_the_bot(&self) {
        self.inner.change(|state| {
            if let Some(chat) = state.chats.get_mut(&self.id) {
                chat.has_blocked = true;
            }
        });
    }

    /// Returns every message in the chat, in the order in which they were sent.
    pub(crate) fn screen(&self) -> Vec<Message> {
        let state = self.inner.state();
        let chat = state.chats.get(&self.id);
        chat.map(|chat| chat.messages.clone()).unwrap_or_default()
    }

    /// Returns all that the bot ever showed in the chat, also what it changed since.
    pub(crate) fn was_shown(&self) -> Vec<Content> {
        let state = self.inner.state();
        let own = state.shown.iter().filter(|(chat, _)| *chat == self.id);
        own.map(|(_, content)| content.clone()).collect()
    }

    /// Returns the short notices that were shown so far.
    pub(crate) fn toasts(&self) -> Vec<String> {
        let state = self.inner.state();
        let own = state.toasts.iter().filter(|(chat, _)| *chat == self.id);
        own.map(|(_, text)| text.clone()).collect()
    }

    /// Waits until the chat is as `wanted` says, and returns what that gives.
    pub(crate) async fn waits_for<T>(
        &self,
        what: &str,
        mut wanted: impl FnMut(&[Message]) -> Option<T>,
    ) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let changed = self.inner.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Some(found) = wanted(&self.screen()) {
                return found;
            }
            let arrived = timeout_at(deadline, changed).await;
            assert!(
                arrived.is_ok(),
                "waited in vain for {what}; {}",
                self.describe()
            );
        }
    }

    /// Waits until the newest message of the bot contains `words`.
    pub(crate) async fn sees(&self, words: &str) -> Message {
        let shows = |screen: &[Message]| {
            let newest = screen.iter().rev().find(|message| message.by_bot);
            newest
                .filter(|message| message.words().contains(words))
                .cloned()
        };
        self.waits_for(words, shows).await
    }

    /// Waits until the newest message of the bot is a photo whose caption contains `words`.
    pub(crate) async fn sees_photo(&self, words: &str) -> Message {
        let shows = |screen: &[Message]| {
            let newest = screen.iter().rev().find(|message| message.by_bot)?;
            let fits = newest.photo().is_some() && newest.words().contains(words);
            fits.then(|| newest.clone())
        };
        self.waits_for(words, shows).await
    }

    /// Says what stands in the chat and what the bot did last, for a test that fails.
    fn describe(&self) -> String {
        let state = self.inner.state();
        let last = state.recorded.iter().rev().take(12);
        let calls: Vec<_> = last
            .map(|one| format!("{} {} {:?}", one.call.method, one.status, one.description))
            .collect();
        let chat = state.chats.get(&self.id).map(|chat| &chat.messages);
        format!(
            "chat {}: {chat:#?}\nlast calls, newest first: {calls:#?}",
            self.id
        )
    }
}
