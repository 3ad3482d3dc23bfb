//! The menu, and the way from it to a picture.

use crate::conversation::Conversation;
use crate::conversation::callback::Callback;
use crate::conversation::dialogue::{Dialogue, Step};
use crate::conversation::guard::AuthenticatedUser;
use crate::conversation::keyboard::Keyboard;
use crate::conversation::phrases::Phrase;
use crate::conversation::reply::{Card, ReplyError};
use crate::conversation::text::shortened;
use crate::conversation::turn::Turn;
use crate::conversation::work::Order;
use crate::prompt::{MAX_PROMPT_CHARS, MIN_PROMPT_CHARS};
use crate::{AspectRatio, Prompt, RequestDraft};

/// How many shapes stand in a row.
const RATIOS_IN_A_ROW: usize = 3;

/// How much of a description is quoted in a question.
pub(super) const QUOTED_CHARS: usize = 200;

impl Conversation {
    /// Shows the menu; nothing is waited for any more.
    ///
    /// # Errors
    ///
    /// [`ReplyError`] when the answer did not arrive; so it is with every handler.
    pub async fn menu(&self, user: &AuthenticatedUser, turn: &Turn) -> Result<(), ReplyError> {
        self.wait_for(user, turn, Step::Idle).await;
        self.say_with_menu(user, turn, Phrase::Menu).await
    }

    /// Waits for nothing any more, and says so.
    ///
    /// # Errors
    ///
    /// As with [`menu`](Self::menu).
    pub async fn cancel(&self, user: &AuthenticatedUser, turn: &Turn) -> Result<(), ReplyError> {
        self.wait_for(user, turn, Step::Idle).await;
        self.say_with_menu(user, turn, Phrase::Cancelled).await
    }

    /// Asks for a description and waits for it.
    ///
    /// # Errors
    ///
    /// As with [`menu`](Self::menu).
    pub async fn ask_prompt(
        &self,
        user: &AuthenticatedUser,
        turn: &Turn,
    ) -> Result<(), ReplyError> {
        self.wait_for(user, turn, Step::WaitingForPrompt).await;
        let (least, most) = (MIN_PROMPT_CHARS.to_string(), MAX_PROMPT_CHARS.to_string());
        let text = Phrase::AskPrompt.text(user.language(), &[("least", &least), ("most", &most)]);
        turn.send(Card::text(text)).await.map(drop)
    }

    /// Takes a message as the description, and asks for the shape.
    ///
    /// # Errors
    ///
    /// As with [`menu`](Self::menu).
    pub async fn take_prompt(
        &self,
        user: &AuthenticatedUser,
        turn: &Turn,
        text: &str,
    ) -> Result<(), ReplyError> {
        if self.busy.is_busy(user.id()) {
            return turn.notice(user, Phrase::Busy, &[]).await;
        }
        let Ok(prompt) = text.parse::<Prompt>() else {
            return refuse_prompt(user, turn, text).await;
        };
        if let Err(error) = self.generate.check(&draft(&prompt)) {
            let sentence = self.sentence(user.language(), &error);
            return turn.send(Card::text(sentence)).await.map(drop);
        }
        let quoted = shortened(prompt.as_str(), QUOTED_CHARS);
        let question = Phrase::AskRatio.text(user.language(), &[("prompt", &quoted)]);
        self.wait_for(user, turn, Step::ChoosingRatio { prompt })
            .await;
        let card = Card::text(question).with_keyboard(self.ratios(user));
        turn.send(card).await.map(drop)
    }

    /// Begins a picture of the description that was taken, in this shape.
    ///
    /// # Errors
    ///
    /// As with [`menu`](Self::menu).
    pub async fn choose_ratio(
        &self,
        user: &AuthenticatedUser,
        turn: &Turn,
        ratio: AspectRatio,
    ) -> Result<(), ReplyError> {
        if self.busy.is_busy(user.id()) {
            return turn.notice(user, Phrase::StillBusy, &[]).await;
        }
        let Step::ChoosingRatio { prompt } = self.dialogue(user, turn).await.step else {
            self.wait_for(user, turn, Step::WaitingForPrompt).await;
            return turn
                .send(Card::text(Phrase::NoPrompt.text(user.language(), &[])))
                .await
                .map(drop);
        };
        // A second press finds nothing to begin.
        self.wait_for(user, turn, Step::Idle).await;
        let draft = draft(&prompt).with_aspect_ratio(ratio.to_string());
        self.begin(user, turn, Order::New(draft)).await
    }

    /// Says that there is a menu.
    pub(super) async fn hint(
        &self,
        user: &AuthenticatedUser,
        turn: &Turn,
        phrase: Phrase,
    ) -> Result<(), ReplyError> {
        self.say_with_menu(user, turn, phrase).await
    }

    /// Lets the dialogue wait for this, wherever it stood.
    pub(super) async fn wait_for(&self, user: &AuthenticatedUser, turn: &Turn, step: Step) {
        let before = self.dialogue(user, turn).await;
        let after = Dialogue { step, ..before };
        self.keep(user, &after).await;
    }

    async fn say_with_menu(
        &self,
        user: &AuthenticatedUser,
        turn: &Turn,
        phrase: Phrase,
    ) -> Result<(), ReplyError> {
        let label = |phrase: Phrase| phrase.plain(user.language(), &[]);
        let keyboard = Keyboard::new()
            .with_row([(label(Phrase::ToPrompt), Callback::Prompt)])
            .with_row([(label(Phrase::ToGallery), Callback::Gallery)]);
        let card = Card::text(phrase.text(user.language(), &[])).with_keyboard(keyboard);
        turn.send(card).await.map(drop)
    }

    /// Returns the shapes that the model offers, as buttons.
    fn ratios(&self, user: &AuthenticatedUser) -> Keyboard {
        let model = self.generate.settings().model();
        let model = self.generate.catalogue().find(model).ok();
        let offered = model.map_or(&[][..], |model| &model.inputs.aspect_ratios);
        let rows = offered.chunks(RATIOS_IN_A_ROW);
        rows.fold(Keyboard::new(), |keyboard, row| {
            keyboard.with_row(row.iter().map(|ratio| ratio_button(user, *ratio)))
        })
    }
}

/// One picture of `prompt`: a chat shows one at a time.
fn draft(prompt: &Prompt) -> RequestDraft {
    RequestDraft::new(prompt.as_str()).with_images(1)
}

fn ratio_button(user: &AuthenticatedUser, ratio: AspectRatio) -> (String, Callback) {
    let label = match ratio.sides() {
        Some(_) => ratio.to_string(),
        None => Phrase::Auto.plain(user.language(), &[]),
    };
    (label, Callback::AspectRatio(ratio))
}

/// Says why `text` is no description; another one is waited for.
async fn refuse_prompt(
    user: &AuthenticatedUser,
    turn: &Turn,
    text: &str,
) -> Result<(), ReplyError> {
    let count = text.trim().chars().count();
    let phrase = if (MIN_PROMPT_CHARS..=MAX_PROMPT_CHARS).contains(&count) {
        Phrase::PromptCharacters
    } else {
        Phrase::PromptLength
    };
    let parts = [count, MIN_PROMPT_CHARS, MAX_PROMPT_CHARS].map(|number| number.to_string());
    let [count, least, most] = &parts;
    let parts = [("count", &**count), ("least", least), ("most", most)];
    turn.send(Card::text(phrase.text(user.language(), &parts)))
        .await
        .map(drop)
}
