//! The commands that Telegram offers beside the field for messages.

use imagen4_domain::conversation::{Conversation, Language};
use teloxide::Bot;
use teloxide::payloads::SetMyCommandsSetters;
use teloxide::requests::Requester;
use teloxide::types::BotCommand;

use super::classify::sentence;

/// Tells Telegram the commands, in Russian for those whose messenger is Russian and in English for all others.
///
/// They are a comfort: a failure is told and nothing else comes of it.
///
/// # Cancellation
///
/// Telegram perhaps knows them already.
pub(crate) async fn offer_commands(bot: &Bot, conversation: &Conversation) {
    let commands = |language| {
        let commands = conversation.commands(language).into_iter();
        commands
            .map(|one| BotCommand::new(one.word, one.about))
            .collect::<Vec<_>>()
    };
    let others = bot.set_my_commands(commands(Language::English));
    let russian = bot.set_my_commands(commands(Language::Russian));
    for request in [others, russian.language_code("ru")] {
        if let Err(error) = request.await {
            let error = sentence(&error);
            tracing::warn!(error, "Telegram does not offer the commands");
            break;
        }
    }
}
