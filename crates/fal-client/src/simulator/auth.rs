//! The check of the `Authorization` header, with FAL's own words for each failure.

use axum::http::{HeaderMap, header};
use core_config::Secret;

use super::asked::Asked;
use super::state::State;

/// Returns why a caller is turned away from an app: a token in the query stands for the key.
pub(super) fn refusal_of(state: &State, asked: &Asked, app: &str) -> Option<String> {
    let token = asked.field("fal_jwt_token");
    let now = state.time.now();
    if token.is_some_and(|token| state.tokens.allows(token, app, now)) {
        return None;
    }
    refusal(&asked.headers, &state.key, app)
}

/// Returns why a caller is turned away, or nothing for the right key.
pub(super) fn refusal(headers: &HeaderMap, key: &Secret, app: &str) -> Option<String> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Some(format!("Cannot access application \"{app}\""));
    };
    let value = value.to_str().unwrap_or_default();
    let Some(given) = value.strip_prefix("Key ") else {
        return Some("invalid key credentials".to_owned());
    };
    if !given.contains(':') {
        let wanted = "Invalid Key Authorization header format. Expected '<key_id>:<key_secret>'.";
        return Some(wanted.to_owned());
    }
    (given != key.expose()).then(|| "No user found for Key ID and Secret".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_has_its_own_words() {
        let key = Secret::new("id:secret");
        for (header, words) in [
            (None, Some("Cannot access application \"fal-ai/imagen4\"")),
            (Some("Bearer id:secret"), Some("invalid key credentials")),
            (
                Some("Key secret"),
                Some("Invalid Key Authorization header format. Expected '<key_id>:<key_secret>'."),
            ),
            (
                Some("Key id:other"),
                Some("No user found for Key ID and Secret"),
            ),
            (Some("Key id:secret"), None),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(value) = header {
                headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            }
            assert_eq!(refusal(&headers, &key, "fal-ai/imagen4").as_deref(), words);
        }
    }
}
