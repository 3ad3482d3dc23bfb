//! The guard: who may talk to us, asked once for each update.

mod memory;
mod rejection;
mod user;
mod users;

use std::future::Future;
use std::sync::Arc;

pub use memory::MemoryUsers;
pub use rejection::{Rejection, RejectionKind};
pub use user::AuthenticatedUser;
#[cfg(feature = "testing")]
pub use users::MockUsers;
pub use users::{Admission, Profile, Refusal, Users, UsersError};

use super::language::Language;
use super::update::{ChatUser, Incoming};

/// Lets an update in, or not: the only maker of an [`AuthenticatedUser`].
///
/// - The port [`Users`] is asked once for each update, however many guards stand one within the other.
/// - What the handler answers passes through unchanged, its errors too.
///
/// Clones share the port.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
///
/// use imagen4_domain::conversation::{ChatId, ChatUser, Guard, MemoryUsers, Rejection, Update};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Rejection> {
/// let guard = Guard::new(Arc::new(MemoryUsers::everybody()));
/// let update = Update::text(ChatId(42), ChatUser::new(42), "/start");
/// let name = guard
///     .run(update, |user, _| async move { Ok::<_, Rejection>(user.id().to_string()) })
///     .await?;
/// assert_eq!(name, "tg:42");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Guard {
    users: Arc<dyn Users>,
}

impl Guard {
    /// Returns the guard that asks `users`.
    pub fn new(users: Arc<dyn Users>) -> Self {
        Self { users }
    }

    /// Finds out who `incoming` comes from, and hands it on to `handler`.
    ///
    /// An update that another guard has let in is handed on as it is.
    ///
    /// # Errors
    ///
    /// A [`Rejection`] when nobody was let in; what the handler answers otherwise.
    ///
    /// # Cancellation
    ///
    /// As the handler's.
    pub async fn run<T, E, F>(
        &self,
        incoming: impl Into<Incoming>,
        handler: impl FnOnce(AuthenticatedUser, Incoming) -> F,
    ) -> Result<T, E>
    where
        E: From<Rejection>,
        F: Future<Output = Result<T, E>>,
    {
        let (update, user) = incoming.into().into_parts();
        let user = match user {
            Some(user) => user,
            None => self.admit(&update.from).await?,
        };
        let incoming = Incoming::admitted(update, user.clone());
        handler(user, incoming).await
    }

    async fn admit(&self, who: &ChatUser) -> Result<AuthenticatedUser, Rejection> {
        let language = Language::of_tag(who.language_tag.as_deref());
        match self.users.admit(who).await {
            Ok(Admission::Admitted(profile)) => Ok(AuthenticatedUser::new(profile, language)),
            Ok(Admission::Refused(refusal)) => Err(Rejection::refused(refusal)),
            Err(error) => Err(Rejection::unavailable(error)),
        }
    }
}
