//! The commands that a messenger may offer beside its field for messages.

use super::Conversation;
use super::language::Language;
use super::phrases::Phrase;
use super::registry::{Handler, Trigger};

/// The command with which a messenger begins a chat by itself, so that it need not be offered.
const BEGINS: &str = "start";

/// A command that a messenger may offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The word behind the slash.
    pub word: &'static str,
    /// What it does, in a few words.
    pub about: String,
}

impl Conversation {
    /// Returns the commands that are worth offering, with what they do in `language`.
    pub fn commands(&self, language: Language) -> Vec<Command> {
        let routes = self.registry.routes().iter();
        let commands = routes.filter_map(|route| match route.trigger {
            Trigger::Command(word) if word != BEGINS => Some(Command {
                word,
                about: about(route.handler)?.plain(language, &[]),
            }),
            _ => None,
        });
        commands.collect()
    }
}

fn about(handler: Handler) -> Option<Phrase> {
    match handler {
        Handler::Menu => Some(Phrase::CommandMenu),
        Handler::Gallery => Some(Phrase::CommandGallery),
        Handler::Cancel => Some(Phrase::CommandCancel),
        Handler::Callback(_) | Handler::TakePrompt | Handler::TakeDays | Handler::Hint => None,
    }
}
