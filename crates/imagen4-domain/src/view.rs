//! A picture as it is shown: with a link minted for the reader.

use storage::SignedUrl;

use crate::picture::PictureState;

/// A picture as it is shown, with a link for a while.
///
/// It is made anew for each reader and cannot be serialised, since a link saved is dead tomorrow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureView {
    /// The number of the picture, from 1.
    pub number: u8,
    /// Where it is.
    pub state: PictureState,
    /// A link that opens it: ours, or the provider's while that lives; `None` when there is none.
    pub link: Option<SignedUrl>,
}
