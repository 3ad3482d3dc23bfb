//! What a runner does with one job: it draws the pictures, or fails as the script says.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::simulator::data_url;
use crate::simulator::draw::{self, PictureSpec};
use crate::simulator::fault::Fault;
use crate::simulator::input::{self, Order};
use crate::simulator::job::Ending;
use crate::simulator::media::{self, Content, File};
use crate::simulator::state::{State, Turn};
use crate::simulator::time::after;
use crate::simulator::wishes::Wishes;

/// The longest time for finding out that an input is not valid.
const CHECK_TIME: Duration = Duration::from_millis(20);
/// The word that is always refused, so that people can see a refusal.
const FORBIDDEN: &str = "forbidden";

/// A job as its runner sees it.
pub(super) struct Plan {
    id: String,
    input: Value,
    order: Result<Order, Vec<Value>>,
    pub(super) fault: Option<Fault>,
    wishes: Wishes,
}

impl Plan {
    pub(super) fn of(state: &State, id: &str) -> Option<Self> {
        let mut inner = state.lock();
        let job = inner.jobs.get_mut(id)?;
        let plan = Self {
            id: id.to_owned(),
            input: job.input.clone(),
            order: job.order.clone(),
            fault: job.fault.clone(),
            wishes: job.wishes.clone(),
        };
        // A runner dies once, and the next one takes the job to its end.
        job.fault.take_if(|fault| *fault == Fault::Requeued);
        Some(plan)
    }

    /// Works on the job, and returns how long that took and how it ended.
    pub(super) async fn work(&self, state: &State, turn: &Turn) -> (Duration, Ending) {
        let run_time = state.settings.run_time;
        let wait = async |span| state.time.sleep_until(after(turn.since, span)).await;
        let order = match &self.order {
            Ok(order) => order,
            Err(details) => {
                let span = run_time.min(CHECK_TIME);
                wait(span).await;
                return (span, unprocessable(details));
            }
        };
        if let Some(ending) = self.bad_end(order) {
            wait(run_time / 2).await;
            return (run_time / 2, ending);
        }
        let extra = match self.fault {
            Some(Fault::Slow(extra)) => extra,
            _ => Duration::ZERO,
        };
        let span = run_time.saturating_add(extra);
        let ((), drawn) = tokio::join!(wait(span), self.draw(state, order));
        let ending = drawn.unwrap_or_else(|| Ending::Failed {
            status: 500,
            error: "Internal Server Error".to_owned(),
            error_type: "internal_error".to_owned(),
        });
        (span, ending)
    }

    /// Returns the end of a job that draws nothing.
    fn bad_end(&self, order: &Order) -> Option<Ending> {
        let refusal = |kind: &str, message| {
            let detail = input::detail(Some("prompt"), kind, message, None, &self.input);
            Some(unprocessable(&[detail]))
        };
        let policy = "The prompt was refused by the content checker.";
        match &self.fault {
            Some(Fault::RefusePrompt) => refusal("content_policy_violation", policy),
            Some(Fault::NoMediaGenerated) => refusal(
                "no_media_generated",
                "The model made no picture from this prompt.",
            ),
            Some(Fault::ModelError { status, error_type }) => {
                Some(self.model_error(*status, error_type))
            }
            Some(Fault::Unhandled) => Some(Ending::Refused {
                status: 500,
                body: json!({ "detail": "Internal Server Error" }),
            }),
            Some(Fault::CompletesWithError { error, error_type }) => Some(Ending::Failed {
                status: status_of(error_type),
                error: error.clone(),
                error_type: error_type.clone(),
            }),
            Some(Fault::WrongOutput) => Some(Ending::Output {
                value: json!({ "video": { "url": null }, "timings": {} }),
                units: 1,
            }),
            _ if is_forbidden(&order.prompt) => refusal("content_policy_violation", policy),
            _ => None,
        }
    }

    fn model_error(&self, status: u16, error_type: &str) -> Ending {
        let message = error_type.replace('_', " ");
        let detail = input::detail(None, error_type, &message, None, &self.input);
        Ending::Refused {
            status,
            body: json!({ "detail": [detail] }),
        }
    }

