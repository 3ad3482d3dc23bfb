//! Which bytes a request asks for (RFC 9110 §14).

use std::ops::Range;

use super::{RequestConditions, ServeMethod, conditions};
use crate::object::ObjectInfo;
use crate::options::ByteRange;

/// What of the object is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Selection {
    /// All of it.
    Whole,
    /// These bytes.
    Part(Range<u64>),
    /// Bytes were asked for that it does not have.
    Nothing,
}

/// Ranges are defined for the method GET only, and hold only for the version that `If-Range` names.
pub(super) fn selection(info: &ObjectInfo, request: &RequestConditions<'_>) -> Selection {
    let Some(range) = request.range else {
        return Selection::Whole;
    };
    let is_present = |version| conditions::is_present_version(info, version);
    if request.method != ServeMethod::Get || !request.if_range.is_none_or(is_present) {
        return Selection::Whole;
    }
    select(range, info.size_bytes)
}

/// A value that is malformed in any of its parts counts as if it were not there.
fn select(range: &str, size_bytes: u64) -> Selection {
    let Some(asked) = parse(range) else {
        return Selection::Whole;
    };
    // The last bytes of nothing are nothing, which can be sent, but not named by Content-Range.
    if size_bytes == 0 && asked.iter().any(|range| is_suffix(*range)) {
        return Selection::Whole;
    }
    let mut found = asked
        .into_iter()
        .filter_map(|range| range.within(size_bytes));
    match (found.next(), found.next()) {
        (None, _) => Selection::Nothing,
        (Some(part), None) => Selection::Part(part),
        // Several parts would need a body of several types; sending all of it is allowed and plain.
        (Some(_), Some(_)) => Selection::Whole,
    }
}

fn is_suffix(range: ByteRange) -> bool {
    matches!(range, ByteRange::Last(1..))
}

fn parse(range: &str) -> Option<Vec<ByteRange>> {
    let (unit, set) = range.trim().split_once('=')?;
    if !unit.eq_ignore_ascii_case("bytes") {
        return None;
    }
    let parts = set
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    let parts: Option<Vec<_>> = parts.map(parse_one).collect();
    parts.filter(|parts| !parts.is_empty())
}

fn parse_one(part: &str) -> Option<ByteRange> {
    let (first, last) = part.split_once('-')?;
    match (first, last) {
        ("", last) => Some(ByteRange::Last(number(last)?)),
        (first, "") => Some(ByteRange::From(number(first)?)),
        (first, last) => {
            let (start, last) = (number(first)?, number(last)?);
            (start <= last).then_some(ByteRange::Bounded {
                start,
                end: last.saturating_add(1),
            })
        }
    }
}

/// Digits only; a number that is too large to hold is larger than any object.
fn number(digits: &str) -> Option<u64> {
    let lawful = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    lawful.then(|| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranges_are_read_as_the_rfc_says() {
        use Selection::{Nothing, Part, Whole};
        for (range, expected) in [
            ("bytes=0-499", Part(0..500)),
            ("BYTES=500-999", Part(500..1000)),
            ("bytes=9500-", Part(9500..10_000)),
            ("bytes=-500", Part(9500..10_000)),
            ("bytes=-20000", Part(0..10_000)),
            ("bytes=0-", Part(0..10_000)),
            ("bytes=9999-99999999999999999999999", Part(9999..10_000)),
            ("bytes=0-0,", Part(0..1)),
            ("bytes=0-0, 10000-", Part(0..1)),
            ("bytes=0-0,-1", Whole),
            ("bytes=10000-", Nothing),
            ("bytes=99999999999999999999999-", Nothing),
            ("bytes=-0", Nothing),
            ("bytes=10000-10001, -0", Nothing),
            ("bytes=5-4", Whole),
            ("bytes=+5-9", Whole),
            ("bytes=0x5-9", Whole),
            ("bytes=0-1,x", Whole),
            ("bytes=", Whole),
            ("bytes=-", Whole),
            ("bytes", Whole),
            ("pages=0-1", Whole),
            ("", Whole),
        ] {
            assert_eq!(select(range, 10_000), expected, "{range:?}");
        }
    }

    #[test]
    fn nothing_has_no_first_byte_and_can_be_sent_whole() {
        assert_eq!(select("bytes=0-", 0), Selection::Nothing);
        assert_eq!(select("bytes=-5", 0), Selection::Whole);
        assert_eq!(select("bytes=-0", 0), Selection::Nothing);
    }

    proptest! {
        #[test]
        fn a_part_lies_within_the_object(range in "(bytes=)?[0-9, -]{0,12}", size in 0_u64..200) {
            if let Selection::Part(part) = select(&range, size) {
                prop_assert!(part.start < part.end && part.end <= size);
            }
        }
    }
}
