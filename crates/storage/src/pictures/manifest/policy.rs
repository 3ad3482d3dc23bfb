//! Whether manifests are written, and what they say of a prompt.

use std::fmt;
use std::sync::Arc;

use core_config::{Reader, Secret};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::document::ManifestPrompt;
use crate::object::Sha256Digest;

/// The shortest key of prompts, in bytes: that of the digest.
const MIN_KEY_BYTES: usize = 32;

/// The key under which prompts are hashed.
///
/// - at least 32 bytes of anything
///
/// A hash without a key would hide nothing: people ask for few enough things that a list of likely prompts
/// finds most of them, and a salt that stands beside the hash stops nobody who tries one picture after the
/// other. With the key, whoever reads the bucket learns neither a prompt nor whether a guess is right, only
/// which pictures have the same one; whoever has the key can still check a claim.
#[derive(Clone)]
pub struct PromptKey(Arc<Secret>);

/// The key is too short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key of prompts must have at least 32 bytes")]
pub struct InvalidPromptKey;

impl PromptKey {
    /// Returns the key with this text.
    ///
    /// # Errors
    ///
    /// [`InvalidPromptKey`] for fewer than 32 bytes.
    pub fn new(key: Secret) -> Result<Self, InvalidPromptKey> {
        if key.expose().len() < MIN_KEY_BYTES {
            return Err(InvalidPromptKey);
        }
        Ok(Self(Arc::new(key)))
    }

    /// Returns the HMAC-SHA-256 of `text` (RFC 2104).
    pub fn hash(&self, text: &str) -> Sha256Digest {
        // A key of any length is taken, so the other case does not come up; its digest would match nothing.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.expose().as_bytes()) else {
            return Sha256Digest::from_bytes([0; 32]);
        };
        mac.update(text.as_bytes());
        Sha256Digest::from_bytes(mac.finalize().into_bytes().into())
    }
}

impl PartialEq for PromptKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.expose() == other.0.expose()
    }
}

impl Eq for PromptKey {}

impl fmt::Debug for PromptKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PromptKey(hidden)")
    }
}

/// What a manifest says of the prompt, and of the text of what must not be in the picture.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum PromptChoice {
    /// The text itself: the records can be rebuilt whole.
    ///
    /// It is the default since a loss is found out too late to choose: the text lies beside the picture that
    /// shows it, is read by whoever may read the picture's bucket and by nobody with a link to the picture,
    /// and goes with it when it is deleted.
    #[default]
    Text,
    /// Its hash under a key; see [`PromptKey`].
    Hash(PromptKey),
    /// Nothing.
    Nothing,
}

impl PromptChoice {
    pub(super) fn of(&self, text: &str) -> ManifestPrompt {
        match self {
            Self::Text => ManifestPrompt::Text(text.to_owned()),
            Self::Hash(key) => ManifestPrompt::HmacSha256(key.hash(text)),
            Self::Nothing => ManifestPrompt::NotKept,
        }
    }
}

/// Whether a manifest is written beside each picture, and what it says of the prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ManifestPolicy {
    /// One is written for every picture whose provenance the save was given.
    Written(PromptChoice),
    /// None is written.
    Off,
}

impl Default for ManifestPolicy {
    fn default() -> Self {
        Self::Written(PromptChoice::default())
    }
}

impl ManifestPolicy {
    /// Reads `MINIO_MANIFESTS` (a switch, on by default), `MINIO_MANIFEST_PROMPT` (`text`, `hash` or `none`)
    /// and, for `hash`, `MINIO_MANIFEST_PROMPT_KEY`.
    ///
    /// Returns `None` when the reader has noted a problem.
    pub(in crate::pictures) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let before = reader.problem_count();
        let is_on = reader.flag("MINIO_MANIFESTS", true);
        let choice = reader.text("MINIO_MANIFEST_PROMPT");
        let key = reader.secret("MINIO_MANIFEST_PROMPT_KEY");
        let prompt = match choice.as_deref() {
            None | Some("text") => PromptChoice::Text,
            Some("none") => PromptChoice::Nothing,
            Some("hash") => PromptChoice::Hash(read_key(reader, key)?),
            Some(other) => {
                let what = format!("{other:?} is no choice");
                reader.problem("MINIO_MANIFEST_PROMPT", what, "write text, hash or none");
                return None;
            }
        };
        let policy = if is_on {
            Self::Written(prompt)
        } else {
            Self::Off
        };
        (reader.problem_count() == before).then_some(policy)
    }
}

