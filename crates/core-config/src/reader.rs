//! Typed reads that note what is wrong and go on.

use std::fmt::Display;
use std::fs::File;
use std::io::Read;
use std::ops::RangeInclusive;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use crate::{Origin, Problem, Problems, Secret, Text, TextSource, parse_duration};

/// Ends the name of a setting that names a file with the value in it, as secrets of containers are given.
const FILE_SUFFIX: &str = "_FILE";

/// The largest file with a secret, in bytes.
const MAX_SECRET_BYTES: u64 = 64 * 1024;

/// Reads settings from a source and collects every problem on the way.
///
/// A read that fails notes the problem and returns what an absent value would, so that reading goes on
/// and one start shows all mistakes.
/// The values read are to be used only when [`finish`](Self::finish) is `Ok`.
#[derive(Debug)]
pub struct Reader<'a> {
    source: &'a dyn TextSource,
    problems: Vec<Problem>,
    read: Vec<String>,
}

impl<'a> Reader<'a> {
    /// Returns a reader over `source` with no problem noted.
    pub fn new(source: &'a dyn TextSource) -> Self {
        Self {
            source,
            problems: Vec::new(),
            read: Vec::new(),
        }
    }

    /// Returns the trimmed text under `name`; an empty one counts as absent.
    pub fn text(&mut self, name: &str) -> Option<String> {
        self.present(name).map(|text| text.value)
    }

    /// Returns the text under `name`, or notes that it is missing and what to write.
    pub fn required_text(&mut self, name: &str, hint: &str) -> Option<String> {
        let text = self.text(name);
        if text.is_none() {
            self.problem(name, "missing", hint);
        }
        text
    }

    /// Returns the secret under `name`, or in the file that `{name}_FILE` names.
    ///
    /// Both at once are a problem, since nobody could tell which one is meant; so is a file that cannot be
    /// read, is empty, or is larger than 64 KiB.
    pub fn secret(&mut self, name: &str) -> Option<Secret> {
        let here = self.present(name).map(|text| text.value);
        let file_name = format!("{name}{FILE_SUFFIX}");
        let file = self.text(&file_name);
        match (here, file) {
            (Some(_), Some(_)) => {
                let what = format!("stands beside {name}, which means the same");
                self.problem(&file_name, what, "set only one of the two");
                None
            }
            (Some(text), None) => Some(Secret::new(text)),
            (None, Some(path)) => self.secret_from(&file_name, &path),
            (None, None) => None,
        }
    }

    /// Returns the secret under `name`, or notes that it is missing and what to write.
    pub fn required_secret(&mut self, name: &str, hint: &str) -> Option<Secret> {
        let secret = self.secret(name);
        if secret.is_none() {
            self.problem(name, "missing", hint);
        }
        secret
    }

    /// Returns the value under the first of `names` that is set: one setting that goes by several names.
    ///
    /// Two names with different values are a problem, since nobody could tell which one is meant.
    pub fn one_of(&mut self, names: &[&str]) -> Option<Secret> {
        let found = names
            .iter()
            .filter_map(|name| Some((*name, Secret::new(self.present(name)?.value))));
        let found = found.collect();
        self.agreed(found)
    }

    /// Returns the secret under the first of `names` that is set, each read as by [`secret`](Self::secret).
    ///
    /// Two names with different values are a problem, since nobody could tell which one is meant.
    pub fn one_secret_of(&mut self, names: &[&str]) -> Option<Secret> {
        let found = names
            .iter()
            .filter_map(|name| Some((*name, self.secret(name)?)));
        let found = found.collect();
        self.agreed(found)
    }

