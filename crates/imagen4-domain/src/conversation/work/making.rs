//! From an order to pictures in the chat.

use super::progress::{Ear, Reporter};
use crate::conversation::Conversation;
use crate::conversation::guard::AuthenticatedUser;
use crate::conversation::phrases::Phrase;
use crate::conversation::reply::{Card, ReplyError};
use crate::conversation::turn::Turn;
use crate::conversation::update::MessageId;
use crate::{
    GalleryError, GenerateError, GenerateErrorKind, Generation, GenerationId, RequestDraft,
    SeedChoice,
};

/// What is to be made.
pub(in crate::conversation) enum Order {
    /// A picture of a new description.
    New(RequestDraft),
    /// Another picture of what an earlier one was made of.
    Again(GenerationId),
}

impl Conversation {
    /// Tells the user that the work begins, and begins it in a task of its own.
    ///
    /// A user who cannot be told gets nothing, so nothing is paid.
    pub(in crate::conversation) async fn begin(
        &self,
        user: &AuthenticatedUser,
        turn: &Turn,
        order: Order,
    ) -> Result<(), ReplyError> {
        let Some(ticket) = self.busy.begin(user.id()) else {
            return turn.notice(user, Phrase::StillBusy, &[]).await;
        };
        let card = Card::text(Phrase::Accepted.text(user.language(), &[]));
        let message = match order {
            Order::New(_) => turn.show(card).await?,
            // The earlier picture stays.
            Order::Again(_) => turn.send(card).await?,
        };
        let (talk, user, turn) = (self.clone(), user.clone(), turn.clone());
        self.tasks.spawn(async move {
            let told = talk.make(&user, &turn, message, order).await;
            if let Err(error) = told {
                tracing::warn!(%error, "the end of a generation is not told");
            }
            drop(ticket);
        });
        Ok(())
    }

    async fn make(
        &self,
        user: &AuthenticatedUser,
        turn: &Turn,
        message: Option<MessageId>,
        order: Order,
    ) -> Result<(), ReplyError> {
        let (mut reporter, ear) = Reporter::new(turn.clone(), user.clone(), message);
        let work = self.carry_out(user, order, ear);
        let (outcome, ()) = tokio::join!(work, reporter.run());
        match outcome {
            Ok(generation) => {
                let done = Card::text(Phrase::Done.text(user.language(), &[]));
                let told = turn.replace(reporter.message(), done).await;
                self.show_pictures(user, turn, &generation).await.and(told)
            }
            Err(error) => {
                log(&error);
                let card = self.told_failure(user, &error);
                turn.replace(reporter.message(), card).await
            }
        }
    }

    async fn carry_out(
        &self,
        user: &AuthenticatedUser,
        order: Order,
        ear: Ear,
    ) -> Result<Generation, GalleryError> {
        let listen = move |progress: &crate::Progress| ear.hear(progress);
        match order {
            Order::New(draft) => {
                let made = self.generate.generate(user.id(), draft, listen).await;
                made.map_err(GalleryError::from)
            }
            Order::Again(id) => {
                let (gallery, seed) = (&self.gallery, SeedChoice::New);
                gallery.regenerate(user.id(), &id, seed, listen).await
            }
        }
    }
}

/// Writes down why there are no pictures. What was perhaps paid may be known from here alone.
fn log(error: &GalleryError) {
    let cause = error.generation().map(ToString::to_string);
    if error.generation().is_some_and(is_usual) {
        tracing::debug!(%error, cause, "a generation gave no pictures");
    } else {
        tracing::warn!(%error, cause, "a generation gave no pictures");
    }
}

/// Tells whether nothing is out of order and nothing of ours is under way.
fn is_usual(error: &GenerateError) -> bool {
    use GenerateErrorKind::{Cancelled, Disabled, InvalidInput, Refused};
    matches!(error.kind(), Refused | InvalidInput | Cancelled | Disabled)
}
