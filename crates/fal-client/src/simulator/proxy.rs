//! The protocol of FAL's own proxies: one path, and the real address in a header.

use axum::extract::Request;
use axum::http::{HeaderValue, Uri, header};
use axum::response::Response;
use url::Url;

use super::answer;
use super::state::State;

/// The header with the address that is meant.
const TARGET: &str = "x-fal-target-url";

/// Turns a request to the proxy into the one that it stands for, with the key that the proxy has.
///
/// As with FAL's own proxies the queue, direct runs, tokens and the beginning of uploads are open, and nothing else.
pub(super) fn rewrite(state: &State, mut request: Request) -> Result<Request, Box<Response>> {
    let invalid = || Box::new(answer::detail(400, "Invalid request"));
    let target = request.headers().get(TARGET);
    let target = target.and_then(|value| value.to_str().ok()?.parse().ok());
    let path = target.as_ref().and_then(place).ok_or_else(invalid)?;
    *request.uri_mut() = path.parse::<Uri>().map_err(|_| invalid())?;
    let key = HeaderValue::from_str(&format!("Key {}", state.key.expose()));
    request
        .headers_mut()
        .insert(header::AUTHORIZATION, key.map_err(|_| invalid())?);
    Ok(request)
}

/// Returns where the simulator serves an address of FAL's.
pub(super) fn place(target: &Url) -> Option<String> {
    let path = target.path();
    let query = target
        .query()
        .map_or_else(String::new, |query| format!("?{query}"));
    match target.host_str()? {
        _ if target.scheme() != "https" => None,
        "queue.fal.run" => Some(format!("{path}{query}")),
        "fal.run" => Some(format!("/run{path}{query}")),
        "rest.fal.ai" | "rest.alpha.fal.ai"
            if path.starts_with("/storage/upload/initiate") || path.starts_with("/tokens") =>
        {
            Some(format!("{path}{query}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_addresses_of_fal_are_served() {
        let place = |text: &str| place(&text.parse().unwrap());
        assert_eq!(
            place("https://queue.fal.run/a/b?logs=1").as_deref(),
            Some("/a/b?logs=1")
        );
        assert_eq!(place("https://fal.run/a/b").as_deref(), Some("/run/a/b"));
        assert_eq!(
            place("https://rest.fal.ai/storage/upload/initiate?storage_type=x").as_deref(),
            Some("/storage/upload/initiate?storage_type=x")
        );
        for bad in [
            "http://queue.fal.run/a/b",
            "https://queue.fal.run.evil.example/a/b",
            "https://rest.fal.ai/billing",
            "https://example.org/",
        ] {
            assert_eq!(place(bad), None, "{bad}");
        }
    }
}
