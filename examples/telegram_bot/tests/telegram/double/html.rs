//! Text with markup, read as Telegram reads parse mode HTML.
//!
//! Source: <https://core.telegram.org/bots/api#html-style>, and `TDLib` where that page is silent: an ampersand that
//! begins no entity stands for itself, the semicolon may be missing, attributes that mean nothing are passed over.

/// What a message says once the markup is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Formatted {
    pub(crate) text: String,
    pub(crate) entities: Vec<Entity>,
}

/// A stretch of the text with a meaning; offset and length in UTF-16 code units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entity {
    pub(crate) kind: &'static str,
    pub(crate) offset: usize,
    pub(crate) length: usize,
}

impl Formatted {
    /// Returns text without markup.
    pub(crate) fn plain(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            entities: Vec::new(),
        }
    }

    /// Returns the length as Telegram counts.
    pub(crate) fn units(&self) -> usize {
        self.text.encode_utf16().count()
    }
}

struct Open {
    tag: String,
    kind: &'static str,
    offset: usize,
}

#[derive(Default)]
struct Reader<'a> {
    html: &'a str,
    at: usize,
    read: Formatted,
    units: usize,
    open: Vec<Open>,
}

/// Reads `html`.
///
/// # Errors
///
/// The words of Telegram, without its "can't parse entities".
pub(crate) fn read(html: &str) -> Result<Formatted, String> {
    let mut reader = Reader {
        html,
        ..Reader::default()
    };
    while let Some(next) = reader.rest().chars().next() {
        match next {
            '&' => reader.reference(),
            '<' if reader.rest().starts_with("</") => reader.close_tag()?,
            '<' => reader.open_tag()?,
            other => {
                reader.at += other.len_utf8();
                reader.push(other);
            }
        }
    }
    match reader.open.pop() {
        Some(open) => Err(format!(
            "Can't find end tag corresponding to start tag \"{}\"",
            open.tag
        )),
        None => Ok(reader.finish()),
    }
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.html[self.at..]
    }

    fn push(&mut self, c: char) {
        self.units += c.len_utf16();
        self.read.text.push(c);
    }

    fn finish(mut self) -> Formatted {
        let order = |entity: &Entity| (entity.offset, usize::MAX - entity.length);
        self.read.entities.sort_by_key(order);
        self.read
    }

    /// Reads what begins with an ampersand; it stands for itself when it names nothing.
    fn reference(&mut self) {
        let (c, length) = decode(self.rest()).unwrap_or(('&', 1));
        self.at += length;
        self.push(c);
    }

    fn open_tag(&mut self) -> Result<(), String> {
        let begin = self.at;
        let inside = &self.rest()[1..];
        let unclosed = || format!("Unclosed start tag at byte offset {begin}");
        let end = end_of_tag(inside).ok_or_else(unclosed)?;
        let inside = &inside[..end];
        let (name, attributes) = inside
            .split_once(|c: char| c.is_ascii_whitespace())
            .unwrap_or((inside, ""));
        let tag = name.to_ascii_lowercase();
        let kind = kind_of(&tag, attributes)
            .ok_or_else(|| format!("Unsupported start tag \"{tag}\" at byte offset {begin}"))?;
        if tag == "span" && !attributes.contains("tg-spoiler") {
            return Err(format!(
                "Tag \"span\" must have class \"tg-spoiler\" at byte offset {begin}"
            ));
        }
        self.at += end + 2;
        let offset = self.units;
        self.open.push(Open { tag, kind, offset });
        Ok(())
    }

    fn close_tag(&mut self) -> Result<(), String> {
        let begin = self.at;
        let Some(open) = self.open.pop() else {
            return Err(format!("Unexpected end tag at byte offset {begin}"));
        };
        let inside = &self.rest()[2..];
        let unclosed = || format!("Unclosed end tag at byte offset {begin}");
        let end = inside.find('>').ok_or_else(unclosed)?;
        let found = inside[..end].trim_end().to_ascii_lowercase();
        if !found.is_empty() && found != open.tag {
            return Err(format!(
                "Unmatched end tag at byte offset {begin}, expected \"</{}>\", found \"</{found}>\"",
                open.tag
            ));
        }
        self.at += end + 3;
        if self.units > open.offset {
            self.read.entities.push(Entity {
                kind: open.kind,
                offset: open.offset,
                length: self.units - open.offset,
            });
        }
        Ok(())
    }
}