fn read_key(reader: &mut Reader<'_>, key: Option<Secret>) -> Option<PromptKey> {
    let hint = "write 32 random bytes or more, as text";
    let name = "MINIO_MANIFEST_PROMPT_KEY";
    match key.map(PromptKey::new) {
        Some(Ok(key)) => return Some(key),
        Some(Err(error)) => reader.problem(name, error, hint),
        None => reader.problem(name, "missing", hint),
    }
    None
}

#[cfg(test)]
mod tests {
    use core_config::MapSource;

    use super::*;

    const KEY: &str = "canary-canary-canary-canary-canary";

    fn read<const N: usize>(values: [(&str, &str); N]) -> Result<ManifestPolicy, Vec<String>> {
        let source = MapSource::from(values);
        let mut reader = Reader::new(&source);
        let policy = ManifestPolicy::read(&mut reader);
        reader
            .finish()
            .map(|()| policy.unwrap())
            .map_err(|problems| {
                let names = problems.iter().map(|problem| problem.name.clone());
                names.collect()
            })
    }

    #[test]
    fn the_hash_is_that_of_rfc_4231_and_follows_key_and_text() {
        // Test case 2 has a key of four bytes, which no setting may have.
        let key = PromptKey(Arc::new(Secret::new("Jefe")));
        let digest = key.hash("what do ya want for nothing?").to_string();
        assert_eq!(
            digest,
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        let other = PromptKey::new(Secret::new(KEY)).unwrap();
        assert_ne!(other.hash("a").to_string(), other.hash("b").to_string());
        assert_ne!(other.hash("a"), key.hash("a"));
        assert_eq!(PromptKey::new(Secret::new("short")), Err(InvalidPromptKey));
        assert!(!format!("{other:?}").contains("canary"));
    }

    #[test]
    fn settings_choose_what_is_said_of_a_prompt() {
        let key = PromptKey::new(Secret::new(KEY)).unwrap();
        let hash = PromptChoice::Hash(key);
        let name = "MINIO_MANIFEST_PROMPT";
        let written = ManifestPolicy::Written;
        assert_eq!(read([]), Ok(written(PromptChoice::Text)));
        assert_eq!(read([(name, "text")]), Ok(written(PromptChoice::Text)));
        assert_eq!(read([(name, "none")]), Ok(written(PromptChoice::Nothing)));
        let with_key = [(name, "hash"), ("MINIO_MANIFEST_PROMPT_KEY", KEY)];
        assert_eq!(read(with_key), Ok(written(hash)));
        assert_eq!(read([("MINIO_MANIFESTS", "off")]), Ok(ManifestPolicy::Off));
    }

    #[test]
    fn wrong_choices_are_problems_with_their_name() {
        let (name, key) = ("MINIO_MANIFEST_PROMPT", "MINIO_MANIFEST_PROMPT_KEY");
        assert_eq!(read([(name, "md5")]), Err(vec![name.to_owned()]));
        assert_eq!(read([(name, "hash")]), Err(vec![key.to_owned()]));
        let short = [(name, "hash"), (key, "short")];
        assert_eq!(read(short), Err(vec![key.to_owned()]));
        let switch = [("MINIO_MANIFESTS", "perhaps")];
        assert_eq!(read(switch), Err(vec!["MINIO_MANIFESTS".to_owned()]));
    }
}
