//! The many shapes of a column that was to hold a list of links.

use serde_json::Value;

use super::python;

/// The longest column, in bytes.
const MAX_BYTES: usize = 256 * 1024;

/// The most links of one column; numbers of pictures end there.
const MAX_LINKS: usize = 99;

/// How often a text may hold the encoding of another one.
const MAX_DEPTH: usize = 3;

/// The links of a column `result_urls`, in their order; an empty one is a picture that never was.
///
/// These shapes are read:
/// - nothing: an empty text, `null`, `None`, `[]`, `{}`
/// - a JSON array of links; of objects with a `url`; with `null` among them
/// - an object with `url`, `image_url`, or a list under `urls` or `images`
/// - any of these encoded once more as a JSON string, up to three times
/// - what Python prints for a list or a dictionary, with single quotes
/// - what PostgreSQL prints for an array: `{a,"b"}`
/// - one bare link or key; several bare links with commas between
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LegacyUrls(Vec<String>);

/// The column has a shape that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the links are in a form that is not known")]
pub struct UnreadableUrls;

impl LegacyUrls {
    /// Returns the links in the text of a column.
    ///
    /// # Errors
    ///
    /// [`UnreadableUrls`] for another shape, more than 256 KiB or more than 99 links; nothing is guessed.
    pub fn read(column: &str) -> Result<Self, UnreadableUrls> {
        if column.len() > MAX_BYTES {
            return Err(UnreadableUrls);
        }
        let mut links = Vec::new();
        read_text(column, 0, &mut links)?;
        if links.len() > MAX_LINKS {
            return Err(UnreadableUrls);
        }
        Ok(Self(links))
    }

    /// Returns the links in their order; the number of a picture is its place, from 1.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.0.iter().map(String::as_str)
    }

    /// Returns how many places there are, empty ones too.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Tells whether there is no link at all.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(String::is_empty)
    }
}

fn read_text(text: &str, depth: usize, links: &mut Vec<String>) -> Result<(), UnreadableUrls> {
    let text = text.trim();
    match text.bytes().next() {
        None => Ok(()),
        _ if matches!(text, "null" | "None" | "[]" | "{}") => Ok(()),
        Some(b'[' | b'{' | b'"' | b'\'' | b'(') if depth < MAX_DEPTH => {
            if let Ok(value) = serde_json::from_str(text) {
                return read_value(&value, depth + 1, links);
            }
            if let Some(links_of_array) = postgres_array(text) {
                links.extend(links_of_array);
                return Ok(());
            }
            let json = python::to_json(text).ok_or(UnreadableUrls)?;
            let value = serde_json::from_str(&json).map_err(|_| UnreadableUrls)?;
            read_value(&value, depth + 1, links)
        }
        Some(b'[' | b'{' | b'"' | b'\'' | b'(') => Err(UnreadableUrls),
        Some(_) => {
            links.extend(bare(text)?);
            Ok(())
        }
    }
}

fn read_value(value: &Value, depth: usize, links: &mut Vec<String>) -> Result<(), UnreadableUrls> {
    match value {
        Value::Null => Ok(()),
        Value::String(text) => read_text(text, depth, links),
        Value::Array(items) => items.iter().try_for_each(|item| read_item(item, links)),
        Value::Object(_) => {
            let list = ["urls", "images"].iter().find_map(|name| value.get(name));
            match list {
                Some(list) => read_value(list, depth, links),
                None => read_item(value, links),
            }
        }
        Value::Bool(_) | Value::Number(_) => Err(UnreadableUrls),
    }
}

/// Reads one place of a list.
fn read_item(item: &Value, links: &mut Vec<String>) -> Result<(), UnreadableUrls> {
    let link = match item {
        Value::Null => "",
        Value::String(text) => text.trim(),
        Value::Object(fields) => {
            let named = ["url", "image_url"]
                .iter()
                .find_map(|name| fields.get(*name));
            match named {
                Some(Value::String(text)) => text.trim(),
                Some(Value::Null) => "",
                _ => return Err(UnreadableUrls),
            }
        }
        _ => return Err(UnreadableUrls),
    };
    if link.starts_with(['[', '{', '"', '\'']) {
        return Err(UnreadableUrls);
    }
    links.push(link.to_owned());
    Ok(())
}

