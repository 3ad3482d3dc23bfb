//! What went wrong, in sentences for people.

use chrono::{DateTime, TimeDelta, Utc};

use super::Conversation;
use super::callback::Callback;
use super::guard::AuthenticatedUser;
use super::keyboard::Keyboard;
use super::language::Language;
use super::phrases::Phrase;
use super::reply::Card;
use super::text::Text;
use crate::catalogue::ModelId;
use crate::generation::{FailureKind, State};
use crate::prompt::{MAX_PROMPT_CHARS, MIN_PROMPT_CHARS};
use crate::{
    Dependency, GalleryError, GalleryErrorKind, GenerateError, GenerateErrorKind, MODEL_SETTING,
};

impl Conversation {
    /// Returns the message that tells of what kept pictures from being made.
    pub(super) fn told_failure(&self, user: &AuthenticatedUser, error: &GalleryError) -> Card {
        match error.generation() {
            Some(error) => self.told_error(user, error),
            None => Card::text(trouble(error.kind()).text(user.language(), &[])),
        }
    }

    /// Returns the message that tells of `error`, with what can be done next.
    pub(super) fn told_error(&self, user: &AuthenticatedUser, error: &GenerateError) -> Card {
        let label = |phrase: Phrase| phrase.plain(user.language(), &[]);
        let status = error.id().filter(|_| may_go_on(error));
        let keyboard = Keyboard::new()
            .with_row(status.map(|id| (label(Phrase::ToStatus), Callback::Status(id))))
            .with_row([
                (label(Phrase::ToPrompt), Callback::Prompt),
                (label(Phrase::ToMenu), Callback::Menu),
            ]);
        Card::text(self.sentence(user.language(), error)).with_keyboard(keyboard)
    }

    /// Returns what is said of `error`. The model's own words are left out: they come in one language, and perhaps
    /// quote the description.
    pub(super) fn sentence(&self, language: Language, error: &GenerateError) -> Text {
        let is_taken = error.request_id().is_some();
        let phrase = match error.kind() {
            GenerateErrorKind::InvalidInput => match error.input().map(crate::InputError::field) {
                Some("prompt") => return prompt_limits(language),
                _ => Phrase::InputRefused,
            },
            GenerateErrorKind::Refused if error.id().is_none() => Phrase::PromptRefused,
            GenerateErrorKind::Refused => Phrase::Refused,
            GenerateErrorKind::ModelRetired => return retired(language, error),
            GenerateErrorKind::Dependency(Dependency::Fal) if is_taken => {
                Phrase::ProviderDownButTaken
            }
            GenerateErrorKind::Dependency(Dependency::Fal) => Phrase::ProviderDown,
            GenerateErrorKind::Dependency(Dependency::Records) if is_taken => {
                Phrase::RecordsDownButTaken
            }
            GenerateErrorKind::Dependency(Dependency::Records) => Phrase::RecordsDown,
            GenerateErrorKind::TimedOut => {
                let minutes = self.generate.settings().timeout().as_secs().div_ceil(60);
                return Phrase::StillWorking.text(language, &[("minutes", &minutes.to_string())]);
            }
            GenerateErrorKind::Unknown => Phrase::PerhapsTaken,
            GenerateErrorKind::Failed => Phrase::Failed,
            GenerateErrorKind::Cancelled => Phrase::JobCancelled,
            GenerateErrorKind::Disabled => Phrase::SwitchedOff,
        };
        phrase.text(language, &[])
    }

    /// Returns the name of a model for people.
    pub(super) fn title(&self, model: &ModelId) -> String {
        let known = self.generate.catalogue().get(model);
        known.map_or_else(|| model.to_string(), |model| model.title.clone())
    }
}

/// Returns what is said when a gallery fails.
pub(super) fn trouble(kind: GalleryErrorKind) -> Phrase {
    match kind {
        GalleryErrorKind::NotFound => Phrase::Gone,
        GalleryErrorKind::UnderWay => Phrase::StillBusy,
        _ => Phrase::TroubleNotice,
    }
}

fn retired(language: Language, error: &GenerateError) -> Text {
    let setting = error.setting().unwrap_or(MODEL_SETTING);
    let Some(successor) = error.successor() else {
        return Phrase::RetiredAlone.text(language, &[("setting", setting)]);
    };
    let parts = [("successor", successor.as_str()), ("setting", setting)];
    Phrase::Retired.text(language, &parts)
}

/// Returns what is said of a generation that has no pictures.
pub(super) fn state_sentence(user: &AuthenticatedUser, state: &State, at: &str) -> Text {
    let phrase = match state {
        State::Unknown { .. } => Phrase::StatusUnknown,
        State::Refused { .. } => Phrase::Refused,
        State::Failed { kind, .. } => match kind {
            FailureKind::ModelRetired => {
                return Phrase::RetiredAlone.text(user.language(), &[("setting", MODEL_SETTING)]);
            }
            FailureKind::InvalidInput => Phrase::InputRefused,
            FailureKind::Unavailable | FailureKind::Unauthorized => Phrase::ProviderDown,
            _ => Phrase::Failed,
        },
        State::Cancelled => Phrase::JobCancelled,
        State::Erased => Phrase::NotFound,
        _ => Phrase::StatusWorking,
    };
    phrase.text(user.language(), &[("at", at)])
}

/// Tells whether the job of a failed call may still give pictures.
fn may_go_on(error: &GenerateError) -> bool {
    match error.kind() {
        GenerateErrorKind::TimedOut | GenerateErrorKind::Unknown => true,
        GenerateErrorKind::Dependency(_) => error.request_id().is_some(),
        _ => false,
    }
}

/// Returns what is said of a description that breaks a rule for which its length is not known.
fn prompt_limits(language: Language) -> Text {
    let (least, most) = (MIN_PROMPT_CHARS.to_string(), MAX_PROMPT_CHARS.to_string());
    Phrase::AskPrompt.text(language, &[("least", &least), ("most", &most)])
}

/// Returns a moment by the user's clock, to the minute.
pub(super) fn moment(user: &AuthenticatedUser, at: DateTime<Utc>) -> String {
    let offset = TimeDelta::minutes(user.utc_offset().minutes().into());
    let local = at.naive_utc().checked_add_signed(offset);
    let local = local.unwrap_or(at.naive_utc());
    local.format("%Y-%m-%d %H:%M").to_string()
}
