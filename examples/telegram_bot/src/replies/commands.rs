//! The commands that Telegram offers beside the field for messages.

use teloxide::Bot;
use teloxide::payloads::SetMyCommandsSetters;
use teloxide::requests::Requester;
use teloxide::types::BotCommand;

use super::classify::sentence;

const ENGLISH: [(&str, &str); 3] = [
    ("menu", "What I can do"),
    ("gallery", "My pictures"),
    ("cancel", "Never mind"),
];

const RUSSIAN: [(&str, &str); 3] = [
    ("menu", "Что я умею"),
    ("gallery", "Мои картинки"),
    ("cancel", "Отмена"),
];

/// Tells Telegram the commands, in Russian for those whose messenger is Russian and in English for all others.
///
/// They are a comfort: a failure is told and nothing else comes of it.
///
/// # Cancellation
///
/// Telegram perhaps knows them already.
pub(crate) async fn offer_commands(bot: &Bot) {
    let others = bot.set_my_commands(commands(ENGLISH));
    let russian = bot.set_my_commands(commands(RUSSIAN)).language_code("ru");
    for request in [others, russian] {
        if let Err(error) = request.await {
            let error = sentence(&error);
            tracing::warn!(error, "Telegram does not offer the commands");
            break;
        }
    }
}

fn commands<const N: usize>(table: [(&str, &str); N]) -> Vec<BotCommand> {
    table
        .map(|(command, about)| BotCommand::new(command, about))
        .to_vec()
}
