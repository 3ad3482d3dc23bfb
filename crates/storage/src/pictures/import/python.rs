//! What Python prints for a list or a dictionary, written as JSON.

use serde_json::Value;

/// Returns the JSON of a Python literal made of lists, tuples, dictionaries, texts, numbers, `None`, `True` and
/// `False`; `None` for anything else, such as bytes or a call.
pub(super) fn to_json(text: &str) -> Option<String> {
    let mut json = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        rest = match first {
            '\'' | '"' => string(rest, &mut json)?,
            '(' | ')' => {
                json.push(if first == '(' { '[' } else { ']' });
                &rest[1..]
            }
            '[' | ']' | '{' | '}' | ',' | ':' | ' ' => {
                json.push(first);
                &rest[1..]
            }
            _ => word(rest, &mut json)?,
        };
    }
    Some(json)
}

/// Writes the text that `rest` begins with, and returns what follows.
fn string<'a>(rest: &'a str, json: &mut String) -> Option<&'a str> {
    let mut chars = rest.char_indices();
    let (_, quote) = chars.next()?;
    let mut text = String::new();
    while let Some((at, char)) = chars.next() {
        match char {
            '\\' => text.push(escaped(chars.next()?.1)?),
            end if end == quote => {
                json.push_str(&Value::String(text).to_string());
                return rest.get(at + 1..);
            }
            other => text.push(other),
        }
    }
    None
}

/// Returns what a backslash with this letter means; those with numbers stand in no link.
fn escaped(letter: char) -> Option<char> {
    match letter {
        '\\' | '\'' | '"' => Some(letter),
        'n' => Some('\n'),
        't' => Some('\t'),
        'r' => Some('\r'),
        _ => None,
    }
}

/// Writes the word or number that `rest` begins with, and returns what follows.
fn word<'a>(rest: &'a str, json: &mut String) -> Option<&'a str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+');
    let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
    let (word, rest) = rest.split_at(end);
    json.push_str(match word {
        "None" => "null",
        "True" => "true",
        "False" => "false",
        _ => {
            word.parse::<f64>().ok()?;
            word
        }
    });
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_become_json() {
        for (python, json) in [
            ("['a', \"b\"]", Some(r#"["a", "b"]"#)),
            (r#"['it\'s', "a \"b\""]"#, Some(r#"["it's", "a \"b\""]"#)),
            ("{'url': 'x', 'n': 1.5}", Some(r#"{"url": "x", "n": 1.5}"#)),
            (
                "('a', None, True, False)",
                Some(r#"["a", null, true, false]"#),
            ),
            ("['ü🦊']", Some(r#"["ü🦊"]"#)),
            ("[b'a']", None),
            ("[f('a')]", None),
            ("['a", None),
            (r"['\x41']", None),
            ("['a'\n]", None),
            ("[nan_]", None),
        ] {
            assert_eq!(to_json(python).as_deref(), json, "{python}");
        }
    }
}
