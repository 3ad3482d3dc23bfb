//! Days of the user's own choice.

use chrono::NaiveDate;

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
        let Some(days) = read(text) else {
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

/// Reads one day or two, each such as `2026-11-01` or `01.11.2026`.
fn read(text: &str) -> Option<Days> {
    let words = text
        .split(|c: char| c.is_whitespace() || ",;/–—".contains(c))
        .filter(|word| !matches!(*word, "" | "-"));
    let days: Option<Vec<_>> = words.map(day).collect();
    let (first, last) = match days?.as_slice() {
        [only] => (*only, *only),
        [first, last] => (*first, *last),
        _ => return None,
    };
    Days::between(first, last).ok()
}

fn day(word: &str) -> Option<NaiveDate> {
    let forms = ["%Y-%m-%d", "%d.%m.%Y"];
    let mut read = forms
        .iter()
        .map(|form| NaiveDate::parse_from_str(word, form));
    read.find_map(Result::ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_people_write_them() {
        let wanted = "2026-11-01/2026-11-20".parse().ok();
        for text in [
            "2026-11-01 2026-11-20",
            "01.11.2026 - 20.11.2026",
            " 1.11.2026\n20.11.2026 ",
            "2026-11-01–2026-11-20",
            "2026-11-01/20.11.2026",
        ] {
            assert_eq!(read(text), wanted, "{text:?}");
        }
        assert_eq!(read("01.11.2026"), "2026-11-01/2026-11-01".parse().ok());
    }

    #[test]
    fn what_names_no_days_is_not_read() {
        for text in [
            "",
            "today",
            "2026-11-20 2026-11-01",
            "2026-01-01 2026-04-01",
            "2026-13-01",
            "31.02.2026",
            "1 2 3",
            "2026-11-01 2026-11-02 2026-11-03",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
