//! The short name of a gallery filter.

use std::fmt;

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Why a filter has no hash.
#[derive(Debug, thiserror::Error)]
#[error("the filter has no JSON form")]
pub struct FilterError(#[source] serde_json::Error);

/// The first 16 bytes of the SHA-256 of a filter's canonical JSON and the gallery version, as 32 hex digits.
///
/// The canonical form is `{"filter":…,"version":…}` without white space and with the fields of every object
/// sorted by name, so that the same filter has the same hash whatever order its fields were written in.
/// The filter must hold all that decides what is on the page, its page number and size among it.
/// The text of a filter is taken as it is: bring dates to UTC days before.
///
/// # Examples
///
/// ```
/// use cache::FilterHash;
/// use serde_json::json;
///
/// let a = FilterHash::new(&json!({"kind": "imagen4", "page": 1}), 7)?;
/// let b = FilterHash::new(&json!({"page": 1, "kind": "imagen4"}), 7)?;
/// assert_eq!(a, b);
/// assert_ne!(a, FilterHash::new(&json!({"kind": "imagen4", "page": 1}), 8)?);
/// # Ok::<(), cache::FilterError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FilterHash([u8; 16]);

impl FilterHash {
    /// Returns the hash of `filter` in the user's gallery of `version`.
    ///
    /// # Errors
    ///
    /// [`FilterError`] when `filter` has no JSON form, such as a map whose keys are no text.
    pub fn new(filter: &impl Serialize, version: u64) -> Result<Self, FilterError> {
        let filter = serde_json::to_value(filter).map_err(FilterError)?;
        let mut text = String::from("{\"filter\":");
        write_canonical(&filter, &mut text);
        text.push_str(",\"version\":");
        text.push_str(&version.to_string());
        text.push('}');
        let digest = Sha256::digest(text.as_bytes());
        let mut first = [0; 16];
        first.copy_from_slice(&digest[..16]);
        Ok(Self(first))
    }
}

impl fmt::Display for FilterHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// Sorts by hand: whether `serde_json` sorts depends on a feature that any crate of the program may turn on.
fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| name.as_str());
            let parts = fields.into_iter().map(|(name, value)| (Some(name), value));
            write_parts(parts, ['{', '}'], text);
        }
        Value::Array(items) => {
            write_parts(items.iter().map(|value| (None, value)), ['[', ']'], text);
        }
        plain => text.push_str(&plain.to_string()),
    }
}

fn write_parts<'a>(
    parts: impl Iterator<Item = (Option<&'a String>, &'a Value)>,
    [open, close]: [char; 2],
    text: &mut String,
) {
    text.push(open);
    for (place, (name, value)) in parts.enumerate() {
        if place > 0 {
            text.push(',');
        }
        if let Some(name) = name {
            text.push_str(&Value::from(name.as_str()).to_string());
            text.push(':');
        }
        write_canonical(value, text);
    }
    text.push(close);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn hash(filter: &Value, version: u64) -> String {
        FilterHash::new(filter, version).unwrap().to_string()
    }

    #[derive(Serialize)]
    struct Forwards {
        kind: &'static str,
        nested: Inner,
    }

    #[derive(Serialize)]
    struct Backwards {
        nested: Inner,
        kind: &'static str,
    }

    #[derive(Serialize)]
    struct Inner {
        to: u8,
        from: u8,
    }

    #[test]
    fn the_canonical_form_is_sorted_at_every_depth() {
        let mut text = String::new();
        write_canonical(&json!({"b": [{"d": 1, "c": "x\"y"}], "a": null}), &mut text);
        assert_eq!(text, r#"{"a":null,"b":[{"c":"x\"y","d":1}]}"#);
    }

    // The values are those of Python:
    // hashlib.sha256(json.dumps({"filter": f, "version": v}, sort_keys=True, separators=(",", ":"),
    //                           ensure_ascii=False).encode()).hexdigest()[:32]
    #[test]
    fn golden_values_stay() {
        assert_eq!(hash(&json!({}), 0), "2dcae9d24cf6008d7140fa6cd4f113f1");
        let filter = json!({
            "page": 1, "page_size": 12, "kind": "imagen4", "favourites": true, "ratio": null, "text": "é"
        });
        assert_eq!(
            hash(&filter, 1_700_000_000_000),
            "aab3068274a120aac4930abd0621879e"
        );
    }

    #[test]
    fn the_order_of_fields_does_not_matter() {
        let forwards = Forwards {
            kind: "imagen4",
            nested: Inner { to: 2, from: 1 },
        };
        let backwards = Backwards {
            nested: Inner { to: 2, from: 1 },
            kind: "imagen4",
        };
        assert_eq!(
            FilterHash::new(&forwards, 3).unwrap(),
            FilterHash::new(&backwards, 3).unwrap()
        );
    }

    #[test]
    fn the_order_of_a_list_matters() {
        assert_ne!(hash(&json!([1, 2]), 0), hash(&json!([2, 1]), 0));
    }

    proptest! {
        #[test]
        fn another_version_is_another_hash(a: u64, b: u64) {
            prop_assume!(a != b);
            prop_assert_ne!(hash(&json!({"page": 1}), a), hash(&json!({"page": 1}), b));
        }
    }
}
