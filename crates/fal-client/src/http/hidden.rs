//! The key in what comes back: whoever answers may quote it, and nobody is to see it.

use std::sync::Arc;

use core_config::Secret;

use crate::{FalKey, JobStatus, LogLine};

/// What stands in place of what is cut out.
pub(super) const CUT: &str = "[…]";

/// The shortest half of a key that is looked for by itself, in bytes.
///
/// FAL's halves have 32 and more; a shorter one may be a word that texts have anyway.
const SHORTEST_HALF: usize = 8;

/// What no text of an answer may show: the key and its halves, in letters of either case.
#[derive(Debug, Clone, Default)]
pub(super) struct Hidden(Arc<[Secret]>);

impl Hidden {
    /// Returns what the texts of answers to this key may not show.
    pub(super) fn of(key: &FalKey) -> Self {
        let whole = key.expose();
        let halves = whole
            .splitn(2, ':')
            .filter(|half| half.len() >= SHORTEST_HALF);
        let parts = std::iter::once(whole).chain(halves);
        Self(parts.map(Secret::new).collect())
    }

    /// Tells whether a text shows any of it.
    pub(super) fn is_in(&self, text: &str) -> bool {
        self.parts().any(|part| place(text, part).is_some())
    }

    /// Returns the text without it.
    pub(super) fn cut_from(&self, text: String) -> String {
        self.parts().fold(text, without)
    }

    /// Returns the status without it: its lines, and why the job failed.
    pub(super) fn cut_from_status(&self, mut status: JobStatus) -> JobStatus {
        match &mut status {
            JobStatus::Queued { .. } => {}
            JobStatus::Running { logs } => self.cut_from_lines(logs),
            JobStatus::Completed { logs, failure } => {
                self.cut_from_lines(logs);
                if let Some(failure) = failure {
                    self.cut_in_place(&mut failure.error);
                    failure
                        .error_type
                        .iter_mut()
                        .for_each(|word| self.cut_in_place(word));
                }
            }
        }
        status
    }

    fn cut_from_lines(&self, lines: &mut [LogLine]) {
        for line in lines {
            self.cut_in_place(&mut line.message);
            let others = [&mut line.timestamp, &mut line.level, &mut line.source];
            others
                .into_iter()
                .flatten()
                .for_each(|text| self.cut_in_place(text));
        }
    }

    fn cut_in_place(&self, text: &mut String) {
        *text = self.cut_from(std::mem::take(text));
    }

    fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(Secret::expose)
    }
}

/// Returns the text without every place where `part` stands.
fn without(text: String, part: &str) -> String {
    let (mut kept, mut rest) = (String::new(), text.as_str());
    while let Some(at) = place(rest, part) {
        kept.push_str(&rest[..at]);
        kept.push_str(CUT);
        rest = &rest[at + part.len()..];
    }
    if kept.is_empty() {
        return text;
    }
    kept + rest
}

/// Returns where `part`, which is ASCII and so cuts no letter in two, begins in the text.
fn place(text: &str, part: &str) -> Option<usize> {
    let mut windows = text.as_bytes().windows(part.len().max(1));
    windows.position(|window| window.eq_ignore_ascii_case(part.as_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::JobFailure;

    fn hidden(key: &str) -> Hidden {
        Hidden::of(&FalKey::new(&Secret::new(key)).unwrap())
    }

    #[test]
    fn the_key_and_its_halves_are_cut_out_in_either_case() {
        let hidden = hidden("11111111-aaaa:00canary00");
        let cut = |text: &str| hidden.cut_from(text.to_owned());
        assert_eq!(cut("Key 11111111-aaaa:00canary00 is bad"), "Key […] is bad");
        assert_eq!(cut("11111111-AAAA%3A00CANARY00"), "[…]%3A[…]");
        assert_eq!(cut("«00canary0000canary00»"), "«[…][…]»");
        assert_eq!(cut("a canary"), "a canary");
        assert!(hidden.is_in("x00Canary00x") && !hidden.is_in("00canary0"));
        assert!(!format!("{hidden:?}").contains("canary"));
    }

    #[test]
    fn a_short_half_is_a_word_and_hidden_only_with_the_other_one() {
        let hidden = hidden("id:word");
        let cut = hidden.cut_from("an invalid word: id:word".to_owned());
        assert_eq!(cut, "an invalid word: […]");
    }

    #[test]
    fn nothing_is_hidden_without_a_key() {
        assert!(!Hidden::default().is_in("text"));
        assert_eq!(Hidden::default().cut_from("text".to_owned()), "text");
    }

    #[test]
    fn a_status_is_cut_in_its_lines_and_its_failure() {
        let hidden = hidden("11111111-aaaa:00canary00");
        let logs = vec![LogLine {
            message: "using 00canary00".to_owned(),
            source: Some("00canary00".to_owned()),
            ..LogLine::default()
        }];
        let failure = JobFailure {
            error: "not 00canary00".to_owned(),
            error_type: Some("00canary00".to_owned()),
        };
        for status in [
            JobStatus::Running { logs: logs.clone() },
            JobStatus::Completed {
                logs,
                failure: Some(failure),
            },
        ] {
            let status = hidden.cut_from_status(status);
            if let JobStatus::Completed {
                failure: Some(failure),
                ..
            } = &status
            {
                assert_eq!(failure.error, "not […]");
            }
            let shown = format!("{status:?}");
            assert!(
                shown.contains("using […]") && !shown.contains("canary"),
                "{shown}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_text_shows_it_once_it_is_cut(
            id in "[!-9;-~]{1,10}", secret in "[!-~]{1,10}", pieces in proptest::collection::vec("\\PC{0,6}", 0..4), whole in any::<bool>(),
        ) {
            let key = format!("{id}:{secret}");
            let text = pieces.join(if whole { &key } else { &secret });
            let hidden = hidden(&key);
            let cut = hidden.cut_from(text);
            prop_assert!(!cut.contains(&key));
            prop_assert!(secret.len() < SHORTEST_HALF || !cut.contains(&secret));
        }
    }
}
