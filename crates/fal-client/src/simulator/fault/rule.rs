//! Which submits a fault strikes, and scripts as data.

use serde::{Deserialize, Serialize};

use super::Fault;

/// Says which submits a fault strikes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum When {
    NextSubmit,
    NthSubmit(u64),
    EachSubmit,
    PromptContains(String),
}

/// A fault and the submits it strikes; of several rules that fit, the first added counts.
///
/// Direct runs count as submits.
/// As data a rule is an object: `{"when": "next_submit", "fault": "locked"}`; `when` is `"next_submit"`,
/// `{"nth_submit": 3}`, `"each_submit"` or `{"prompt_contains": "fog"}`.
///
/// # Examples
///
/// ```
/// use fal_client::simulator::{Fault, Rule, script_from_json};
///
/// let script = [
///     Rule::nth_submit(2, Fault::RefusePrompt),
///     Rule::prompt_contains("fog", Fault::MediaMissing),
/// ];
/// let text = r#"[
///     {"when": {"nth_submit": 2}, "fault": "refuse_prompt"},
///     {"when": {"prompt_contains": "fog"}, "fault": "media_missing"}
/// ]"#;
/// assert_eq!(script_from_json(text)?, script);
/// # Ok::<(), fal_client::simulator::ScriptError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    when: When,
    fault: Fault,
}

impl Rule {
    /// Strikes the next submit that no earlier rule strikes, once.
    pub fn next_submit(fault: Fault) -> Self {
        Self {
            when: When::NextSubmit,
            fault,
        }
    }

    /// Strikes one submit, counted from 1 since the start.
    ///
    /// Submits without the right key, a known model and a body of JSON do not count.
    pub fn nth_submit(number: u64, fault: Fault) -> Self {
        Self {
            when: When::NthSubmit(number),
            fault,
        }
    }

    /// Strikes every submit.
    pub fn each_submit(fault: Fault) -> Self {
        Self {
            when: When::EachSubmit,
            fault,
        }
    }

    /// Strikes each submit whose prompt contains the text, whatever its case.
    pub fn prompt_contains(text: &str, fault: Fault) -> Self {
        Self {
            when: When::PromptContains(text.to_owned()),
            fault,
        }
    }

    fn fits(&self, number: u64, prompt: &str) -> bool {
        match &self.when {
            When::NextSubmit | When::EachSubmit => true,
            When::NthSubmit(nth) => *nth == number,
            When::PromptContains(text) => prompt.to_lowercase().contains(&text.to_lowercase()),
        }
    }

    fn strikes_once(&self) -> bool {
        matches!(self.when, When::NextSubmit | When::NthSubmit(_))
    }
}

/// Why a text is no script.
///
/// `Display` names the place and what is wrong there.
#[derive(Debug, thiserror::Error)]
#[error("no script of faults: {0}")]
pub struct ScriptError(serde_json::Error);

/// Reads a script: a JSON array of [`Rule`]s.
///
/// # Errors
///
/// [`ScriptError`] for a text that is no JSON, and for a name that no fault and no field has.
pub fn script_from_json(text: &str) -> Result<Vec<Rule>, ScriptError> {
    serde_json::from_str(text).map_err(ScriptError)
}

/// Takes the fault for a submit out of the rules; rules that strike once are used up.
pub(in super::super) fn take(rules: &mut Vec<Rule>, number: u64, prompt: &str) -> Option<Fault> {
    let place = rules.iter().position(|rule| rule.fits(number, prompt))?;
    if rules[place].strikes_once() {
        return Some(rules.remove(place).fault);
    }
    Some(rules[place].fault.clone())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::simulator::Step;

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
        rules.push(Rule::each_submit(Fault::Locked));
        assert_eq!(take(&mut rules, 6, "sun"), Some(Fault::Locked));
        assert_eq!(take(&mut rules, 7, "sun"), Some(Fault::Locked));
    }

    #[test]
    fn a_script_is_read_as_it_is_written() {
        let script = vec![
            Rule::nth_submit(1, Fault::Slow(Duration::from_millis(1500))),
            Rule::next_submit(Fault::Ingress {
                status: 503,
                at: Step::Result,
            }),
            Rule::each_submit(Fault::FewerImages(2)),
            Rule::prompt_contains("fog", Fault::WebhookTwice),
            Rule::each_submit(Fault::MediaExpires(Duration::from_secs(u64::MAX))),
            Rule::each_submit(Fault::WebhookLate(Duration::from_millis(u64::MAX))),
        ];
        let written = serde_json::to_string(&script).unwrap();
        assert_eq!(script_from_json(&written).unwrap(), script);
    }

    #[test]
    fn the_documentation_names_every_fault_and_no_other() {
        let unknown = r#"[{"when": "next_submit", "fault": "no_such_fault"}]"#;
        let told = script_from_json(unknown).unwrap_err().to_string();
        let (_, names) = told.split_once("expected one of ").unwrap();
        let mut names: Vec<_> = names.split('`').skip(1).step_by(2).collect();
        names.sort_unstable();
        let page = include_str!("../../../../../docs/SIMULATOR.md");
        let faults = page.split("## Faults").nth(1).unwrap();
        let faults = faults.split("## Controls").next().unwrap();
        let rows = faults.lines().filter_map(|line| line.strip_prefix("| `"));
        let mut documented: Vec<_> = rows.filter_map(|row| row.split('`').next()).collect();
        documented.sort_unstable();
        assert_eq!(names, documented);
        assert!(names.len() >= 30, "{}", names.len());
    }

    #[test]
    fn the_script_of_the_documentation_is_one() {
        let page = include_str!("../../../../../docs/SIMULATOR.md");
        let script = page.split("```json").nth(1).unwrap();
        let script = script.split("```").next().unwrap();
        assert_eq!(script_from_json(script).unwrap().len(), 4);
    }

    #[test]
    fn a_name_that_means_nothing_is_an_error() {
        for bad in [
            r#"[{"when": "next_submit", "fault": "no_such_fault"}]"#,
            r#"[{"when": "sometimes", "fault": "locked"}]"#,
            r#"[{"when": "next_submit", "fault": {"slow": "soon"}}]"#,
            r#"[{"when": "next_submit", "fault": {"ingress": {"status": 503, "on": "submit"}}}]"#,
            r#"[{"when": "next_submit", "fault": "locked", "times": 2}]"#,
            "{}",
        ] {
            assert!(script_from_json(bad).is_err(), "{bad}");
        }
    }
}
