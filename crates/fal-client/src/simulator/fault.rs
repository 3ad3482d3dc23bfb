//! What can be made to go wrong, and when.

use std::time::Duration;

/// A step of a request at which a fault can strike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Step {
    /// The `POST` that submits.
    Submit,
    /// The first `GET` of the status.
    Status,
    /// The first `GET` of the result.
    Result,
}

/// Something that goes wrong with one request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The model refuses the prompt: 422 `content_policy_violation`, with the whole input echoed.
    RefusePrompt,
    /// The model made nothing: 422 `no_media_generated`.
    NoMediaGenerated,
    /// The runner takes this much longer.
    Slow(Duration),
    /// The connection ends without an answer, and nothing was accepted.
    DropBeforeAccept,
    /// The connection ends without an answer, although the request was accepted and will run.
    DropAfterAccept,
    /// 429 with `Retry-After`; nothing was accepted.
    TooManyRequests {
        /// The wait asked for, in whole seconds.
        retry_after: Duration,
    },
    /// An HTML page of nginx without `x-fal-request-id`, once; at [`Step::Submit`] nothing was accepted.
    Ingress {
        /// The HTTP status, 500 to 599; any other is sent as 503.
        status: u16,
        /// Where it strikes.
        at: Step,
    },
    /// The first `GET` of the result answers 504, although the job has completed.
    ResultTimesOut,
    /// The job completes with `error` and `error_type` in its status, as FAL reports runners that died.
    CompletesWithError {
        /// The text of `error`.
        error: String,
        /// The name in `error_type`, such as `runner_disconnected`.
        error_type: String,
    },
    /// Only this many of the pictures asked for come back.
    FewerImages(u32),
    /// A cancel is accepted while the job runs, but the job completes all the same.
    IgnoresCancel,
    /// The links of the pictures answer 404.
    MediaMissing,
    /// The connection ends half way through each picture, against its `Content-Length`.
    MediaTruncated,
    /// The links answer an HTML page that is called `image/png`.
    MediaWrongType,
    /// The answer is cut off inside the JSON, once; at [`Step::Submit`] the request was accepted.
    GarbageJson {
        /// Where it strikes.
        at: Step,
    },
}

/// Says which submits a fault strikes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum When {
    Next,
    Nth(u64),
    PromptContains(String),
}

/// A fault and the submits it strikes; of several rules that fit, the first added counts.
///
/// # Examples
///
/// ```
/// use fal_client::simulator::{Fault, Rule};
///
/// let script = [
///     Rule::nth_submit(2, Fault::RefusePrompt),
///     Rule::prompt_contains("fog", Fault::MediaMissing),
/// ];
/// # let _ = script;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    when: When,
    fault: Fault,
}

impl Rule {
    /// Strikes the next submit that no earlier rule strikes, once.
    pub fn next_submit(fault: Fault) -> Self {
        Self {
            when: When::Next,
            fault,
        }
    }

    /// Strikes one submit, counted from 1 since the start.
    ///
    /// Submits without the right key, a known model and a body of JSON do not count.
    pub fn nth_submit(number: u64, fault: Fault) -> Self {
        Self {
            when: When::Nth(number),
            fault,
        }
    }

    /// Strikes each submit whose prompt contains the text, whatever its case.
    pub fn prompt_contains(text: &str, fault: Fault) -> Self {
        Self {
            when: When::PromptContains(text.to_lowercase()),
            fault,
        }
    }

    fn fits(&self, number: u64, prompt: &str) -> bool {
        match &self.when {
            When::Next => true,
            When::Nth(nth) => *nth == number,
            When::PromptContains(text) => prompt.to_lowercase().contains(text),
        }
    }
}

/// Takes the fault for a submit out of the rules; rules that strike once are used up.
pub(super) fn take(rules: &mut Vec<Rule>, number: u64, prompt: &str) -> Option<Fault> {
    let place = rules.iter().position(|rule| rule.fits(number, prompt))?;
    if matches!(rules[place].when, When::PromptContains(_)) {
        return Some(rules[place].fault.clone());
    }
    Some(rules.remove(place).fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rule_that_fits_counts_and_single_rules_are_used_up() {
        let mut rules = vec![
            Rule::nth_submit(2, Fault::RefusePrompt),
            Rule::next_submit(Fault::DropBeforeAccept),
            Rule::prompt_contains("Fog", Fault::MediaMissing),
        ];
        assert_eq!(take(&mut rules, 1, "fog"), Some(Fault::DropBeforeAccept));
        assert_eq!(take(&mut rules, 2, "fog"), Some(Fault::RefusePrompt));
        assert_eq!(
            take(&mut rules, 3, "a FOGGY day"),
            Some(Fault::MediaMissing)
        );
        assert_eq!(take(&mut rules, 4, "fog"), Some(Fault::MediaMissing));
        assert_eq!(take(&mut rules, 5, "sun"), None);
    }
}
