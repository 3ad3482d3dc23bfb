//! Where the dialogue with one user stands, and the port that keeps it.

mod cached;
mod memory;
mod sheltered;
mod store;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use cached::CachedDialogues;
pub use memory::MemoryDialogues;
pub use sheltered::Sheltered;
#[cfg(feature = "testing")]
pub use store::MockDialogueStore;
pub use store::{DIALOGUE_LIFE, DialogueError, DialogueStore};

use super::callback::{DateChoice, KindChoice};
use super::update::ChatId;
use crate::{GenerationId, Prompt};

/// What is waited for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Step {
    /// Nothing.
    #[default]
    Idle,
    /// A prompt, as a message.
    WaitingForPrompt,
    /// The shape of the picture, as a button; a message is another prompt.
    ChoosingRatio {
        /// The prompt.
        prompt: Prompt,
    },
    /// Two days, as a message, of which pictures are to be shown.
    WaitingForDays,
}

/// A step without what it carries: what a message is routed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StepName {
    /// Nothing is waited for.
    Idle,
    /// A prompt is waited for.
    WaitingForPrompt,
    /// The shape of the picture is waited for.
    ChoosingRatio,
    /// Two days are waited for.
    WaitingForDays,
}

impl StepName {
    /// Every step.
    pub const ALL: [Self; 4] = [
        Self::Idle,
        Self::WaitingForPrompt,
        Self::ChoosingRatio,
        Self::WaitingForDays,
    ];
}

impl fmt::Display for StepName {
    /// Writes the word in the JSON of a dialogue.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Idle => "idle",
            Self::WaitingForPrompt => "waiting_for_prompt",
            Self::ChoosingRatio => "choosing_ratio",
            Self::WaitingForDays => "waiting_for_days",
        })
    }
}

impl Step {
    /// Returns its name.
    pub fn name(&self) -> StepName {
        match self {
            Self::Idle => StepName::Idle,
            Self::WaitingForPrompt => StepName::WaitingForPrompt,
            Self::ChoosingRatio { .. } => StepName::ChoosingRatio,
            Self::WaitingForDays => StepName::WaitingForDays,
        }
    }
}

/// Which picture of the gallery is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The generation.
    pub id: GenerationId,
    /// The number of the picture in it, from 1.
    pub picture: u8,
}

/// Where a user is in the gallery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Browsing {
    /// Which pictures are shown, by what made them.
    pub kind: KindChoice,
    /// Which pictures are shown, by their days.
    pub days: DateChoice,
    /// The picture that is shown; `None` before the first one is.
    pub place: Option<Place>,
}

/// Where the dialogue with one user stands.
///
/// - There is one for each user, and it belongs to the chat in which they spoke last: elsewhere it counts for nothing.
/// - Its JSON is stable, since a newer version of the program goes on with it.
/// - `Debug` hides the prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialogue {
    /// The chat.
    pub chat: ChatId,
    /// What is waited for.
    #[serde(flatten)]
    pub step: Step,
    /// Where the user is in the gallery.
    #[serde(default)]
    pub browsing: Browsing,
}

impl Dialogue {
    /// Returns the dialogue that begins in `chat`: nothing is waited for.
    pub fn new(chat: ChatId) -> Self {
        Self {
            chat,
            step: Step::Idle,
            browsing: Browsing::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::Days;

    #[test]
    fn the_form_in_the_cache_is_stable() {
        let id = "0192f0c1-d2e3-7abc-8def-0123456789ab";
        let dialogue = Dialogue {
            chat: ChatId(-100),
            step: Step::ChoosingRatio {
                prompt: "a fox".parse().unwrap(),
            },
            browsing: Browsing {
                kind: KindChoice::Favourites,
                days: DateChoice::Days(Days::Today),
                place: Some(Place {
                    id: id.parse().unwrap(),
                    picture: 2,
                }),
            },
        };
        let json = serde_json::json!({
            "chat": -100,
            "step": "choosing_ratio",
            "prompt": "a fox",
            "browsing": {
                "kind": "favorites",
                "days": "today",
                "place": {"id": id, "picture": 2},
            },
        });
        assert_eq!(serde_json::to_value(&dialogue).unwrap(), json);
        assert_eq!(serde_json::from_value::<Dialogue>(json).unwrap(), dialogue);
        let least = serde_json::json!({"chat": 7, "step": "idle"});
        let read = serde_json::from_value::<Dialogue>(least).unwrap();
        assert_eq!(read, Dialogue::new(ChatId(7)));
    }

    #[test]
    fn debug_hides_the_prompt() {
        let mut dialogue = Dialogue::new(ChatId(7));
        dialogue.step = Step::ChoosingRatio {
            prompt: "canary".parse().unwrap(),
        };
        assert!(!format!("{dialogue:?}").contains("canary"));
    }
}
