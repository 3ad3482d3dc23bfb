//! The adapter that keeps users in the memory of the process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::users::{Admission, Profile, Refusal, Users, UsersError};
use crate::conversation::update::ChatUser;

/// [`Users`] in the memory of this process: everybody but a few, or a few and nobody else.
///
/// Somebody without a profile of their own is `tg:` and the messenger's number. Clones share everything.
#[derive(Debug, Clone, Default)]
pub struct MemoryUsers(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    strangers_welcome: bool,
    by_number: HashMap<i64, Admission>,
}

impl MemoryUsers {
    /// Returns the users among whom everybody is welcome.
    pub fn everybody() -> Self {
        let known = Known {
            strangers_welcome: true,
            ..Known::default()
        };
        Self(Arc::new(Mutex::new(known)))
    }

    /// Returns the users among whom these messenger's numbers are welcome, and nobody else.
    pub fn only(numbers: impl IntoIterator<Item = i64>) -> Self {
        let users = Self::default();
        for number in numbers {
            if let Some(profile) = usual(number) {
                users.welcome(number, profile);
            }
        }
        users
    }

    /// Lets the person with this number in, as `profile`.
    pub fn welcome(&self, number: i64, profile: Profile) {
        let admission = Admission::Admitted(profile);
        self.lock().by_number.insert(number, admission);
    }

    /// Shuts the person with this number out.
    pub fn ban(&self, number: i64) {
        let admission = Admission::Refused(Refusal::Banned);
        self.lock().by_number.insert(number, admission);
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Users for MemoryUsers {
    async fn admit(&self, who: &ChatUser) -> Result<Admission, UsersError> {
        let known = self.lock();
        if let Some(admission) = known.by_number.get(&who.id) {
            return Ok(admission.clone());
        }
        let stranger = usual(who.id).filter(|_| known.strangers_welcome);
        Ok(stranger.map_or(Admission::Refused(Refusal::Unknown), Admission::Admitted))
    }
}

/// Returns the profile of a person of whom nothing is known but the number.
fn usual(number: i64) -> Option<Profile> {
    format!("tg:{number}").parse().ok().map(Profile::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn admit(users: &MemoryUsers, number: i64) -> Admission {
        users.admit(&ChatUser::new(number)).await.unwrap()
    }

    #[tokio::test]
    async fn strangers_come_in_or_not_and_a_ban_holds_from_the_next_call() {
        let open = MemoryUsers::everybody();
        let Admission::Admitted(profile) = admit(&open, 42).await else {
            panic!("42 is not let in");
        };
        assert_eq!(profile.id.as_str(), "tg:42");
        open.clone().ban(42);
        assert_eq!(admit(&open, 42).await, Admission::Refused(Refusal::Banned));
        let closed = MemoryUsers::only([1]);
        assert!(matches!(admit(&closed, 1).await, Admission::Admitted(_)));
        assert_eq!(
            admit(&closed, 2).await,
            Admission::Refused(Refusal::Unknown)
        );
    }
}
