//! The manifest: a small file beside each picture that says what it is and where it comes from.
//!
//! With the manifests alone the records are rebuilt when the database is lost.
//! A manifest is written after its picture and never replaces one; the picture's bytes are not touched.
//! It holds no link, no signature and no secret.

mod document;
mod policy;
mod write;

use std::fmt;

pub use document::{Manifest, ManifestError, ManifestPrompt};
pub use policy::{InvalidPromptKey, ManifestPolicy, PromptChoice, PromptKey};
pub(super) use write::place_of;
pub use write::{ManifestOutcome, ManifestReport};

/// The version of the form that is written; one that is higher is not read.
const VERSION: u32 = 1;

/// The longest manifest, in bytes; what is longer is none of ours and is not read.
///
/// Two prompts of 2000 characters of four bytes each, escaped, and everything else fit into half of it.
pub(super) const MAX_BYTES: u64 = 64 * 1024;

/// The content type of a manifest.
const CONTENT_TYPE: &str = "application/json";

impl fmt::Display for ManifestPrompt {
    /// Writes the text, or what stands in its place.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::HmacSha256(digest) => write!(f, "(prompt not kept; HMAC-SHA-256 {digest})"),
            Self::NotKept => f.write_str("(prompt not kept)"),
        }
    }
}
