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
