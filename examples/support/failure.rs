//! Why a program ends without its result, and the exit code for that.

use std::error::Error;
use std::fmt::Display;
use std::process::ExitCode;

use assembly::AssemblyError;
use core_config::Problems;
use imagen4_domain::{GenerateError, InputError};

const BAD_INPUT: u8 = 2;
const DEPENDENCY_DOWN: u8 = 4;

/// What to tell the person at the terminal, and the exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    exit_code: u8,
}

impl Failure {
    /// Prints the message and returns the exit code.
    #[expect(clippy::print_stderr, reason = "a program talks on the terminal")]
    pub(crate) fn report(&self) -> ExitCode {
        eprintln!("{}", self.message);
        ExitCode::from(self.exit_code)
    }

    fn new(message: impl Display, exit_code: u8) -> Self {
        Self {
            message: message.to_string(),
            exit_code,
        }
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Self::new(problems, BAD_INPUT)
    }
}

impl From<InputError> for Failure {
    fn from(error: InputError) -> Self {
        Self::new(error, BAD_INPUT)
    }
}

impl From<AssemblyError> for Failure {
    fn from(error: AssemblyError) -> Self {
        Self::new(chain(&error), DEPENDENCY_DOWN)
    }
}

impl From<GenerateError> for Failure {
    fn from(error: GenerateError) -> Self {
        let mut message = chain(&error);
        let reason = error.reason();
        if !message.contains(&reason) {
            message = format!("{message}\nreason: {reason}");
        }
        if let Some(id) = error.id() {
            message = format!("{message}\ngeneration: {id}");
        }
        if let Some(id) = error.request_id() {
            message =
                format!("{message}\nFAL's request id, with which the job is found again: {id}");
        }
        Self::new(message, error.kind().exit_code())
    }
}

/// Returns the error and its causes on one line, from the outside in.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
