//! Links with a life, a file name and a type of their own.

use chrono::{DateTime, Days, NaiveTime, Utc};

use super::attachment::AttachmentName;
use super::format::ImageFormat;
use super::service::PictureStorage;
use crate::error::Result;
use crate::name::ObjectRef;
use crate::options::{LinkLife, SignOptions};
use crate::signed_url::SignedUrl;

/// How a link to a picture is to be.
///
/// All of it is signed: whoever has the link cannot change it.
///
/// # Examples
///
/// ```
/// use storage::LinkLife;
/// use storage::pictures::{AttachmentName, LinkOptions};
///
/// # fn main() -> Result<(), storage::InvalidLinkLife> {
/// let options = LinkOptions::new()
///     .with_life(LinkLife::from_secs(300)?)
///     .with_download_as(AttachmentName::new("маяк на рассвете.png"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LinkOptions {
    /// How long the link lives; `None` for as long as the service's links do.
    pub life: Option<LinkLife>,
    /// The name to save the picture under; `None` lets the browser show it.
    pub download_as: Option<AttachmentName>,
    /// The type that the answer names instead of the stored one; only a picture's, so that no link can make
    /// a page of stored bytes.
    pub content_type: Option<ImageFormat>,
    /// The time from which on the picture is perhaps gone; the link ends no later.
    pub picture_ends_at: Option<DateTime<Utc>>,
}

impl LinkOptions {
    /// Returns options of a link that lives as long as the service's do, and shows the picture as stored.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the options with another life.
    #[must_use]
    pub fn with_life(mut self, life: LinkLife) -> Self {
        self.life = Some(life);
        self
    }

    /// Returns the options of a link that saves the picture under `name`.
    #[must_use]
    pub fn with_download_as(mut self, name: AttachmentName) -> Self {
        self.download_as = Some(name);
        self
    }

    /// Returns the options with the type that the answer is to name.
    #[must_use]
    pub fn with_content_type(mut self, format: ImageFormat) -> Self {
        self.content_type = Some(format);
        self
    }

    /// Returns the options of a link to a picture that is perhaps gone from `time` on; see
    /// [`lifecycle_end`] for pictures that a lifecycle rule removes.
    #[must_use]
    pub fn with_picture_end(mut self, time: DateTime<Utc>) -> Self {
        self.picture_ends_at = Some(time);
        self
    }

    /// Returns the options for a store whose service gives links the life `default`.
    pub fn sign_options(&self, default: LinkLife) -> SignOptions {
        SignOptions {
            life: self.life.unwrap_or(default),
            response_content_type: self.content_type.map(|format| format.content_type().into()),
            response_content_disposition: self.download_as.as_ref().map(AttachmentName::attachment),
            object_ends_at: self.picture_ends_at,
        }
    }
}

/// Returns the first moment at which a lifecycle rule of `days` may remove an object that was stored at
/// `stored_at`.
///
/// S3 adds the days and goes on to the next midnight UTC (AWS, "Lifecycle configuration elements",
/// expiration); MinIO does the same.
/// For a picture of the temporary kind the midnight that begins the day in its key is a safe `stored_at`:
/// no picture is stored before the day that its key names.
///
/// # Examples
///
/// ```
/// use storage::pictures::{LinkOptions, lifecycle_end};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let end = lifecycle_end("2026-01-31T10:00:00Z".parse()?, 7);
/// assert_eq!(end.to_rfc3339(), "2026-02-08T00:00:00+00:00");
/// let options = LinkOptions::new().with_picture_end(end);
/// # Ok(())
/// # }
/// ```
pub fn lifecycle_end(stored_at: DateTime<Utc>, days: u16) -> DateTime<Utc> {
    let last = stored_at
        .checked_add_days(Days::new(days.into()))
        .unwrap_or(DateTime::<Utc>::MAX_UTC);
    let midnight = last.date_naive().and_time(NaiveTime::MIN).and_utc();
    if midnight == last {
        return midnight;
    }
    let next = midnight.checked_add_days(Days::new(1));
    next.unwrap_or(DateTime::<Utc>::MAX_UTC)
}

impl PictureStorage {
    /// Returns a link with which anybody can read `object` until its end, in the way that `options` say.
    ///
    /// The link is for the public host of the store, which may be another than the one we work with.
    /// The end that it reports is the earliest of the life asked for, the end of the store's credentials
    /// and the end of the picture; it is the one that the server computes from the link, in whole seconds:
    /// never later than the moment from which the server refuses it.
    /// Whether the object exists is not asked. Never save the link; mint one when somebody reads.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a bucket that holds no pictures, `NotSupported` for a store without links,
    /// `Denied` when the store's credentials have ended, `NotFound` when the picture has.
    ///
    /// # Cancellation
    ///
    /// Nothing happened.
    pub async fn link_with(&self, object: &ObjectRef, options: LinkOptions) -> Result<SignedUrl> {
        self.check_ours("sign_get", object)?;
        let options = options.sign_options(self.link_life);
        self.store.sign_get(object, options).await
    }
}
