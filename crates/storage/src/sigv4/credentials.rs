//! Whose signature it is, and how that changes while the program runs.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, Utc};
use core_config::Secret;

/// The keys that requests are signed with: a pair for good, or a session of a token service (STS).
///
/// `Debug` shows the access key, which travels in every request, and the end; it hides the secret and the
/// token.
#[derive(Clone)]
pub struct Credentials {
    /// The access key: who signs.
    pub access_key: String,
    /// The secret key: never sent, only used to sign.
    pub secret_key: Secret,
    /// The token of a session, sent and signed as `X-Amz-Security-Token`, in links too.
    pub session_token: Option<Secret>,
    /// The time from which on the server refuses the keys, and every link signed with them.
    pub ends_at: Option<DateTime<Utc>>,
}

impl Credentials {
    /// Returns a pair of keys that is good until somebody revokes it.
    pub fn new(access_key: impl Into<String>, secret_key: Secret) -> Self {
        Self {
            access_key: access_key.into(),
            secret_key,
            session_token: None,
            ends_at: None,
        }
    }

    /// Returns the keys of a session with its token.
    #[must_use]
    pub fn with_session_token(mut self, token: Secret) -> Self {
        self.session_token = Some(token);
        self
    }

    /// Returns the keys with their end, `Expiration` in the answer of the token service.
    #[must_use]
    pub fn with_end(mut self, ends_at: DateTime<Utc>) -> Self {
        self.ends_at = Some(ends_at);
        self
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key", &self.access_key)
            .field("session", &self.session_token.is_some())
            .field("ends_at", &self.ends_at)
            .finish_non_exhaustive()
    }
}

/// Credentials that can be replaced while stores and signers use them.
///
/// Clones share them: keep one, give another to
/// [`MinioSettings::new`](crate::minio::MinioSettings::new) or [`LinkSigner::new`](crate::LinkSigner::new),
/// and [`replace`](Self::replace) them when a session nears its end or a key is rotated.
/// Every signature is made with one set, whole; what is kept between signatures belongs to the set that it
/// was made from, so new keys never meet anything derived from old ones.
///
/// # Examples
///
/// ```
/// use core_config::Secret;
/// use storage::{Credentials, SharedCredentials};
///
/// let shared = SharedCredentials::new(Credentials::new("who", Secret::new("old")));
/// let given_to_a_store = shared.clone();
/// shared.replace(Credentials::new("who", Secret::new("new")));
/// assert_eq!(given_to_a_store.current().secret_key.expose(), "new");
/// ```
#[derive(Clone)]
pub struct SharedCredentials(Arc<RwLock<Arc<Credentials>>>);

impl SharedCredentials {
    /// Returns `credentials`, ready to be shared.
    pub fn new(credentials: Credentials) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(credentials))))
    }

    /// Signs with `credentials` from now on, wherever a clone was given to.
    ///
    /// Requests under way end with the keys that they began with, and links keep theirs.
    pub fn replace(&self, credentials: Credentials) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(credentials);
    }

    /// Returns the credentials that are signed with now.
    pub fn current(&self) -> Arc<Credentials> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl From<Credentials> for SharedCredentials {
    fn from(credentials: Credentials) -> Self {
        Self::new(credentials)
    }
}

impl fmt::Debug for SharedCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SharedCredentials")
            .field(&self.current())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_secret_and_the_token() {
        let credentials = Credentials::new("who", Secret::new("canary"))
            .with_session_token(Secret::new("canary"))
            .with_end(DateTime::UNIX_EPOCH);
        let shared = SharedCredentials::from(credentials.clone());
        for shown in [format!("{credentials:?}"), format!("{shared:#?}")] {
            assert!(shown.contains("who") && shown.contains("1970"));
            assert!(!shown.contains("canary"));
        }
    }

    #[test]
    fn what_was_taken_before_a_replacement_stays_as_it_was() {
        let shared = SharedCredentials::new(Credentials::new("old", Secret::new("old")));
        let before = shared.current();
        shared
            .clone()
            .replace(Credentials::new("new", Secret::new("new")));
        assert_eq!(before.access_key, "old");
        assert_eq!(shared.current().access_key, "new");
    }
}
