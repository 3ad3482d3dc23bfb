//! What the answers of Telegram mean; nothing else looks at them.
//!
//! The words of the refusals are those of the open server of the Bot API; teloxide knows most of them by name.

use std::fmt;
use std::time::Duration;

use imagen4_domain::conversation::{ReplyError, ReplyErrorKind};
use teloxide::{ApiError, RequestError};

use crate::failure::Failure;

/// What became of a request that failed, by what can be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The message shows this already.
    NotModified,
    /// The message is gone, or cannot be turned into what it is to show.
    NotEditable,
    /// The press is too old to be answered.
    TooLate,
    /// The user has shut us out, or the chat is gone.
    Blocked,
    /// Telegram asks for a pause.
    Throttled(Duration),
    /// Telegram does not take the picture.
    Picture,
    /// The token is not, or no longer, one of a bot.
    Unauthorized,
    /// Two programs ask for updates at once.
    Conflict,
    /// No connection was made, so that nothing was sent.
    Unreachable,
    /// There was no answer, or none that can be read; the request perhaps happened.
    NoAnswer,
    /// Anything else that Telegram does not take.
    Refused,
}

impl Fault {
    /// Returns the error for the conversation, with a source that holds no more than our own words.
    pub(super) fn into_error(self) -> ReplyError {
        let kind = match self {
            Self::Blocked => ReplyErrorKind::Blocked,
            Self::Throttled(_) => ReplyErrorKind::Throttled,
            Self::Picture => ReplyErrorKind::Picture,
            Self::Unreachable | Self::NoAnswer => ReplyErrorKind::Unavailable,
            _ => ReplyErrorKind::Refused,
        };
        let error = ReplyError::new(kind).with_source(Told(self));
        match self {
            Self::Throttled(pause) => error.with_retry_after(pause),
            _ => error,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotModified => "the message shows this already",
            Self::NotEditable => "the message cannot be changed into this",
            Self::TooLate => "the press is too old to be answered",
            Self::Blocked => "the user has shut the bot out",
            Self::Throttled(_) => "Telegram asks for a pause",
            Self::Picture => "Telegram does not take the picture",
            Self::Unauthorized => "Telegram does not take the token",
            Self::Conflict => "another program asks for the updates of this bot",
            Self::Unreachable => "Telegram cannot be reached",
            Self::NoAnswer => "Telegram gave no answer that can be read",
            Self::Refused => "Telegram does not take the request",
        })
    }
}

/// A fault as the source of an error.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Told(Fault);

/// Returns what an error of teloxide means.
pub(super) fn classify(error: &RequestError) -> Fault {
    match error {
        RequestError::Api(error) => of_refusal(error),
        RequestError::RetryAfter(seconds) => Fault::Throttled(seconds.duration()),
        // Only groups move, and the bot is in none.
        RequestError::MigrateToChatId(_) => Fault::Blocked,
        RequestError::Network(error) if error.is_connect() => Fault::Unreachable,
        RequestError::Network(_) | RequestError::InvalidJson { .. } | RequestError::Io(_) => {
            Fault::NoAnswer
        }
    }
}

fn of_refusal(error: &ApiError) -> Fault {
    match error {
        ApiError::MessageNotModified => Fault::NotModified,
        ApiError::MessageToEditNotFound
        | ApiError::MessageCantBeEdited
        | ApiError::MessageIdInvalid => Fault::NotEditable,
        ApiError::InvalidQueryId => Fault::TooLate,
        ApiError::BotBlocked
        | ApiError::UserDeactivated
        | ApiError::ChatNotFound
        | ApiError::CantInitiateConversation
        | ApiError::CantTalkWithBots
        | ApiError::BotKicked => Fault::Blocked,
        ApiError::ImageProcessFailed
        | ApiError::RequestEntityTooLarge
        | ApiError::FileIdInvalid
        | ApiError::WrongFileId
        | ApiError::WrongFileIdOrUrl => Fault::Picture,
        ApiError::InvalidToken => Fault::Unauthorized,
        ApiError::TerminatedByOtherGetUpdates | ApiError::CantGetUpdates => Fault::Conflict,
        ApiError::Unknown(words) => by_words(words),
        _ => Fault::Refused,
    }
}

