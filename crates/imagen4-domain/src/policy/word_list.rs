//! A policy that refuses words and phrases, by whole words.

use std::collections::BTreeSet;
use std::fmt;

use super::{PolicyRefusal, PromptPolicy};
use crate::Prompt;

/// Refuses prompts that hold one of its words or phrases.
///
/// - Whole words only: with `sex` banned, "Essex" and "unisex" pass.
/// - Letters are compared in lower case by Unicode's rules; a phrase matches its words in a row, whatever
///   stands between them.
/// - Invisible characters and combining accents don't hide a word: they are left out before comparing.
///
/// Look-alike letters of other alphabets are told apart; who needs more puts a policy of their own here.
///
/// # Examples
///
/// ```
/// use imagen4_domain::{PromptPolicy, WordList};
///
/// let policy = WordList::new(["sex"]);
/// assert!(policy.check(&"a map of Essex".parse()?).is_ok());
/// assert!(policy.check(&"SEX, please".parse()?).is_err());
/// # Ok::<(), imagen4_domain::InputError>(())
/// ```
#[derive(Clone, Default)]
pub struct WordList {
    phrases: BTreeSet<Vec<String>>,
    longest: usize,
}

impl WordList {
    /// Returns the policy that refuses these words and phrases; one without a letter or digit is left out.
    pub fn new<T: AsRef<str>>(phrases: impl IntoIterator<Item = T>) -> Self {
        let phrases: BTreeSet<_> = phrases
            .into_iter()
            .map(|phrase| words(phrase.as_ref()))
            .filter(|words| !words.is_empty())
            .collect();
        let longest = phrases.iter().map(Vec::len).max().unwrap_or(0);
        Self { phrases, longest }
    }

    fn holds_a_phrase(&self, words: &[String]) -> bool {
        (1..=self.longest).any(|length| words.windows(length).any(|run| self.phrases.contains(run)))
    }
}

impl PromptPolicy for WordList {
    fn check(&self, prompt: &Prompt) -> Result<(), PolicyRefusal> {
        if self.holds_a_phrase(&words(prompt.as_str())) {
            return Err(PolicyRefusal::new(
                "the prompt holds a word that is not allowed here",
            ));
        }
        Ok(())
    }
}

impl fmt::Debug for WordList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WordList({} phrases)", self.phrases.len())
    }
}

fn words(text: &str) -> Vec<String> {
    let folded: String = text
        .chars()
        .filter(|&c| !is_ignored(c))
        .flat_map(char::to_lowercase)
        .filter(|&c| !is_ignored(c))
        .collect();
    folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Tells whether a character is a combining accent, a soft hyphen or without width.
fn is_ignored(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(policy: &WordList, text: &str) -> bool {
        policy.check(&text.parse().unwrap()).is_ok()
    }

    #[test]
    fn words_inside_other_words_pass() {
        let policy = WordList::new(["sex", "секс", "ass"]);
        for text in [
            "Essex",
            "unisex",
            "Эссекс",
            "sextant",
            "a class of grass",
            "assassin",
        ] {
            assert!(passes(&policy, text), "{text}");
        }
    }

    #[test]
    fn whole_words_are_refused_in_any_dress() {
        let policy = WordList::new(["sex", "секс", "straße"]);
        for text in [
            "sex",
            "SEX!",
            "no-sex-please",
            "про СЕКС",
            "s\u{200b}ex",
            "se\u{301}x",
            "STRASSE straße",
        ] {
            assert!(!passes(&policy, text), "{text:?}");
        }
    }

    #[test]
    fn phrases_match_their_words_in_a_row() {
        let policy = WordList::new(["red  Square", "", "--"]);
        assert!(!passes(&policy, "on the Red, square!"));
        assert!(passes(&policy, "a square red thing"));
        assert!(passes(&policy, "red and square"));
    }

    #[test]
    fn the_refusal_and_debug_quote_nothing() {
        let policy = WordList::new(["canary"]);
        let refusal = policy.check(&"a canary".parse().unwrap()).unwrap_err();
        assert!(!format!("{refusal} {policy:?}").contains("canary"));
    }
}
