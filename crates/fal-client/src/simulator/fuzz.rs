//! The readers of the simulator, for `testing::fuzz`.

use axum::extract::Query;
use axum::http::Uri;
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use super::asked::Fields;
use super::fault::{script_from_json, take};
use super::route::{self, Route};
use super::time::after;
use super::wishes::Wishes;
use super::{input, models, proxy};
use crate::http::fuzz::headers;

/// A script that is read is the same when it is written and read again, and strikes no more than it has rules.
pub(crate) fn script(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok(mut rules) = script_from_json(&text) else {
        return;
    };
    let written = serde_json::to_string(&rules).unwrap_or_default();
    let again = script_from_json(&written);
    assert!(again.is_ok_and(|again| again == rules), "{written}");
    let before = rules.len();
    let struck = take(&mut rules, 1, &text).is_some();
    assert!(rules.len() == before || (struck && rules.len() + 1 == before));
}

/// A path or an address, headers, and an input, each read or refused.
pub(crate) fn request(bytes: &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let (target, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
    path(&String::from_utf8_lossy(target));
    let (headers, body) = headers(rest.strip_prefix(b"\n").unwrap_or(rest));
    if let Ok(wishes) = Wishes::read(&headers) {
        let spans = [wishes.start_limit, wishes.lifecycle.expires];
        let now = Instant::now();
        assert!(
            spans
                .into_iter()
                .flatten()
                .all(|span| after(now, span) >= now)
        );
    }
    if let Ok(value) = serde_json::from_slice(body) {
        order(&value);
    }
}

/// A path names the same request with and without a slash at its end, and an address is served on its own path.
fn path(text: &str) {
    let route = route::parse(text);
    assert_eq!(route::parse(&format!("{text}/")), route);
    if let Some(Route::Request { app, .. }) = route {
        assert_eq!(route::app_of(&app), app);
    }
    if let Ok(uri) = text.parse::<Uri>() {
        drop(Query::<Fields>::try_from_uri(&uri));
    }
    if let Some(place) = text.parse::<Url>().ok().as_ref().and_then(proxy::place) {
        assert!(place.starts_with('/'), "{place}");
    }
}

/// An input is one to four pictures of a size that can be drawn, or has its complaints.
fn order(value: &Value) {
    for name in ["fal-ai/imagen4/preview", "fal-ai/nano-banana-2"] {
        let Some(model) = models::find(name) else {
            return;
        };
        match input::check(model, value) {
            Ok(order) => {
                let (width, height) = order.size;
                assert!((1..=4).contains(&order.count));
                assert!((100..=12_000).contains(&width) && (100..=12_000).contains(&height));
            }
            Err(details) => assert!(!details.is_empty()),
        }
    }
}