fn by_words(words: &str) -> Fault {
    let has = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
    if words.starts_with("Forbidden") {
        Fault::Blocked
    } else if words.starts_with("Conflict") {
        Fault::Conflict
    } else if has(&[
        "no text in the message to edit",
        "no caption in the message to edit",
    ]) {
        Fault::NotEditable
    } else if words.contains("query is too old") {
        Fault::TooLate
    } else if has(&[
        "PHOTO_INVALID",
        "too big for a photo",
        "file must be non-empty",
    ]) {
        Fault::Picture
    } else {
        Fault::Refused
    }
}

/// Says what an error of teloxide means, without the token, which stands in every link, and without what people
/// wrote, which stands in answers.
pub(crate) fn sentence(error: &RequestError) -> String {
    classify(error).to_string()
}

/// Returns why the program cannot start.
pub(crate) fn failure(error: &RequestError) -> Failure {
    match classify(error) {
        fault @ Fault::Unauthorized => {
            Failure::bad_setting(format!("{fault}; correct TELEGRAM_BOT_TOKEN"))
        }
        fault @ Fault::Refused => {
            Failure::bad_setting(format!("{fault}; look at TELEGRAM_WEBHOOK_URL"))
        }
        fault => Failure::down(fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(words: &str) -> RequestError {
        RequestError::Api(ApiError::Unknown(words.to_owned()))
    }

    #[test]
    fn each_refusal_means_what_can_be_done_about_it() {
        for (error, expected) in [
            (
                RequestError::Api(ApiError::MessageNotModified),
                Fault::NotModified,
            ),
            (
                RequestError::Api(ApiError::MessageToEditNotFound),
                Fault::NotEditable,
            ),
            (
                api("Bad Request: there is no text in the message to edit"),
                Fault::NotEditable,
            ),
            (RequestError::Api(ApiError::BotBlocked), Fault::Blocked),
            (RequestError::Api(ApiError::ChatNotFound), Fault::Blocked),
            (api("Forbidden: something new"), Fault::Blocked),
            (api("Bad Request: PHOTO_INVALID_DIMENSIONS"), Fault::Picture),
            (
                api("Bad Request: file of size 10485761 bytes is too big for a photo"),
                Fault::Picture,
            ),
            (
                RequestError::Api(ApiError::ImageProcessFailed),
                Fault::Picture,
            ),
            (RequestError::Api(ApiError::InvalidQueryId), Fault::TooLate),
            (
                RequestError::Api(ApiError::InvalidToken),
                Fault::Unauthorized,
            ),
            (
                RequestError::Api(ApiError::TerminatedByOtherGetUpdates),
                Fault::Conflict,
            ),
            (api("Bad Request: something new"), Fault::Refused),
        ] {
            assert_eq!(classify(&error), expected, "{error}");
        }
    }

    #[test]
    fn faults_become_the_kinds_of_the_conversation() {
        let pause = Duration::from_secs(40);
        for (fault, kind) in [
            (Fault::Blocked, ReplyErrorKind::Blocked),
            (Fault::Throttled(pause), ReplyErrorKind::Throttled),
            (Fault::Picture, ReplyErrorKind::Picture),
            (Fault::Unreachable, ReplyErrorKind::Unavailable),
            (Fault::NoAnswer, ReplyErrorKind::Unavailable),
            (Fault::Refused, ReplyErrorKind::Refused),
        ] {
            assert_eq!(fault.into_error().kind(), kind);
        }
        let throttled = Fault::Throttled(pause).into_error();
        assert_eq!(throttled.retry_after(), Some(pause));
    }
}
