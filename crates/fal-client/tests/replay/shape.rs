//! The shape of an answer: its keys, the types of its values, its headers; not what they say.

use serde_json::Value;

use crate::recorded::Recorded;

/// What a caller has sent comes back under these, in any shape.
const ECHOES: [&str; 2] = ["input", "json_input"];

/// An answer as it was received.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) status: u16,
    /// Names in lower case and values.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Received {
    /// Compares the answer with the recording `answers/{name}.http`.
    pub(crate) fn assert_like(&self, name: &str) {
        let recorded = Recorded::read(name);
        assert_eq!(self.status, recorded.status, "{name}: {self:?}");
        assert_eq!(
            telling(&self.headers),
            telling(&recorded.headers),
            "{name}: headers"
        );
        match recorded.header("content-type").unwrap() {
            "application/json" => assert_same_shape(name, &recorded.body, &self.body),
            "text/html" => assert_eq!(page(&self.body), page(&recorded.body), "{name}"),
            _ => assert_same_events(name, &recorded.body, &self.body),
        }
    }
}

/// Returns the headers that say something of FAL's, in order: each `x-fal-…` by its name, with its value where that is
/// a word of the protocol, and the type of the content without its parameters.
fn telling(headers: &[(String, String)]) -> Vec<String> {
    let mut told: Vec<String> = headers
        .iter()
        .filter_map(|(name, value)| match name.as_str() {
            "content-type" => value.split(';').next().map(str::to_owned),
            "x-fal-error-type" | "x-fal-request-timeout-type" | "x-fal-needs-retry" => {
                Some(format!("{name}: {value}"))
            }
            name if name.starts_with("x-fal-") => Some(name.to_owned()),
            _ => None,
        })
        .collect();
    told.sort();
    told
}

/// Returns what every page of the ingress has, whatever its status is called.
fn page(text: &str) -> [bool; 3] {
    ["<html>", "<h1>503", "<center>nginx</center>"].map(|part| text.contains(part))
}

fn assert_same_events(name: &str, recorded: &str, found: &str) {
    let states = |text: &str| -> Vec<Value> {
        let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
        data.map(|text| serde_json::from_str(text).unwrap())
            .collect()
    };
    let recorded = states(recorded);
    let found = states(found);
    let last = |events: &[Value]| events.last().unwrap()["status"].clone();
    assert_eq!(last(&found), last(&recorded), "{name}");
    for event in found {
        let like = recorded
            .iter()
            .find(|like| like["status"] == event["status"]);
        assert_same(name, like.unwrap(), &event);
    }
}

fn assert_same_shape(name: &str, recorded: &str, found: &str) {
    let read = |text: &str| serde_json::from_str(text).unwrap();
    assert_same(name, &read(recorded), &read(found));
}

/// Compares two values of JSON by their keys and types.
pub(crate) fn assert_same(name: &str, recorded: &Value, found: &Value) {
    let differences = differences(recorded, found);
    assert!(differences.is_empty(), "{name}: {differences:#?}\n{found}");
}

/// Returns where two values of JSON differ in their keys and types.
pub(crate) fn differences(recorded: &Value, found: &Value) -> Vec<String> {
    let mut differences = Vec::new();
    compare("", recorded, found, &mut differences);
    differences
}

/// Notes each place where the two differ; a null has any type, and the first of a list stands for all.
fn compare(place: &str, recorded: &Value, found: &Value, differences: &mut Vec<String>) {
    match (recorded, found) {
        (Value::Null, _) | (_, Value::Null) => {}
        (Value::Object(recorded), Value::Object(found)) => {
            for (key, value) in recorded {
                let place = format!("{place}/{key}");
                match found.get(key) {
                    None => differences.push(format!("{place} is missing")),
                    Some(_) if ECHOES.contains(&key.as_str()) => {}
                    Some(found) => compare(&place, value, found, differences),
                }
            }
            let unknown = found.keys().filter(|key| !recorded.contains_key(*key));
            differences.extend(unknown.map(|key| format!("{place}/{key} is not in the recording")));
        }
        (Value::Array(recorded), Value::Array(found)) => {
            for (like, found) in recorded.iter().cycle().zip(found) {
                compare(&format!("{place}/*"), like, found, differences);
            }
        }
        _ if kind(recorded) == kind(found) => {}
        _ => differences.push(format!(
            "{place} is {} and not {}",
            kind(found),
            kind(recorded)
        )),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[test]
fn a_key_too_many_a_key_too_few_and_another_type_are_seen() {
    let recorded = serde_json::json!({ "a": 1, "b": [{ "c": "x" }], "d": null });
    for (found, expected) in [
        (serde_json::json!({ "a": 2, "b": [], "d": 3 }), None),
        (serde_json::json!({ "a": 2, "d": 3 }), Some("/b is missing")),
        (
            serde_json::json!({ "a": 2, "b": [{ "c": 1 }], "d": 3 }),
            Some("/b/*/c is a number and not a text"),
        ),
        (
            serde_json::json!({ "a": 2, "b": [], "d": 3, "e": 4 }),
            Some("/e is not in the recording"),
        ),
    ] {
        let differences = differences(&recorded, &found);
        assert_eq!(differences.first().map(String::as_str), expected);
    }
}
