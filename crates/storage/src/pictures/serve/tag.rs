//! Entity tags (RFC 9110 §8.8.3).

/// How two tags are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    /// A weak tag equals none.
    Strong,
    /// Whether a tag is weak does not matter.
    Weak,
}

/// Returns the tag as a header has it, or `None` for a text that can be none.
///
/// The tag came from a server, and a quote or a line break in it would start another header.
pub(super) fn quoted(etag: &str) -> Option<String> {
    let lawful = !etag.is_empty() && etag.bytes().all(is_tag_byte);
    lawful.then(|| format!("\"{etag}\""))
}

/// Tells whether `list` is `*` or holds the tag of the object; our own tags are all strong.
///
/// `*` names any version of an object that is there. From the first thing that is no tag on, the rest of
/// the list counts for nothing.
pub(super) fn any_is(list: &str, etag: Option<&str>, comparison: Comparison) -> bool {
    if list.trim() == "*" {
        return true;
    }
    let mut rest = list.trim_start_matches([' ', '\t', ',']);
    while let Some((tag, is_weak, after)) = first(rest) {
        if etag == Some(tag) && !(is_weak && comparison == Comparison::Strong) {
            return true;
        }
        let after = after.trim_start_matches([' ', '\t']);
        if !after.is_empty() && !after.starts_with(',') {
            return false;
        }
        rest = after.trim_start_matches([' ', '\t', ',']);
    }
    false
}

/// Tells whether `text` is the one strong tag `etag`.
pub(super) fn is_one(text: &str, etag: Option<&str>) -> bool {
    match first(text.trim()) {
        Some((tag, false, "")) => etag == Some(tag),
        _ => false,
    }
}

/// Returns the tag at the start of `text` without quotes, whether it is weak, and the text after it.
fn first(text: &str) -> Option<(&str, bool, &str)> {
    let strong = text.strip_prefix("W/");
    let (tag, after) = strong.unwrap_or(text).strip_prefix('"')?.split_once('"')?;
    let lawful = tag.bytes().all(is_tag_byte);
    lawful.then_some((tag, strong.is_some(), after))
}

fn is_tag_byte(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x7e)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_searched_tag_by_tag() {
        for (list, weak, strong) in [
            ("*", true, true),
            ("\"a\"", true, true),
            ("W/\"a\"", true, false),
            ("\"b\", W/\"c\" ,\"a\"", true, true),
            (",, \"b\",,\"a\",", true, true),
            ("\"b,a\"", false, false),
            ("a", false, false),
            ("\"b\" \"a\"", false, false),
            ("\"a", false, false),
            ("w/\"a\"", false, false),
            ("", false, false),
        ] {
            assert_eq!(any_is(list, Some("a"), Comparison::Weak), weak, "{list}");
            let seen = any_is(list, Some("a"), Comparison::Strong);
            assert_eq!(seen, strong, "{list}");
        }
        assert!(!any_is("\"a\"", None, Comparison::Weak));
    }

    #[test]
    fn a_tag_that_would_break_out_of_its_header_is_none() {
        assert_eq!(quoted("abc-1").as_deref(), Some("\"abc-1\""));
        for etag in ["", "a\"b", "a\r\nset-cookie: x", "a b", "ü"] {
            assert_eq!(quoted(etag), None, "{etag:?}");
        }
    }
}
