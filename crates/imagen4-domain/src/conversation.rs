//! The conversation of a bot, without any messenger: what comes in, what goes out, and everything between.
//!
//! A transport turns what its messenger sends into an [`Update`], gives it to [`Conversation::handle`] together with
//! a [`Replies`] of its own, and knows nothing else.

mod callback;
mod commands;
pub(crate) mod dialogue;
pub(crate) mod guard;
mod handlers;
mod keyboard;
mod language;
mod phrases;
mod registry;
pub(crate) mod reply;
mod sentences;
mod text;
mod turn;
mod update;
mod work;

use std::fmt;
use std::sync::Arc;

pub use callback::{Callback, CallbackName, DateButton, DateChoice, KindChoice};
pub use commands::Command;
pub use dialogue::{
    Browsing, CachedDialogues, DIALOGUE_LIFE, Dialogue, DialogueError, DialogueStore,
    MemoryDialogues, Place, Sheltered, Step, StepName,
};
pub use guard::{
    Admission, AuthenticatedUser, Guard, MemoryUsers, Profile, Refusal, Rejection, RejectionKind,
    Users, UsersError,
};
pub use keyboard::{Button, CallbackData, Keyboard, MAX_CALLBACK_BYTES};
pub use language::Language;
pub use registry::{Handler, Pattern, Registry, Route, RouteError, Trigger};
pub use reply::{Card, Content, PictureHandle, Replies, Reply, ReplyError, ReplyErrorKind};
pub use text::{Span, Style, Text};
pub use turn::Turn;
pub use update::{ChatId, ChatUser, Incoming, Input, MessageId, Update};

use self::work::{Busy, Tasks};
use crate::{GalleryService, GenerateService, Library};

/// What a bot says to what its users do.
///
/// - Each update passes the [`Guard`] once; nobody else gets to a handler.
/// - A handler takes the user, and whatever it looks for is the user's: others' pictures are not there.
/// - Pictures are made in tasks of their own, one at a time for each user, so that nobody waits for another.
/// - A store of dialogues that is away costs nothing but what other processes know.
/// - Whatever goes wrong is told to the user in a sentence, by its kind; only what cannot be told is an error.
///
/// A transport gives the updates of one chat in their order, each after the one before was handled.
/// Clones share everything.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
///
/// use imagen4_domain::conversation::{ChatId, ChatUser, Conversation, Replies, ReplyError, Update};
///
/// async fn heard(
///     talk: &Conversation,
///     number: i64,
///     text: &str,
///     replies: Arc<dyn Replies>,
/// ) -> Result<(), ReplyError> {
///     let update = Update::text(ChatId(number), ChatUser::new(number), text);
///     talk.handle(update, replies).await
/// }
/// ```
#[derive(Clone)]
pub struct Conversation {
    guard: Guard,
    registry: Arc<Registry>,
    generate: GenerateService,
    library: Library,
    gallery: GalleryService,
    dialogues: Sheltered<Arc<dyn DialogueStore>>,
    busy: Busy,
    tasks: Tasks,
}

impl Conversation {
    /// Returns the conversation over these services, with dialogues kept in `dialogues`.
    ///
    /// # Errors
    ///
    /// [`RouteError`] when two handlers get in each other's way; then the program is wrong and must not start.
    pub fn new(
        guard: Guard,
        dialogues: Arc<dyn DialogueStore>,
        generate: GenerateService,
        library: Library,
        gallery: GalleryService,
    ) -> Result<Self, RouteError> {
        Ok(Self {
            guard,
            registry: Arc::new(Registry::of_the_conversation()?),
            generate,
            library,
            gallery,
            dialogues: Sheltered::new(dialogues),
            busy: Busy::default(),
            tasks: Tasks::default(),
        })
    }

    /// Returns what leads where.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Waits until no picture is being made any more, for a stop without loss of replies.
    ///
    /// Stop giving updates first. Whoever cannot wait may end the program: the records tell where each job stands.
    ///
    /// # Cancellation
    ///
    /// What is under way goes on.
    pub async fn finish(&self) {
        self.tasks.finish().await;
    }
}

impl fmt::Debug for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conversation")
            .field("guard", &self.guard)
            .field("dialogues", &self.dialogues)
            .field("busy", &self.busy)
            .finish_non_exhaustive()
    }
}
