//! Links with a life, a file name and a type of their own.

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

    /// Returns the options for a store whose service gives links the life `default`.
    pub fn sign_options(&self, default: LinkLife) -> SignOptions {
        SignOptions {
            life: self.life.unwrap_or(default),
            response_content_type: self.content_type.map(|format| format.content_type().into()),
            response_content_disposition: self.download_as.as_ref().map(AttachmentName::attachment),
        }
    }
}

impl PictureStorage {
    /// Returns a link with which anybody can read `object` until its end, in the way that `options` say.
    ///
    /// The link is for the public host of the store, which may be another than the one we work with.
    /// The end that it reports is the one that the server computes from the link, in whole seconds: never
    /// later than the moment from which the server refuses it.
    /// Whether the object exists is not asked. Never save the link; mint one when somebody reads.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a bucket that holds no pictures, `NotSupported` for a store without links.
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
