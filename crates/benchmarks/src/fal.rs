//! The CPU of the client of FAL, against bare calls and FAL's own clients.

pub(crate) mod caller;
mod cost;
mod process;
pub(crate) mod simulator;
mod usage;

use crate::shared::{Outcome, Report};

/// The parts, by the rows of the mission that they check.
const PARTS: [&str; 1] = ["p9"];

/// Runs the parts named, all where none is, and tells whether there are such.
pub(crate) async fn run(parts: &[String], report: &mut Report) -> Outcome<bool> {
    if parts.iter().any(|part| !PARTS.contains(&part.as_str())) {
        return Ok(false);
    }
    cost::run(report).await?;
    Ok(true)
}
