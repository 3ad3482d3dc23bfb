//! Why the program ends without being asked to, and the exit code for that.

use std::error::Error;
use std::fmt::Display;
use std::process::ExitCode;

use assembly::AssemblyError;
use core_config::Problems;
use imagen4_domain::conversation::RouteError;

const OTHER: u8 = 1;
const BAD_SETTINGS: u8 = 2;
const DEPENDENCY_DOWN: u8 = 4;

/// What to tell the person at the terminal, and the exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    exit_code: u8,
}

impl Failure {
    /// A setting that only somebody else could find wrong, such as a token.
    pub(crate) fn bad_setting(message: impl Display) -> Self {
        Self::new(message, BAD_SETTINGS)
    }

    /// Something that is needed is down.
    pub(crate) fn down(message: impl Display) -> Self {
        Self::new(message, DEPENDENCY_DOWN)
    }

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
        Self::new(problems, BAD_SETTINGS)
    }
}

impl From<AssemblyError> for Failure {
    fn from(error: AssemblyError) -> Self {
        Self::down(chain(&error))
    }
}

impl From<RouteError> for Failure {
    fn from(error: RouteError) -> Self {
        Self::new(chain(&error), OTHER)
    }
}

/// Returns the error and its causes on one line, from the outside in.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
