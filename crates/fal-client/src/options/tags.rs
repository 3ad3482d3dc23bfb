//! The tags under which a job is accounted.

use std::{collections::BTreeMap, fmt};

/// The most tags of one submit.
const MAX_TAGS: usize = 10;

/// The longest name or value, in bytes.
const MAX_LEN: usize = 64;

/// The tags under which a job is accounted: at most ten, each a name and a value.
///
/// - Names and values have 1 to 64 ASCII letters, digits, `-`, `.`, `_` or `:`.
/// - `Display` is the value of the header `X-Fal-Tags`: `name=value` with commas between. FAL's pages do not have
///   this header yet; the form is that of its JS client's preview, and assumed.
///
/// # Examples
///
/// ```
/// use fal_client::Tags;
///
/// let tags = Tags::default().with("tenant", "a")?.with("job", "7")?;
/// assert_eq!(tags.to_string(), "job=7,tenant=a");
/// # Ok::<(), fal_client::TagsError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Tags(BTreeMap<String, String>);

impl Tags {
    /// Returns the tags with one more, or with another value of a name that is there.
    ///
    /// # Errors
    ///
    /// The rule that the new tag breaks.
    pub fn with(mut self, name: &str, value: &str) -> Result<Self, TagsError> {
        if !is_word(name) || !is_word(value) {
            return Err(TagsError::BadWord);
        }
        self.0.insert(name.to_owned(), value.to_owned());
        if self.0.len() > MAX_TAGS {
            return Err(TagsError::TooMany);
        }
        Ok(self)
    }

    /// Returns whether there is no tag.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, value)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{name}={value}")?;
        }
        Ok(())
    }
}

/// Why a tag cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TagsError {
    /// More than ten.
    #[error("a submit has at most 10 tags")]
    TooMany,
    /// A name or a value that does not fit into the header.
    #[error("a tag has a name and a value of 1 to 64 ASCII letters, digits, '-', '.', '_' or ':'")]
    BadWord,
}

fn is_word(text: &str) -> bool {
    let is_safe =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b':');
    !text.is_empty() && text.len() <= MAX_LEN && text.bytes().all(is_safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_tag_breaks_out_of_the_header() {
        for (name, value) in [
            ("", "x"),
            ("x", ""),
            ("a,b", "x"),
            ("a", "x=y"),
            ("a", "x\r\ny"),
            ("ä", "x"),
            (&"a".repeat(65), "x"),
        ] {
            assert_eq!(
                Tags::default().with(name, value),
                Err(TagsError::BadWord),
                "{name:?} {value:?}"
            );
        }
    }

    #[test]
    fn ten_are_enough_and_a_name_stands_once() {
        let tags = (0..10).try_fold(Tags::default(), |tags, n| tags.with(&format!("t{n}"), "x"));
        let tags = tags.unwrap();
        assert!(tags.clone().with("t3", "y").is_ok());
        assert_eq!(tags.with("t10", "x"), Err(TagsError::TooMany));
    }
}
