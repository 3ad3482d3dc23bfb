//! Days of the user's own choice.

use super::browse::Manner;
use crate::conversation::Conversation;
use crate::conversation::callback::DateChoice;
use crate::conversation::dialogue::Step;
use crate::conversation::guard::AuthenticatedUser;
use crate::conversation::phrases::Phrase;
use crate::conversation::reply::{Card, ReplyError};
use crate::conversation::turn::Turn;
use crate::{Days, MAX_DAYS};

impl Conversation {
    /// Asks for the first and the last day, and waits for them.
    ///
    /// # Errors
    ///
    /// As with [`menu`](Self::menu).
    pub async fn ask_days(&self, user: &AuthenticatedUser, turn: &Turn) -> Result<(), ReplyError> {
        self.wait_for(user, turn, Step::WaitingForDays).await;
        say_of_days(user, turn, Phrase::AskDays).await
    }

    /// Takes a message as the days of which pictures are to be shown.
    ///
    /// # Errors
    ///
    /// As with [`menu`](Self::menu).
    pub async fn take_days(
        &self,
        user: &AuthenticatedUser,
        turn: &Turn,
        text: &str,
    ) -> Result<(), ReplyError> {
        let Some(days) = Days::read(text) else {
            return say_of_days(user, turn, Phrase::DaysRefused).await;
        };
        let mut dialogue = self.dialogue(user, turn).await;
        dialogue.step = Step::Idle;
        dialogue.browsing.days = DateChoice::Days(days);
        dialogue.browsing.place = None;
        self.browse(user, turn, dialogue, Manner::New).await
    }
}

async fn say_of_days(
    user: &AuthenticatedUser,
    turn: &Turn,
    phrase: Phrase,
) -> Result<(), ReplyError> {
    let most = MAX_DAYS.to_string();
    let text = phrase.text(user.language(), &[("most", &most)]);
    turn.send(Card::text(text)).await.map(drop)
}
