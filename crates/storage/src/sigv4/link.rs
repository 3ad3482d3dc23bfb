//! Signed links to objects.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::encode::encoded_path;
use super::signer::{Link, Signer};
use super::{Credentials, SharedCredentials, SignedHost};
use crate::error::{Result, StorageError, StorageErrorKind};
use crate::name::ObjectRef;
use crate::options::SignOptions;
use crate::signed_url::SignedUrl;

/// Mints signed links without any network.
///
/// The link holds for the host it is signed for, in path style (`host/bucket/key`); it cannot be moved to
/// another host afterwards.
/// Clones share the credentials and what they keep of the day.
#[derive(Debug, Clone)]
pub struct LinkSigner(Arc<Signer>);

impl LinkSigner {
    /// Returns a signer of links to `host` in `region`.
    ///
    /// The credentials can be replaced later through a clone of the [`SharedCredentials`].
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the signer keeps what it needs of the host, as it always has"
    )]
    pub fn new(
        host: SignedHost,
        region: impl Into<String>,
        credentials: impl Into<SharedCredentials>,
    ) -> Self {
        Self(Arc::new(Signer::new(
            &host,
            region.into(),
            credentials.into(),
        )))
    }

    /// Returns a link with which anybody can read `object` from now to its end.
    ///
    /// The end is the earliest of three: the life that was asked for, the end of the credentials, and the
    /// end of the object as far as the options tell it. The link itself is signed for no longer.
    /// `now` is to be the server's time, since the server judges the link by its own clock.
    ///
    /// # Errors
    ///
    /// `Denied` when the credentials have ended, `NotFound` when the object has.
    pub fn sign_get(
        &self,
        object: &ObjectRef,
        options: &SignOptions,
        now: DateTime<Utc>,
    ) -> Result<SignedUrl> {
        let day = self.0.day(now);
        let begin = whole_second(now);
        let seconds = seconds_left(&day.credentials, object, options, begin)?;
        let more = [
            (
                "response-content-disposition",
                options.response_content_disposition.as_deref(),
            ),
            (
                "response-content-type",
                options.response_content_type.as_deref(),
            ),
        ];
        let link = Link {
            method: "GET",
            path: &ObjectPath(object),
            more: &more,
            seconds,
        };
        let url = self.0.presign(&link, &day, now);
        Ok(SignedUrl::new(
            url,
            begin + TimeDelta::seconds(seconds.into()),
        ))
    }
}

/// Returns how long a link that begins at `begin` lives: as asked, or to the end of what it hangs on.
fn seconds_left(
    credentials: &Credentials,
    object: &ObjectRef,
    options: &SignOptions,
    begin: DateTime<Utc>,
) -> Result<u32> {
    let ended = |kind, detail| StorageError::new(kind, "sign_get", object).with_detail(detail);
    let left = |end: Option<DateTime<Utc>>| {
        let left = end.map_or(i64::MAX, |end| (end - begin).num_seconds());
        u32::try_from(left.max(0)).unwrap_or(u32::MAX)
    };
    match (left(credentials.ends_at), left(options.object_ends_at)) {
        (0, _) => Err(ended(
            StorageErrorKind::Denied,
            "the credentials have ended",
        )),
        (_, 0) => Err(ended(StorageErrorKind::NotFound, "the object has ended")),
        (credentials, object) => Ok(options.life.as_secs().min(credentials).min(object)),
    }
}

/// Returns the path of `object` in path style, encoded.
#[cfg(feature = "minio")]
pub(crate) fn path_of(object: &ObjectRef) -> String {
    ObjectPath(object).to_string()
}

/// Shows the path of an object in path style, encoded.
struct ObjectPath<'a>(&'a ObjectRef);

impl fmt::Display for ObjectPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("/")?;
        f.write_str(self.0.bucket.as_str())?;
        f.write_str("/")?;
        encoded_path(self.0.key.as_str()).fmt(f)
    }
}

/// A signature names its time to the second, so the link ends a fraction earlier than `now + life`.
fn whole_second(now: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp(now.timestamp(), 0).unwrap_or(now)
}

#[cfg(test)]
#[path = "link_tests.rs"]
mod tests;
