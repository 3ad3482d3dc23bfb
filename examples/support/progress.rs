//! A line that shows how far the pictures are.

use std::time::Duration;

use imagen4_domain::Progress;
use indicatif::{ProgressBar, ProgressStyle};

const STEPS: u64 = 5;
const TICK: Duration = Duration::from_millis(120);

/// A progress bar for one generation; it is drawn on the standard error stream when that is a terminal.
#[derive(Debug)]
pub(crate) struct Waiting(ProgressBar);

impl Waiting {
    /// Returns a bar at its start.
    pub(crate) fn new() -> Self {
        let bar = ProgressBar::new(STEPS);
        if let Ok(style) = ProgressStyle::with_template("{spinner} [{bar:24}] {elapsed:>3} {msg}") {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.enable_steady_tick(TICK);
        Self(bar)
    }

    /// Returns the listener that moves the bar.
    pub(crate) fn listener(&self) -> impl Fn(&Progress) + Send + Sync + 'static {
        let bar = self.0.clone();
        move |progress| {
            let (step, message) = describe(progress);
            if let Some(step) = step {
                bar.set_position(step);
            }
            bar.set_message(message);
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

fn describe(progress: &Progress) -> (Option<u64>, String) {
    match progress {
        Progress::Accepted { id } => (Some(0), format!("recorded as {id}")),
        Progress::Submitting { model } => (Some(1), format!("asking {model}")),
        Progress::Submitted { .. } => (Some(2), "taken by FAL".to_owned()),
        Progress::Queued { position } => (Some(2), format!("waiting, {position} ahead")),
        Progress::Running => (Some(3), "being drawn".to_owned()),
        Progress::Log { message } => (None, message.clone()),
        Progress::Saving { pictures } => (Some(4), format!("storing {pictures} pictures")),
        _ => (None, String::new()),
    }
}
