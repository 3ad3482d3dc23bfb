//! The CPU of the client of FAL, against bare calls and FAL's own clients, and of its webhooks.

pub(crate) mod caller;
mod cost;
mod deliveries;
mod process;
pub(crate) mod simulator;
mod usage;

use crate::shared::{Outcome, Report};

/// The parts, by the rows of the mission that they check.
const PARTS: [&str; 2] = ["p9", "r25"];

/// Runs the parts named, all where none is, and tells whether there are such.
pub(crate) async fn run(parts: &[String], report: &mut Report) -> Outcome<bool> {
    if parts.iter().any(|part| !PARTS.contains(&part.as_str())) {
        return Ok(false);
    }
    for part in PARTS {
        if !parts.is_empty() && !parts.iter().any(|named| named == part) {
            continue;
        }
        match part {
            "p9" => cost::run(report).await?,
            _ => deliveries::run(report).await?,
        }
    }
    Ok(true)
}
