//! Names of buckets and objects, checked once.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

/// The longest key, in bytes; the limit of S3.
const MAX_KEY_BYTES: usize = 1024;

/// Why a name was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is no {what}: {rule}")]
pub struct NameError {
    name: String,
    what: &'static str,
    rule: &'static str,
}

impl NameError {
    pub(crate) fn new(name: impl fmt::Display, what: &'static str, rule: &'static str) -> Self {
        // A hostile name may be long, and this one ends up in logs.
        let name = name.to_string().chars().take(80).collect();
        Self { name, what, rule }
    }

    /// Returns the rule that the name breaks.
    pub fn rule(&self) -> &'static str {
        self.rule
    }
}

/// The name of a bucket, by the rules of S3.
///
/// - 3 to 63 bytes of lower-case letters, digits, `-` and `.`
/// - starts and ends with a letter or digit, has no `..`
/// - is no IP address, does not start with `xn--`, does not end with `-s3alias`
///
/// Source: AWS, "General purpose bucket naming rules".
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BucketName(String);

impl BucketName {
    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BucketName {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        match broken_bucket_rule(name) {
            None => Ok(Self(name.to_owned())),
            Some(rule) => Err(NameError::new(name, "bucket name", rule)),
        }
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The key of an object.
///
/// - 1 to 1024 bytes of UTF-8
/// - segments between `/` are neither empty nor `.` nor `..`, so that no driver or proxy can turn the
///   key into another one by "normalising" its path
/// - no control characters and no backslash
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey(String);

impl ObjectKey {
    /// Returns the key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ObjectKey {
    type Err = NameError;

    fn from_str(key: &str) -> Result<Self, NameError> {
        match broken_key_rule(key) {
            None => Ok(Self(key.to_owned())),
            Some(rule) => Err(NameError::new(key, "object key", rule)),
        }
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The identity of a stored object: bucket and key.
///
/// This is what records keep; links are minted from it when somebody reads.
/// Its text form is `bucket/key`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectRef {
    /// The bucket.
    pub bucket: BucketName,
    /// The key within the bucket.
    pub key: ObjectKey,
}

impl ObjectRef {
    /// Returns the identity of `key` in `bucket`.
    pub fn new(bucket: BucketName, key: ObjectKey) -> Self {
        Self { bucket, key }
    }
}

impl FromStr for ObjectRef {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (bucket, key) = text
            .split_once('/')
            .ok_or_else(|| NameError::new(text, "object reference", "write bucket/key"))?;
        Ok(Self::new(bucket.parse()?, key.parse()?))
    }
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.bucket, self.key)
    }
}

fn broken_bucket_rule(name: &str) -> Option<&'static str> {
    let is_letter_or_digit = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = name.as_bytes();
    if !(3..=63).contains(&bytes.len()) {
        return Some("it must have 3 to 63 characters");
    }
    if !bytes
        .iter()
        .all(|&byte| is_letter_or_digit(byte) || matches!(byte, b'-' | b'.'))
    {
        return Some("only lower-case letters, digits, '-' and '.' are allowed");
    }
    if !(is_letter_or_digit(bytes[0]) && is_letter_or_digit(bytes[bytes.len() - 1])) {
        return Some("it must start and end with a letter or digit");
    }
    if name.contains("..") {
        return Some("it must not have two dots in a row");
    }
    if name.parse::<Ipv4Addr>().is_ok() {
        return Some("it must not be an IP address");
    }
    if name.starts_with("xn--") || name.ends_with("-s3alias") {
        return Some("the prefix xn-- and the suffix -s3alias are reserved");
    }
    None
}

fn broken_key_rule(key: &str) -> Option<&'static str> {
    if !(1..=MAX_KEY_BYTES).contains(&key.len()) {
        return Some("it must have 1 to 1024 bytes");
    }
    if key.chars().any(|c| c.is_control() || c == '\\') {
        return Some("control characters and backslashes are not allowed");
    }
    if key
        .split('/')
        .any(|segment| matches!(segment, "" | "." | ".."))
    {
        return Some("segments must not be empty, '.' or '..'");
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn good_bucket_names_pass() {
        for name in ["imagen4", "a-b", "my.bucket.1", &"a".repeat(63)] {
            assert_eq!(name.parse::<BucketName>().unwrap().as_str(), name);
        }
    }

    #[test]
    fn bad_bucket_names_name_the_rule() {
        for (name, rule) in [
            ("ab", "3 to 63"),
            (&*"a".repeat(64), "3 to 63"),
            ("Imagen4", "lower-case"),
            ("imagen_4", "lower-case"),
            ("-imagen4", "start and end"),
            ("imagen4.", "start and end"),
            ("a..b", "two dots"),
            ("192.168.0.1", "IP address"),
            ("xn--abc", "reserved"),
            ("abc-s3alias", "reserved"),
        ] {
            let error = name.parse::<BucketName>().unwrap_err();
            assert!(error.rule().contains(rule), "{error}");
        }
    }

    #[test]
    fn bad_keys_name_the_rule() {
        for (key, rule) in [
            ("", "1 to 1024"),
            (&*"a".repeat(1025), "1 to 1024"),
            ("/a", "segments"),
            ("a/", "segments"),
            ("a//b", "segments"),
            ("a/../b", "segments"),
            ("./a", "segments"),
            ("a\nb", "control"),
            ("a\\b", "backslashes"),
        ] {
            let error = key.parse::<ObjectKey>().unwrap_err();
            assert!(error.rule().contains(rule), "{error}");
        }
    }

    #[test]
    fn odd_but_lawful_keys_pass() {
        for key in ["a b", "ü/ß+&=%#?.png", "...", "a/..b", &"a".repeat(1024)] {
            assert!(key.parse::<ObjectKey>().is_ok(), "{key}");
        }
    }

    proptest! {
        #[test]
        fn a_reference_comes_back_from_its_text(bucket in "[a-z0-9]{3,20}", key in "[a-z0-9]{1,8}(/[a-zA-Z0-9 .]{1,8}x){0,4}") {
            let object = ObjectRef::new(bucket.parse().unwrap(), key.parse().unwrap());
            prop_assert_eq!(object.to_string().parse::<ObjectRef>().unwrap(), object);
        }
    }
}
