//! All that is shown while it listens: spans and events, records of the libraries beneath, errors, panics.

use std::{
    collections::BTreeSet,
    error::Error,
    fmt::Debug,
    io,
    panic::{AssertUnwindSafe, catch_unwind, set_hook},
    sync::{Arc, Mutex},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use core_config::Secret;
use fal_client::{FalError, StatusStream, webhook::WebhookError};
use futures_util::StreamExt;
use tracing_subscriber::fmt::{MakeWriter, format::FmtSpan};

/// Everything that was shown, by its source.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    /// Lines of spans, events and records.
    logs: Lines,
    /// Messages of panics.
    panics: Lines,
    /// Errors with their chains, and whatever has a debug output.
    texts: Vec<String>,
    kinds: BTreeSet<String>,
}

impl Shown {
    /// Begins to listen, at the finest level, in the whole process.
    pub(crate) fn listen() -> Self {
        let shown = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(shown.logs.clone())
            .finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
        log::set_boxed_logger(Box::new(shown.logs.clone())).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
        let panics = shown.panics.clone();
        set_hook(Box::new(move |panic| panics.push(&panic.to_string())));
        shown
    }

    pub(crate) fn debug(&mut self, thing: &dyn Debug) {
        self.texts.push(format!("{thing:?} {thing:#?}"));
    }

    /// Keeps what an error shows in every way, its panic included, and what came otherwise.
    pub(crate) fn outcome<T: Debug>(&mut self, outcome: Result<T, FalError>) -> Option<T> {
        self.debug(&outcome);
        let error = match outcome {
            Ok(value) => return Some(value),
            Err(error) => error,
        };
        self.kinds.insert(format!("{:?}", error.kind()));
        // What a program may show its users, and keep.
        self.texts.extend(error.reason().map(str::to_owned));
        if let Some(lost) = error.unknown_submit() {
            self.texts.push(serde_json::to_string(lost).unwrap());
        }
        self.error(error);
        None
    }

    /// Keeps what the states of a job show, or why there are none.
    pub(crate) async fn states(&mut self, watched: Result<StatusStream, FalError>) {
        match watched {
            Ok(states) => {
                for state in states.collect::<Vec<_>>().await {
                    self.outcome(state);
                }
            }
            Err(error) => drop(self.outcome(Err::<(), _>(error))),
        }
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.texts.push(text.to_owned());
    }

    pub(crate) fn webhook<T: Debug>(&mut self, outcome: Result<T, WebhookError>) {
        self.debug(&outcome);
        if let Err(error) = outcome {
            self.kinds.insert(format!("{:?}", error.kind()));
            self.error(error);
        }
    }

    fn error(&mut self, error: impl Error) {
        let mut next: Option<&dyn Error> = Some(&error);
        while let Some(error) = next {
            self.texts.push(format!("{error} {error:?} {error:#?}"));
            next = error.source();
        }
        let unwrap = |outcome: Result<(), _>| outcome.unwrap();
        let panicked = catch_unwind(AssertUnwindSafe(|| unwrap(Err(error))));
        assert!(panicked.is_err());
    }

    /// Looks for the key in whole, in halves, and as it would stand in an address or in base64.
    pub(crate) fn assert_hidden(&self, key: &Secret) {
        let (id, secret) = key.expose().split_once(':').unwrap();
        let encoded = STANDARD.encode(key.expose());
        let sources = [self.logs.text(), self.panics.text(), self.texts.join("\n")];
        for source in &sources {
            assert!(
                source.len() > 10_000,
                "too little was shown to say anything"
            );
            let source = source.to_ascii_lowercase();
            for part in [id, secret, encoded.as_str()] {
                let found = source.matches(&part.to_ascii_lowercase()).count();
                assert_eq!(found, 0, "the key shows");
            }
        }
        for call in [
            "submit", "status", "watch", "result", "cancel", "run", "stream", "upload",
        ] {
            assert!(
                sources[0].contains(&format!("fal.{call}{{")),
                "no span of {call}"
            );
        }
        assert!(
            sources[0].contains("reqwest"),
            "the libraries beneath are not heard"
        );
        assert!(
            self.kinds.len() >= 14,
            "few kinds of errors: {:?}",
            self.kinds
        );
    }
}

/// A text that grows.
#[derive(Debug, Clone, Default)]
struct Lines(Arc<Mutex<String>>);

impl Lines {
    fn push(&self, text: &str) {
        self.0.lock().unwrap().push_str(text);
    }

    fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl log::Log for Lines {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        self.push(&format!("{}: {}\n", record.target(), record.args()));
    }

    fn flush(&self) {}
}
