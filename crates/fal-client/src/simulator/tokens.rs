//! Tokens that stand for the key for a while, so that a browser needs no key.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::response::Response;
use serde::Deserialize;
use tokio::time::Instant;
use uuid::Uuid;

use super::answer;
use super::asked::Asked;
use super::auth;
use super::state::State;
use super::time::after;

/// How long a token lives unless its owner says otherwise, as FAL's JS client asks.
const USUAL_LIFE: u64 = 120;

/// The tokens that were given out.
#[derive(Debug, Default)]
pub(super) struct Tokens(Mutex<HashMap<String, Grant>>);

#[derive(Debug)]
struct Grant {
    apps: Vec<String>,
    ends: Instant,
}

/// The wish for a token.
#[derive(Deserialize)]
struct Wish {
    #[serde(default)]
    allowed_apps: Vec<String>,
    #[serde(default = "usual_life")]
    token_expiration: u64,
}

fn usual_life() -> u64 {
    USUAL_LIFE
}

impl Tokens {
    fn issue(&self, apps: Vec<String>, ends: Instant) -> String {
        let token = format!("{}.{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        let mut grants = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        grants.insert(token.clone(), Grant { apps, ends });
        token
    }

    /// Tells whether a token opens an app, `owner/alias`, at this moment.
    pub(super) fn allows(&self, token: &str, app: &str, now: Instant) -> bool {
        let alias = app.rsplit('/').next().unwrap_or(app);
        let grants = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        grants.get(token).is_some_and(|grant| {
            let names = |allowed: &String| allowed == alias || allowed == app;
            now < grant.ends && grant.apps.iter().any(names)
        })
    }
}

/// Gives out a token: `POST /tokens/`.
pub(super) fn give(state: &State, asked: &Asked) -> Response {
    if let Some(reason) = auth::refusal(&asked.headers, &state.key, "tokens") {
        return answer::detail(401, &reason);
    }
    let Ok(wish) = serde_json::from_slice::<Wish>(&asked.bytes) else {
        return answer::detail(
            422,
            "allowed_apps is a list, token_expiration a number of seconds",
        );
    };
    let life = Duration::from_secs(wish.token_expiration);
    let ends = after(state.time.now(), life);
    answer::body(200, state.tokens.issue(wish.allowed_apps, ends).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_token_opens_its_apps_until_it_ends() {
        let (tokens, now) = (Tokens::default(), Instant::now());
        let end = after(now, Duration::from_secs(2));
        let token = tokens.issue(vec!["imagen4".to_owned()], end);
        assert!(tokens.allows(&token, "fal-ai/imagen4", now));
        assert!(!tokens.allows(&token, "fal-ai/nano-banana", now));
        assert!(!tokens.allows(&token, "fal-ai/imagen4", end));
        assert!(!tokens.allows("made up", "fal-ai/imagen4", now));
    }
}
