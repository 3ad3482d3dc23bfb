//! Which operation a path of the queue names.

use super::asked::segments;

/// What can be asked about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Status,
    Stream,
    Result,
    Cancel,
}

/// A path of the queue, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route {
    /// The path of a model: `owner/alias[/path]`.
    Model(String),
    /// A path under `requests/{id}`.
    Request {
        app: String,
        id: String,
        operation: Operation,
    },
}

/// Takes a path apart; a slash at the end changes nothing, as FAL's own tools send it.
pub(super) fn parse(path: &str) -> Option<Route> {
    let segments = segments(path);
    let Some(place) = segments.iter().position(|segment| *segment == "requests") else {
        return (segments.len() >= 2).then(|| Route::Model(segments.join("/")));
    };
    let id = (*segments.get(place + 1)?).to_owned();
    let operation = match segments.get(place + 2..)? {
        [] | ["response"] => Operation::Result,
        ["status"] => Operation::Status,
        ["status", "stream"] => Operation::Stream,
        ["cancel"] => Operation::Cancel,
        _ => return None,
    };
    Some(Route::Request {
        app: app(&segments[..place])?,
        id,
        operation,
    })
}

/// Returns the part of an endpoint that requests live under: `[namespace/]owner/alias`.
pub(super) fn app_of(endpoint: &str) -> String {
    let segments: Vec<&str> = endpoint.split('/').collect();
    app(&segments).unwrap_or_else(|| endpoint.to_owned())
}

fn app(segments: &[&str]) -> Option<String> {
    let length = match segments.first()? {
        &"workflows" | &"comfy" => 3,
        _ => 2,
    };
    segments.get(..length).map(|part| part.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(operation: Operation) -> Route {
        Route::Request {
            app: "fal-ai/imagen4".to_owned(),
            id: "7".to_owned(),
            operation,
        }
    }

    #[test]
    fn short_and_full_forms_name_the_same_request() {
        for path in [
            "/fal-ai/imagen4/requests/7",
            "/fal-ai/imagen4/requests/7/",
            "/fal-ai/imagen4/requests/7/response",
            "/fal-ai/imagen4/preview/fast/requests/7",
        ] {
            assert_eq!(parse(path), Some(request(Operation::Result)), "{path}");
        }
        assert_eq!(
            parse("/fal-ai/imagen4/requests/7/status/"),
            Some(request(Operation::Status))
        );
        assert_eq!(
            parse("/fal-ai/imagen4/requests/7/status/stream"),
            Some(request(Operation::Stream))
        );
        assert_eq!(
            parse("/fal-ai/imagen4/preview/requests/7/cancel"),
            Some(request(Operation::Cancel))
        );
    }

    #[test]
    fn a_namespace_belongs_to_the_app() {
        assert_eq!(app_of("workflows/me/chain/step"), "workflows/me/chain");
        assert_eq!(app_of("fal-ai/imagen4/preview/fast"), "fal-ai/imagen4");
    }

    #[test]
    fn other_paths_name_nothing() {
        for path in [
            "/",
            "/fal-ai",
            "/requests/7",
            "/a/b/requests",
            "/a/b/requests/7/else",
        ] {
            assert_eq!(parse(path), None, "{path}");
        }
    }
}
