//! One message that tells how the work goes on.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use crate::GenerationId;
use crate::conversation::callback::Callback;
use crate::conversation::guard::AuthenticatedUser;
use crate::conversation::keyboard::Keyboard;
use crate::conversation::phrases::Phrase;
use crate::conversation::reply::Card;
use crate::conversation::text::Text;
use crate::conversation::turn::Turn;
use crate::conversation::update::MessageId;
use crate::progress::Progress;

/// The shortest time between two changes of the message; a chat takes about one a second, and a group twenty a minute.
///
/// Source: <https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this>
pub(super) const PACE: Duration = Duration::from_secs(3);

/// What was heard last.
#[derive(Debug, Clone, Default)]
pub(super) struct Heard {
    id: Option<GenerationId>,
    stage: Option<Progress>,
}

/// Where progress is told to; dropped with the work that tells it.
pub(super) struct Ear(watch::Sender<Heard>);

impl Ear {
    /// Takes note of `progress`; a line of the runner's log is for nobody's eyes here.
    pub(super) fn hear(&self, progress: &Progress) {
        if matches!(progress, Progress::Log { .. }) {
            return;
        }
        self.0.send_modify(|heard| {
            if let Progress::Accepted { id } = progress {
                heard.id = Some(*id);
            }
            heard.stage = Some(progress.clone());
        });
    }
}

/// The message that tells how the work goes on.
#[derive(Debug)]
pub(super) struct Reporter {
    turn: Turn,
    user: AuthenticatedUser,
    message: Option<MessageId>,
    heard: watch::Receiver<Heard>,
}

impl Reporter {
    /// Returns the reporter that changes `message`, and where it listens.
    pub(super) fn new(
        turn: Turn,
        user: AuthenticatedUser,
        message: Option<MessageId>,
    ) -> (Self, Ear) {
        let (ear, heard) = watch::channel(Heard::default());
        let reporter = Self {
            turn,
            user,
            message,
            heard,
        };
        (reporter, Ear(ear))
    }

    /// Changes the message as the work goes on, until nobody tells any more.
    ///
    /// What is heard within the pace is told by its last state. A change that fails is left out, since the next one
    /// tells more.
    pub(super) async fn run(&mut self) {
        while self.heard.changed().await.is_ok() {
            let heard = self.heard.borrow_and_update().clone();
            let next = Instant::now() + PACE;
            self.tell(&heard).await;
            if self.rest_until(next).await {
                return;
            }
        }
    }

    /// Waits, and tells whether nobody tells any more.
    async fn rest_until(&mut self, next: Instant) -> bool {
        let mut is_news = false;
        loop {
            match timeout_at(next, self.heard.changed()).await {
                Ok(Ok(())) => is_news = true,
                Ok(Err(_)) => return true,
                Err(_) => break,
            }
        }
        if is_news {
            self.heard.mark_changed();
        }
        false
    }

    async fn tell(&mut self, heard: &Heard) {
        let Some(stage) = &heard.stage else { return };
        let card = Card::text(self.sentence(stage)).with_keyboard(self.buttons(heard.id));
        let shown = match self.message {
            Some(message) => self.turn.edit(message, card).await,
            None => self.turn.send(card).await,
        };
        match shown {
            Ok(message) => self.message = message.or(self.message),
            Err(error) => tracing::debug!(%error, "progress is not told"),
        }
    }

    /// Returns the message as it is now, to show the end in its place.
    pub(super) fn message(&self) -> Option<MessageId> {
        self.message
    }

    fn buttons(&self, id: Option<GenerationId>) -> Keyboard {
        let label = Phrase::ToStatus.plain(self.user.language(), &[]);
        Keyboard::new().with_row(id.map(|id| (label, Callback::Status(id))))
    }

    fn sentence(&self, stage: &Progress) -> Text {
        let language = self.user.language();
        match stage {
            Progress::Accepted { .. } => Phrase::Accepted.text(language, &[]),
            Progress::Submitting { model } => {
                Phrase::Submitting.text(language, &[("model", model.as_str())])
            }
            Progress::Submitted { .. } => Phrase::Submitted.text(language, &[]),
            Progress::Queued { position } => {
                Phrase::Queued.text(language, &[("position", &position.to_string())])
            }
            Progress::Running | Progress::Log { .. } => Phrase::Running.text(language, &[]),
            Progress::Saving { pictures } => {
                Phrase::Saving.text(language, &[("pictures", &pictures.to_string())])
            }
        }
    }
}