/// Returns where the tag ends; a `>` within quotes does not end it.
fn end_of_tag(inside: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in inside.char_indices() {
        match (quote, c) {
            (None, '>') => return Some(at),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
    }
    None
}

fn kind_of(tag: &str, attributes: &str) -> Option<&'static str> {
    Some(match tag {
        "a" => "text_link",
        "b" | "strong" => "bold",
        "i" | "em" => "italic",
        "s" | "strike" | "del" => "strikethrough",
        "u" | "ins" => "underline",
        "tg-spoiler" | "span" => "spoiler",
        "tg-emoji" => "custom_emoji",
        "pre" => "pre",
        "code" => "code",
        "blockquote" if attributes.contains("expandable") => "expandable_blockquote",
        "blockquote" => "blockquote",
        _ => return None,
    })
}

/// Returns the character that a reference at the start of `text` stands for, and how long the reference is.
fn decode(text: &str) -> Option<(char, usize)> {
    let body = text.strip_prefix('&')?;
    let (c, length) = if let Some(number) = body.strip_prefix('#') {
        let (c, length) = decode_number(number)?;
        (c, length + 1)
    } else {
        decode_name(body)?
    };
    let semicolon = usize::from(body[length..].starts_with(';'));
    Some((c, 1 + length + semicolon))
}

fn decode_name(text: &str) -> Option<(char, usize)> {
    let end = text
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let c = match &text[..end] {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        _ => return None,
    };
    Some((c, end))
}

fn decode_number(text: &str) -> Option<(char, usize)> {
    let (digits, radix, before) = match text.strip_prefix('x') {
        Some(digits) => (digits, 16, 1),
        None => (text, 10, 0),
    };
    let end = digits
        .find(|c: char| !c.is_digit(radix))
        .unwrap_or(digits.len());
    let code = u32::from_str_radix(&digits[..end], radix).ok()?;
    let c = char::from_u32(code).filter(|c| *c != '\0')?;
    Some((c, before + end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_entities_and_references_characters() {
        let read = read("🦊 <b>a &lt;<i>b</i>&amp;</b> &#x43A;&#1086;т &unknown; 3 > 2").unwrap();
        assert_eq!(read.text, "🦊 a <b& кот &unknown; 3 > 2");
        let found: Vec<_> = read
            .entities
            .iter()
            .map(|entity| (entity.kind, entity.offset, entity.length))
            .collect();
        assert_eq!(found, [("bold", 3, 5), ("italic", 6, 1)]);
    }

    #[test]
    fn what_telegram_refuses_is_refused_in_its_words() {
        for (html, words) in [
            ("a < b", "Unclosed start tag at byte offset 2"),
            ("<p>a</p>", "Unsupported start tag \"p\" at byte offset 0"),
            (
                "<b>a",
                "Can't find end tag corresponding to start tag \"b\"",
            ),
            ("a</b>", "Unexpected end tag at byte offset 1"),
            (
                "<b><i>a</b></i>",
                "Unmatched end tag at byte offset 7, expected \"</i>\", found \"</b>\"",
            ),
            ("<b>a</b", "Unclosed end tag at byte offset 4"),
            (
                "<span>a</span>",
                "Tag \"span\" must have class \"tg-spoiler\" at byte offset 0",
            ),
        ] {
            assert_eq!(read(html).unwrap_err(), words, "{html}");
        }
    }

    #[test]
    fn a_link_may_hold_what_would_end_a_tag() {
        let read = read("<a href=\"https://a.example/?x=1>0\">there</a>").unwrap();
        assert_eq!(read.text, "there");
        assert_eq!(read.entities[0].kind, "text_link");
    }
}
