//! What earlier records say of pictures: whatever stood in `result_urls`, read to what it names and never
//! guessed at.

mod inspect;
mod legacy;
mod python;
mod urls;

pub use legacy::{LegacyLink, LegacyPicture};
pub use urls::{LegacyUrls, UnreadableUrls};