/// Reads a bare text: one link or key, or several links with commas between, which a link may hold as well.
fn bare(text: &str) -> Result<Vec<String>, UnreadableUrls> {
    let pieces: Vec<_> = text.split(',').map(str::trim).collect();
    if pieces.len() > 1 && pieces.iter().all(|piece| is_link(piece)) {
        return Ok(pieces.into_iter().map(str::to_owned).collect());
    }
    if text.contains(char::is_whitespace) {
        return Err(UnreadableUrls);
    }
    Ok(vec![text.to_owned()])
}

/// Reads what PostgreSQL prints for an array of texts, as far as links need it: quoted or not, `NULL` for none.
fn postgres_array(text: &str) -> Option<Vec<String>> {
    let inside = text.strip_prefix('{')?.strip_suffix('}')?;
    let item = |piece: &str| {
        let piece = piece.trim();
        let quoted = piece
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        match quoted.unwrap_or(piece) {
            "NULL" if quoted.is_none() => Some(String::new()),
            link if is_link(link) && !link.contains(['"', '\\']) => Some(link.to_owned()),
            _ => None,
        }
    };
    inside.split(',').map(item).collect()
}

fn is_link(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "http://minio:9000/photos/2025/01/02/a_01.jpg?X-Amz-Signature=abc";
    const B: &str = "https://v3.fal.media/files/b/1,2.png";

    fn read(text: &str) -> Vec<String> {
        let urls = LegacyUrls::read(text).unwrap_or_else(|_| panic!("{text}"));
        urls.iter().map(str::to_owned).collect()
    }

    #[test]
    fn every_known_shape_gives_its_links_in_order() {
        let json = format!(r#"["{A}","{B}"]"#);
        let once_more = serde_json::to_string(&json).unwrap();
        let twice_more = serde_json::to_string(&once_more).unwrap();
        for text in [
            json.clone(),
            format!("  {json}\n"),
            once_more,
            twice_more,
            format!(r#"[{{"url":"{A}","width":1}},{{"image_url":"{B}"}}]"#),
            format!(r#"{{"urls":["{A}","{B}"]}}"#),
            format!(r#"{{"images":[{{"url":"{A}"}},{{"url":"{B}"}}],"seed":7}}"#),
            format!("['{A}', '{B}']"),
            format!("('{A}', \"{B}\")"),
            format!("[{{'url': '{A}', 'ok': True}}, {{'url': '{B}', 'seed': None}}]"),
        ] {
            assert_eq!(read(&text), [A, B], "{text}");
        }
        for text in [
            A.to_owned(),
            format!("\"{A}\""),
            format!("'{A}'"),
            format!(r#"{{"url":"{A}"}}"#),
            format!("{{'url': '{A}'}}"),
            format!("{{{A}}}"),
            format!("{{\"{A}\"}}"),
        ] {
            assert_eq!(read(&text), [A], "{text}");
        }
        assert_eq!(read(&format!("{A}, {A}")), [A, A]);
        assert_eq!(read(&format!("{{{A},NULL,\"{A}\"}}")), [A, "", A]);
        assert_eq!(read(B), [B], "a comma within a link parts nothing");
    }

    #[test]
    fn nothing_is_nothing_and_a_gap_keeps_its_place() {
        for text in [
            "", "  ", "null", "None", "[]", "{}", "\"\"", "\"[]\"", "\"null\"",
        ] {
            assert!(LegacyUrls::read(text).unwrap().is_empty(), "{text:?}");
            assert_eq!(LegacyUrls::read(text).unwrap().len(), 0, "{text:?}");
        }
        assert_eq!(read(&format!(r#"[null,"{A}",""]"#)), ["", A, ""]);
        assert_eq!(read(&format!("[None, '{A}']")), ["", A]);
    }

    #[test]
    fn another_shape_is_told_and_not_guessed() {
        let many = format!("[{}]", vec!["\"http://a/b\""; 100].join(","));
        for text in [
            "[1,2]",
            "[[\"http://a/b\"]]",
            "[\"http://a/b\"",
            "['http://a/b",
            "[b'http://a/b']",
            "{\"link\":\"http://a/b\"}",
            "{a,b}",
            "two words",
            "[f('http://a/b')]",
            "\"\\\"\\\\\\\"[]\\\\\\\"\\\"\"garbage",
            &*many,
            &*"x".repeat(MAX_BYTES + 1),
        ] {
            let outcome = LegacyUrls::read(text);
            assert_eq!(
                outcome,
                Err(UnreadableUrls),
                "{}",
                &text[..text.len().min(60)]
            );
        }
    }
}