    /// Draws the pictures side by side and returns the model's output.
    async fn draw(&self, state: &State, order: &Order) -> Option<Ending> {
        let count = match self.fault {
            Some(Fault::FewerImages(count)) => count.min(order.count),
            _ => order.count,
        };
        let tasks: Vec<_> = (0..count)
            .map(|index| {
                let spec = order.picture(index);
                tokio::task::spawn_blocking(move || draw::draw(&spec).map(|bytes| (spec, bytes)))
            })
            .collect();
        let mut images = Vec::with_capacity(tasks.len());
        for task in tasks {
            let (spec, bytes) = task.await.ok()?.ok()?;
            images.push(self.deliver(state, order, spec, bytes));
            self.show(state, &images);
        }
        Some(Ending::Output {
            value: json!({ "images": images, "description": "" }),
            units: count,
        })
    }

    /// Shows the pictures made so far to whoever follows the job.
    fn show(&self, state: &State, images: &[Value]) {
        if let Some(job) = state.lock().jobs.get_mut(&self.id) {
            job.pictures = images.to_vec();
        }
        state.changed.notify_waiters();
    }

    /// Puts one picture where its link leads, and returns the entry of the output.
    fn deliver(&self, state: &State, order: &Order, spec: PictureSpec, bytes: Vec<u8>) -> Value {
        let (width, height) = spec.size;
        let content_type = spec.format.content_type();
        let file_name = format!("{}.{}", Uuid::new_v4().simple(), spec.format.extension());
        let size = bytes.len();
        let url = if order.inline {
            data_url::encode(content_type, &bytes)
        } else {
            self.publish(state, &file_name, spec, bytes)
        };
        match self.fault {
            Some(Fault::BareImages) => json!({ "url": url }),
            Some(Fault::WrongMetadata) => json!({
                "url": url,
                "content_type": "image/gif",
                "file_name": "other.gif",
                "file_size": 1,
                "width": 1,
                "height": 1,
            }),
            _ => json!({
                "url": url,
                "content_type": content_type,
                "file_name": file_name,
                "file_size": size,
                "width": width,
                "height": height,
            }),
        }
    }

    fn publish(&self, state: &State, name: &str, spec: PictureSpec, bytes: Vec<u8>) -> String {
        let (path, now) = (media::new_path(name), state.time.now());
        let file = File::new(Content::Picture(spec), bytes.into())
            .kept(&self.wishes.lifecycle, now)
            .struck(self.fault.clone(), now);
        state.media.put(&path, file);
        state.media.link(&path)
    }
}

fn unprocessable(details: &[Value]) -> Ending {
    Ending::Refused {
        status: 422,
        body: json!({ "detail": details }),
    }
}

fn is_forbidden(prompt: &str) -> bool {
    prompt
        .split(|letter: char| !letter.is_alphanumeric())
        .any(|word| word.eq_ignore_ascii_case(FORBIDDEN))
}

/// Returns the HTTP status that FAL documents for an infrastructure error.
pub(in super::super) fn status_of(error_type: &str) -> u16 {
    match error_type {
        "request_timeout" | "startup_timeout" | "generation_timeout" => 504,
        "runner_scheduling_failure"
        | "runner_connection_timeout"
        | "runner_disconnected"
        | "runner_connection_refused"
        | "runner_connection_error" => 503,
        "runner_incomplete_response" => 502,
        "client_disconnected" | "client_cancelled" => 499,
        "concurrent_requests_limit" => 429,
        "bad_request" | "downstream_service_error" => 400,
        _ => 500,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_word_is_forbidden() {
        assert!(is_forbidden("a Forbidden, dark forest"));
        assert!(!is_forbidden("an unforbidden tree"));
    }

    #[test]
    fn infrastructure_errors_have_the_documented_status() {
        for (name, status) in [
            ("startup_timeout", 504),
            ("runner_disconnected", 503),
            ("runner_incomplete_response", 502),
            ("runner_server_error", 500),
            ("client_cancelled", 499),
        ] {
            assert_eq!(status_of(name), status, "{name}");
        }
    }
}
