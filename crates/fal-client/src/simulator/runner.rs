//! Runners: each takes the first job of the line, draws its pictures, and writes down how it ended.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep, sleep_until};

use super::data_url;
use super::draw::{self, PictureSpec};
use super::fault::Fault;
use super::input::{self, Order};
use super::job::Ending;
use super::state::{Look, State, Turn};

/// The longest time for finding out that an input is not valid.
const CHECK_TIME: Duration = Duration::from_millis(20);
/// The word that is always refused, so that people can see a refusal.
const FORBIDDEN: &str = "forbidden";

/// Takes jobs one after another, until the task is dropped.
pub(super) async fn run(state: Arc<State>) {
    loop {
        let mut changed = pin!(state.changed.notified());
        // Registered before the look, so that a change in between is not missed.
        changed.as_mut().enable();
        match state.look(Instant::now()) {
            Look::Empty => changed.await,
            Look::NotBefore(ready) => {
                tokio::select! {
                    () = sleep_until(ready) => {}
                    () = changed => {}
                }
            }
            Look::Start(turn) => one(&state, turn).await,
        }
    }
}

/// Runs one job until it has ended or is cancelled.
async fn one(state: &State, turn: Turn) {
    let Some(plan) = Plan::of(state, &turn.id) else {
        return;
    };
    let cancelled = async {
        turn.stop.notified().await;
        if plan.fault == Some(Fault::IgnoresCancel) {
            std::future::pending::<()>().await;
        }
    };
    let ending = tokio::select! {
        ending = plan.work(state) => ending,
        () = cancelled => Ending::cancelled(),
    };
    state.end(&turn.id, ending);
}

/// A job as its runner sees it.
struct Plan {
    input: Value,
    order: Result<Order, Vec<Value>>,
    fault: Option<Fault>,
}

impl Plan {
    fn of(state: &State, id: &str) -> Option<Self> {
        let inner = state.lock();
        let job = inner.jobs.get(id)?;
        Some(Self {
            input: job.input.clone(),
            order: job.order.clone(),
            fault: job.fault.clone(),
        })
    }

    async fn work(&self, state: &State) -> Ending {
        let run_time = state.settings.run_time;
        let order = match &self.order {
            Ok(order) => order,
            Err(details) => {
                sleep(run_time.min(CHECK_TIME)).await;
                return unprocessable(details);
            }
        };
        if let Some(ending) = self.bad_end(order) {
            sleep(run_time / 2).await;
            return ending;
        }
        let extra = match self.fault {
            Some(Fault::Slow(extra)) => extra,
            _ => Duration::ZERO,
        };
        let ((), drawn) = tokio::join!(sleep(run_time + extra), self.draw(state, order));
        drawn.unwrap_or_else(|| Ending::Failed {
            status: 500,
            error: "Internal Server Error".to_owned(),
            error_type: "internal_error".to_owned(),
        })
    }

    /// Returns the end of a job that draws nothing.
    fn bad_end(&self, order: &Order) -> Option<Ending> {
        let refusal = |kind, message| {
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
            Some(Fault::CompletesWithError { error, error_type }) => Some(Ending::Failed {
                status: status_of(error_type),
                error: error.clone(),
                error_type: error_type.clone(),
            }),
            _ if is_forbidden(&order.prompt) => refusal("content_policy_violation", policy),
            _ => None,
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
        }
        Some(Ending::Output {
            value: json!({ "images": images, "description": "" }),
            units: count,
        })
    }

    /// Puts one picture where its link leads, and returns the entry of the output.
    fn deliver(&self, state: &State, order: &Order, spec: PictureSpec, bytes: Vec<u8>) -> Value {
        let (width, height) = spec.size;
        let content_type = spec.format.content_type();
        let file_name = format!(
            "{}.{}",
            uuid::Uuid::new_v4().simple(),
            spec.format.extension()
        );
        let size = bytes.len();
        let url = if order.inline {
            data_url::encode(content_type, &bytes)
        } else {
            state.media.put(&file_name, spec, bytes, self.fault.clone())
        };
        json!({
            "url": url,
            "content_type": content_type,
            "file_name": file_name,
            "file_size": size,
            "width": width,
            "height": height,
        })
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
fn status_of(error_type: &str) -> u16 {
    match error_type {
        "request_timeout" | "startup_timeout" | "generation_timeout" => 504,
        "runner_scheduling_failure"
        | "runner_connection_timeout"
        | "runner_disconnected"
        | "runner_connection_refused"
        | "runner_connection_error" => 503,
        "runner_incomplete_response" => 502,
        "client_disconnected" | "client_cancelled" => 499,
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