    /// Returns the value under `name` as a `T`.
    ///
    /// The wrong text is quoted in the problem, so secrets are not to be read this way.
    pub fn parse<T>(&mut self, name: &str) -> Option<T>
    where
        T: FromStr<Err: Display>,
    {
        let text = self.text(name)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.problem(name, format!("{text:?} cannot be read"), error);
                None
            }
        }
    }

    /// Returns the value under `name` as a `T`, or `default` when there is none.
    pub fn parse_or<T>(&mut self, name: &str, default: T) -> T
    where
        T: FromStr<Err: Display>,
    {
        self.parse(name).unwrap_or(default)
    }

    /// Returns the value under `name` if it lies within `range`, or `default` when there is none.
    pub fn in_range<T>(&mut self, name: &str, default: T, range: RangeInclusive<T>) -> T
    where
        T: FromStr<Err: Display> + PartialOrd + Display,
    {
        let Some(value) = self.parse(name) else {
            return default;
        };
        if range.contains(&value) {
            return value;
        }
        let hint = format!("write a value from {} to {}", range.start(), range.end());
        self.problem(name, format!("{value} is out of range"), hint);
        default
    }

    /// Returns the switch under `name`: `true`, `1`, `yes`, `on` or `false`, `0`, `no`, `off`, in any case.
    pub fn flag(&mut self, name: &str, default: bool) -> bool {
        let Some(text) = self.text(name) else {
            return default;
        };
        match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => true,
            "false" | "0" | "no" | "off" => false,
            _ => {
                self.problem(
                    name,
                    format!("{text:?} is no switch"),
                    "write true or false",
                );
                default
            }
        }
    }

    /// Returns the length of time under `name` if it lies within `range`, or `default` when there is none.
    ///
    /// The form is that of [`parse_duration`]: `150ms`, `30s`, `5m`, `2h`, `7d`, a bare number in seconds.
    pub fn duration(
        &mut self,
        name: &str,
        default: Duration,
        range: RangeInclusive<Duration>,
    ) -> Duration {
        let Some(text) = self.text(name) else {
            return default;
        };
        match parse_duration(&text) {
            Ok(value) if range.contains(&value) => value,
            Ok(_) => {
                let hint = format!("write a time from {:?} to {:?}", range.start(), range.end());
                self.problem(name, format!("{text:?} is out of range"), hint);
                default
            }
            Err(error) => {
                self.problem(name, format!("{text:?} is no length of time"), error);
                default
            }
        }
    }

    /// Notes a problem that the caller found, for rules that no typed read knows.
    ///
    /// A problem that was noted before is not noted again, so that a setting may be read twice.
    pub fn problem(&mut self, name: &str, what: impl Display, hint: impl Display) {
        let problem = Problem {
            name: name.to_owned(),
            origin: self.origin(name),
            what: what.to_string(),
            hint: hint.to_string(),
        };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Tells how many problems were noted so far.
    pub fn problem_count(&self) -> usize {
        self.problems.len()
    }

    /// Returns the names in the source that start with one of `prefixes` and were never read, sorted,
    /// each with the nearest name that was.
    ///
    /// Call it after all reads: it is how a mistyped name is found.
    pub fn unread(&self, prefixes: &[&str]) -> Vec<(String, Option<String>)> {
        let mut names: Vec<_> = self
            .source
            .names()
            .into_iter()
            .filter(|name| prefixes.iter().any(|prefix| name.starts_with(prefix)))
            .filter(|name| !self.read.contains(name))
            .collect();
        names.sort();
        names
            .into_iter()
            .map(|name| (self.nearest(&name), name))
            .map(|(nearest, name)| (name, nearest))
            .collect()
    }

    /// Returns every name that was read so far, in the order of the reads.
    pub fn names_read(&self) -> &[String] {
        &self.read
    }

    /// Ends the reading.
    ///
    /// # Errors
    ///
    /// Returns every problem that was noted, in the order of the reads.
    pub fn finish(self) -> Result<(), Problems> {
        Problems::check(self.problems)
    }

    /// Returns the value that all names agree on.
    fn agreed(&mut self, mut found: Vec<(&str, Secret)>) -> Option<Secret> {
        let (first, value) = found.first()?;
        let differs = |secret: &Secret| secret.expose() != value.expose();
        if let Some((other, _)) = found.iter().find(|(_, other)| differs(other)) {
            let what = format!("differs from {first}, which means the same");
            self.problem(other, what, "set only one of the two");
            return None;
        }
        Some(found.swap_remove(0).1)
    }

    fn secret_from(&mut self, file_name: &str, path: &str) -> Option<Secret> {
        match read_secret(Path::new(path)) {
            Ok(secret) => Some(secret),
            Err(what) => {
                self.problem(file_name, what, "name a readable file that holds the value");
                None
            }
        }
    }

    fn present(&mut self, name: &str) -> Option<Text> {
        if !self.read.iter().any(|read| read == name) {
            self.read.push(name.to_owned());
        }
        let text = self.source.get(name)?;
        let value = text.value.trim();
        (!value.is_empty()).then(|| Text {
            value: value.to_owned(),
            origin: text.origin,
        })
    }

    fn origin(&self, name: &str) -> Option<Origin> {
        let text = self.source.get(name)?;
        (!text.value.trim().is_empty()).then_some(text.origin)
    }

    fn nearest(&self, name: &str) -> Option<String> {
        // Below this likeness a suggestion misleads more than it helps.
        const LIKE_ENOUGH: f64 = 0.8;
        self.read
            .iter()
            .map(|read| (strsim::normalized_damerau_levenshtein(read, name), read))
            .filter(|(likeness, _)| *likeness >= LIKE_ENOUGH)
            .max_by(|(a, _), (b, _)| a.total_cmp(b))
            .map(|(_, read)| read.clone())
    }
}

/// Returns the secret in a file, or what is wrong with the file; what it holds is never shown.
fn read_secret(path: &Path) -> Result<Secret, String> {
    let mut text = String::new();
    let file = File::open(path).map_err(|error| format!("cannot be opened: {error}"))?;
    let read = file.take(MAX_SECRET_BYTES + 1).read_to_string(&mut text);
    let bytes = read.map_err(|error| format!("cannot be read: {error}"))?;
    let secret = Secret::new(text);
    if bytes as u64 > MAX_SECRET_BYTES {
        return Err("names a file of more than 64 KiB".to_owned());
    }
    if secret.is_empty() {
        return Err("names an empty file".to_owned());
    }
    Ok(secret)
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
