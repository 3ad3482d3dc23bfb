//! A request as the Bot API takes it: JSON, or a form in parts with files.

use std::collections::HashMap;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, Multipart};
use axum::http::Request;
use axum::http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use super::refusal::Refusal;

/// The largest request; the Bot API takes files up to 50 MB.
const MAX_BYTES: usize = 50 * 1024 * 1024;

/// One request: the method in lower case, since the Bot API does not look at the case, and what came with it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) arguments: Map<String, Value>,
    pub(crate) files: HashMap<String, Bytes>,
}

impl Call {
    /// Returns a call with the members of a JSON object as arguments.
    pub(crate) fn new(method: &str, arguments: Value) -> Self {
        let arguments = match arguments {
            Value::Object(arguments) => arguments,
            _ => Map::new(),
        };
        Self {
            method: method.to_ascii_lowercase(),
            arguments,
            files: HashMap::new(),
        }
    }

    pub(crate) fn with_file(mut self, name: &str, bytes: impl Into<Bytes>) -> Self {
        self.files.insert(name.to_owned(), bytes.into());
        self
    }

    pub(crate) async fn read(method: &str, request: Request<Body>) -> Result<Self, Refusal> {
        let kind = request.headers().get(CONTENT_TYPE);
        let is_form = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/"));
        if is_form {
            return Self::read_form(method, request).await;
        }
        let body = to_bytes(request.into_body(), MAX_BYTES).await;
        let body = body.map_err(|_| Refusal::new(413, "Request Entity Too Large"))?;
        if body.is_empty() {
            return Ok(Self::new(method, Value::Null));
        }
        match serde_json::from_slice(&body) {
            Ok(arguments @ Value::Object(_)) => Ok(Self::new(method, arguments)),
            _ => Err(Refusal::bad("object expected as a request")),
        }
    }

    async fn read_form(method: &str, request: Request<Body>) -> Result<Self, Refusal> {
        let broken = || Refusal::bad("the form cannot be read");
        let form = Multipart::from_request(request, &()).await;
        let mut form = form.map_err(|_| broken())?;
        let mut call = Self::new(method, Value::Null);
        while let Some(part) = form.next_field().await.map_err(|_| broken())? {
            let name = part.name().unwrap_or_default().to_owned();
            let is_file = part.file_name().is_some();
            let bytes = part.bytes().await.map_err(|_| broken())?;
            if is_file {
                call.files.insert(name, bytes);
            } else {
                let text = String::from_utf8(bytes.to_vec()).map_err(|_| broken())?;
                call.arguments.insert(name, Value::String(text));
            }
        }
        Ok(call)
    }

    /// Returns a text; a number counts as its digits, and an empty one as absent.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let text = match self.arguments.get(name)? {
            Value::String(text) => text.clone(),
            Value::Null => return None,
            other => other.to_string(),
        };
        (!text.is_empty()).then_some(text)
    }

    pub(crate) fn required(&self, name: &str) -> Result<String, Refusal> {
        let missing = || Refusal::bad(format!("parameter \"{name}\" is required"));
        self.text(name).ok_or_else(missing)
    }

    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok()
    }

    /// Returns an object or a list, which stands as itself in JSON and as text in a form.
    pub(crate) fn structure(&self, name: &str) -> Result<Option<Value>, Refusal> {
        match self.arguments.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => {
                let read = serde_json::from_str(text);
                let broken = |_| Refusal::bad(format!("can't parse {name} JSON object"));
                read.map(Some).map_err(broken)
            }
            Some(other) => Ok(Some(other.clone())),
        }
    }

    /// Returns the chat that the call is about.
    pub(crate) fn chat(&self) -> Option<i64> {
        self.number("chat_id")
    }
}
