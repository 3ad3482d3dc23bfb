//! Where a survey goes on.

use std::fmt;
use std::str::FromStr;

use crate::name::{BucketName, NameError, ObjectKey};

/// Where a survey goes on: in this bucket, right after this key.
///
/// Its text form, `bucket` or `bucket/key`, may be kept and given to another run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurveyCursor {
    pub(super) bucket: BucketName,
    pub(super) after: Option<ObjectKey>,
}

impl FromStr for SurveyCursor {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (bucket, after) = match text.split_once('/') {
            Some((bucket, key)) => (bucket, Some(key.parse()?)),
            None => (text, None),
        };
        Ok(Self {
            bucket: bucket.parse()?,
            after,
        })
    }
}

impl fmt::Display for SurveyCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.after {
            Some(key) => write!(f, "{}/{key}", self.bucket),
            None => write!(f, "{}", self.bucket),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_from_its_text() {
        for text in ["imagen4", "imagen4/2026/03/01/abc_1.png"] {
            let cursor: SurveyCursor = text.parse().unwrap();
            assert_eq!(cursor.to_string(), text);
        }
        for text in ["", "imagen4/", "No", "imagen4//a"] {
            assert!(text.parse::<SurveyCursor>().is_err(), "{text:?}");
        }
    }
}
