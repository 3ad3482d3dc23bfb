//! Percent-encoding exactly as S3 signs it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};

/// Everything but `A-Z a-z 0-9 - . _ ~` is encoded.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The slash between segments of a key stays.
const PATH: &AsciiSet = &SEGMENT.remove(b'/');

/// Returns a name or value of a query, encoded.
pub(crate) fn encode_segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// Appends a value of a query, encoded.
pub(crate) fn push_segment(query: &mut String, value: &str) {
    query.extend(utf8_percent_encode(value, SEGMENT));
}

/// Returns a key, encoded once, its slashes kept.
#[cfg(any(feature = "s3-endpoint", test))]
pub(crate) fn encode_path(text: &str) -> String {
    encoded_path(text).to_string()
}

/// Returns what shows a key, encoded once, its slashes kept.
pub(crate) fn encoded_path(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, PATH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_characters_are_encoded_once_in_upper_case() {
        assert_eq!(
            encode_path("a b/ü+&=%#?~-_.png"),
            "a%20b/%C3%BC%2B%26%3D%25%23%3F~-_.png"
        );
        assert_eq!(encode_segment("a/b%20"), "a%2Fb%2520");
        let mut query = "name=".to_owned();
        push_segment(&mut query, "a/b%20");
        assert_eq!(query, "name=a%2Fb%2520");
    }
}
