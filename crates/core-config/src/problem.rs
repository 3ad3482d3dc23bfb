//! What is wrong with the settings, all of it at once.

use std::fmt;

use crate::Origin;

/// One thing that is wrong with one setting.
///
/// `what` never holds the value of a secret; the reads of [`Reader`](crate::Reader) see to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The name of the setting.
    pub name: String,
    /// Where the wrong value came from; `None` when there is no value.
    pub origin: Option<Origin>,
    /// What is wrong, as a lower-case fragment.
    pub what: String,
    /// What to do about it, as a lower-case fragment.
    pub hint: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.what)?;
        if let Some(origin) = self.origin {
            write!(f, " (from the {origin})")?;
        }
        write!(f, "; {}", self.hint)
    }
}

/// Every problem that one reading of the settings found, in the order of the reads.
///
/// As an error it shows one line for each problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Returns the list as an error, or `Ok` when it is empty.
    ///
    /// # Errors
    ///
    /// Returns the problems when there is at least one.
    pub fn check(problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Self(problems))
        }
    }

    /// Returns the problems in the order in which they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        let noun = if count == 1 {
            "setting is"
        } else {
            "settings are"
        };
        write!(f, "{count} {noun} wrong")?;
        for problem in self {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(name: &str) -> Problem {
        Problem {
            name: name.to_owned(),
            origin: Some(Origin::Program),
            what: "not a number".to_owned(),
            hint: "write a whole number".to_owned(),
        }
    }

    #[test]
    fn nothing_wrong_is_ok() {
        assert_eq!(Problems::check(Vec::new()), Ok(()));
    }

    #[test]
    fn display_has_a_line_for_each() {
        let problems = Problems::check(vec![problem("A"), problem("B")]).unwrap_err();
        assert_eq!(
            problems.to_string(),
            "2 settings are wrong\n  A: not a number (from the program); write a whole number\n  B: not a number (from the program); write a whole number"
        );
    }
}
