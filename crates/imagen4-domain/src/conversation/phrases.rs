//! What the conversation says: one table, each line in every language.

mod table;

use super::language::Language;
use super::text::{Style, Text};

pub(super) use table::Phrase;

/// What stands for the parts of a phrase.
pub(super) type Parts<'a> = &'a [(&'a str, &'a str)];

impl Phrase {
    /// Returns the phrase in `language` as a formatted text.
    pub(super) fn text(self, language: Language, parts: Parts<'_>) -> Text {
        fill(self.template(language), parts)
    }

    /// Returns the phrase without formatting: for buttons and notices.
    pub(super) fn plain(self, language: Language, parts: Parts<'_>) -> String {
        self.text(language, parts).to_plain()
    }
}

/// Puts `parts` where `{name}` stands in `template`, and sets what stands between two asterisks in bold.
///
/// What is put in is taken as it is: only the table has markup.
fn fill(template: &str, parts: Parts<'_>) -> Text {
    let mut text = Text::default();
    for (place, piece) in template.split('*').enumerate() {
        let style = if place % 2 == 1 {
            Style::Bold
        } else {
            Style::Plain
        };
        for (place, piece) in piece.split(['{', '}']).enumerate() {
            let value = parts
                .iter()
                .find(|(name, _)| place % 2 == 1 && *name == piece);
            text.push(value.map_or(piece, |(_, value)| value), style);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use super::*;

    /// Returns the names of the parts, and how many asterisks there are.
    fn shape(template: &str) -> (BTreeSet<&str>, usize) {
        let names = template.split(['{', '}']).skip(1).step_by(2).collect();
        (names, template.matches('*').count())
    }

    #[test]
    fn every_phrase_is_the_same_in_every_language() {
        for phrase in Phrase::ALL {
            let english = phrase.template(Language::English);
            let russian = phrase.template(Language::Russian);
            assert_eq!(shape(english), shape(russian), "{phrase:?}");
            assert_eq!(shape(english).1 % 2, 0, "{phrase:?}");
            let is_cyrillic = |text: &str| text.chars().any(|c| ('а'..='я').contains(&c));
            assert!(is_cyrillic(russian) && !is_cyrillic(english), "{phrase:?}");
        }
    }

    /// Returns the code of each file below `folder`, without comments and without the tests at its end.
    fn code_below(folder: &Path) -> Vec<(PathBuf, String)> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(code_below(&path));
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text
                .split("#[cfg(test)]\nmod tests")
                .next()
                .unwrap_or_default();
            let lines = code
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            found.push((path, lines.collect::<Vec<_>>().join("\n")));
        }
        found
    }

    #[test]
    fn no_text_stands_outside_the_table() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let bot = root.join("../../examples/telegram_bot/src");
        let mut files = code_below(&root.join("src/conversation"));
        files.extend(code_below(&bot));
        let is_apart = |path: &Path| path.ends_with("table.rs") || path.ends_with("tests.rs");
        files.retain(|(path, _)| !is_apart(path));
        assert!(files.len() > 30, "{}", files.len());
        for (path, code) in files {
            let is_cyrillic = |c: char| ('а'..='я').contains(&c) || ('А'..='Я').contains(&c);
            let place = path.display();
            assert!(!code.contains(is_cyrillic), "{place}");
            for maker in [
                "Text::new(\"",
                "Card::text(\"",
                "Toast { text: \"",
                "with_row([(\"",
            ] {
                assert!(!code.contains(maker), "{place}: {maker}");
            }
        }
    }

    #[test]
    fn what_is_put_in_has_no_markup() {
        let text = fill("*{name}*: {name}, {other}", &[("name", "*{other}*<b>")]);
        assert_eq!(text.to_plain(), "*{other}*<b>: *{other}*<b>, other");
        assert_eq!(text.spans()[0].style, Style::Bold);
        assert_eq!(text.spans().len(), 2);
    }

    #[test]
    fn no_phrase_is_longer_than_a_notice_or_a_caption() {
        for phrase in Phrase::ALL {
            for language in Language::ALL {
                let length = phrase.template(language).encode_utf16().count();
                let most = if phrase.is_notice() { 200 } else { 500 };
                assert!(length <= most, "{phrase:?} has {length}");
            }
        }
    }
}
