//! The bodies of errors in all shapes that FAL gives them, read without keeping what they echo.

use serde_json::Value;

use super::hidden::{CUT, Hidden};

/// The shortest echo that is cut out of a reason; shorter ones are words of the message itself.
const SHORTEST_ECHO: usize = 4;

/// The most work that is spent on cutting echoes out of one message: its bytes times their number.
const MOST_WORK: usize = 16 * 1024 * 1024;

/// What the body of an error says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ErrorBody {
    /// Whether the body was JSON at all; a page of the ingress is not.
    pub(super) is_json: bool,
    /// FAL's word: `error_type`, or the `type` of the first detail.
    pub(super) error_type: Option<String>,
    /// The detail when it is one text.
    pub(super) detail: Option<String>,
    /// Whether the details were a list, which only the model's own errors are.
    pub(super) is_list: bool,
    /// The message of the first detail, without what it echoes.
    pub(super) message: Option<String>,
    /// The last name of where the first detail is, as `prompt`.
    pub(super) field: Option<String>,
    /// The state, in the answers of cancel and of an unknown job.
    pub(super) status: Option<String>,
}

impl ErrorBody {
    /// Reads a body; whatever cannot be read is absent, and what is hidden is cut out.
    pub(super) fn read(body: &[u8], hidden: &Hidden) -> Self {
        let Ok(value) = serde_json::from_slice::<Value>(body) else {
            return Self::default();
        };
        Self::of(&value).without(hidden)
    }

    fn of(value: &Value) -> Self {
        let mut read = Self {
            is_json: true,
            error_type: text(value, "error_type"),
            status: text(value, "status"),
            ..Self::default()
        };
        // The platform's form; a status has a text of this name, which may echo the input.
        if let Some(error) = value.get("error").filter(|error| error.is_object()) {
            read.error_type = read.error_type.take().or_else(|| text(error, "type"));
            read.message = text(error, "message").and_then(|message| without_echo(&message, None));
        }
        match value.get("detail") {
            Some(Value::String(detail)) => read.detail = Some(detail.clone()),
            Some(Value::Array(details)) => read.take_list(details),
            _ => {}
        }
        read
    }

    /// Returns the body without what is hidden; last of all, since it may stand within what is echoed.
    fn without(self, hidden: &Hidden) -> Self {
        let cut = |text: Option<String>| text.map(|text| hidden.cut_from(text));
        Self {
            error_type: cut(self.error_type),
            detail: cut(self.detail),
            message: cut(self.message),
            field: cut(self.field),
            status: cut(self.status),
            ..self
        }
    }

    fn take_list(&mut self, details: &[Value]) {
        self.is_list = true;
        let Some(first) = details.first() else { return };
        self.error_type = self.error_type.take().or_else(|| text(first, "type"));
        let message = text(first, "msg");
        self.message = message.and_then(|message| without_echo(&message, first.get("input")));
        let place = first
            .get("loc")
            .and_then(Value::as_array)
            .and_then(|place| place.last());
        self.field = place.and_then(Value::as_str).map(str::to_owned);
    }

    /// Returns whether the detail is a text with these words, in any case.
    ///
    /// It is for the few errors to which FAL gives no word of their own.
    pub(super) fn detail_has(&self, words: &str) -> bool {
        self.detail
            .as_deref()
            .is_some_and(|detail| detail.to_ascii_lowercase().contains(words))
    }
}

fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name).and_then(Value::as_str).map(str::to_owned)
}

/// Returns the message with every text of the echoed input cut out, and without data URIs.
///
/// A message that would take too long is none: it is longer than anybody reads, and may echo anything.
fn without_echo(message: &str, input: Option<&Value>) -> Option<String> {
    let mut echoes = Vec::new();
    if let Some(input) = input {
        collect_texts(input, &mut echoes);
    }
    if echoes.len().saturating_mul(message.len()) > MOST_WORK {
        return None;
    }
    // The longest first: cutting a part of a longer echo would leave the rest of it standing.
    echoes.sort_by_key(|echo| std::cmp::Reverse(echo.len()));
    let cut = echoes.iter().fold(message.to_owned(), |message, echo| {
        message.replace(echo, CUT)
    });
    Some(match cut.split_once("data:") {
        Some((before, _)) => format!("{before}{CUT}"),
        None => cut,
    })
}

fn collect_texts<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::String(text) if text.len() >= SHORTEST_ECHO => texts.push(text),
        Value::Array(values) => values.iter().for_each(|value| collect_texts(value, texts)),
        Value::Object(values) => values
            .values()
            .for_each(|value| collect_texts(value, texts)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            drop(ErrorBody::read(&bytes, &Hidden::default()));
        }

        #[test]
        fn no_echo_is_left_in_a_message(echo in "[a-z]{4,12}", before in "[A-Z ]{0,8}", after in "[A-Z ]{0,8}") {
            let message = format!("{before}{echo}{after}{echo}");
            let body = serde_json::json!({ "detail": [{ "msg": message, "input": { "deep": [&echo] } }] });
            let read = ErrorBody::read(body.to_string().as_bytes(), &Hidden::default());
            prop_assert!(!read.message.unwrap().contains(&echo));
        }
    }

    fn read(body: &str) -> ErrorBody {
        ErrorBody::read(body.as_bytes(), &Hidden::default())
    }

    #[test]
    fn echoes_are_cut_out_of_the_message() {
        let body = read(
            r#"{"detail":[{"loc":["body","prompt"],"type":"x","msg":"'my canary cat' is bad, see data:image/png;base64,AA",
                "input":{"prompt":"my canary cat","also":["canary"]}}]}"#,
        );
        assert_eq!(body.message.as_deref(), Some("'[…]' is bad, see […]"));
        assert_eq!(body.field.as_deref(), Some("prompt"));
        assert!(!format!("{body:?}").contains("canary"));
    }

    #[test]
    fn a_message_with_more_echoes_than_can_be_cut_is_none() {
        let echoes: Vec<_> = (0..50_000).map(|n| format!("echo {n}")).collect();
        let message = "echo 7 ".repeat(10_000);
        let body = serde_json::json!({ "detail": [{ "msg": message, "type": "missing", "input": echoes }] });
        let read = read(&body.to_string());
        assert_eq!(
            (read.message, read.error_type.as_deref()),
            (None, Some("missing"))
        );
    }

    #[test]
    fn odd_bodies_are_read_as_far_as_they_go() {
        for body in ["", "<html>nginx</html>", "\u{0}", "{\"detail\":"] {
            assert_eq!(read(body), ErrorBody::default(), "{body:?}");
        }
        for body in [
            "null",
            "[]",
            "3",
            r#"{"detail":3}"#,
            r#"{"detail":null}"#,
            "{}",
        ] {
            assert_eq!(
                read(body),
                ErrorBody {
                    is_json: true,
                    ..ErrorBody::default()
                },
                "{body}"
            );
        }
        assert!(read(r#"{"detail":[]}"#).is_list);
        assert!(read(r#"{"detail":["text"]}"#).message.is_none());
        assert!(read(r#"{"detail":[{"loc":["body",0]}]}"#).field.is_none());
    }
}
