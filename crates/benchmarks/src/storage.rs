//! Speed and memory of the storage crate.

mod cpu;
mod hashing;
mod links;
pub(crate) mod memory;
mod peers;
mod save;
mod servers;
mod sink;
mod transfer;

use crate::shared::{Outcome, Report};

/// The parts, by the rows of the mission that they check.
const PARTS: [&str; 5] = ["p1", "p2", "p3", "p4", "r6"];

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
            "p1" => save::run(report).await?,
            "p2" => transfer::run(report).await?,
            "p3" => memory::run(report).await?,
            "p4" => links::run(report).await?,
            _ => hashing::run(report).await?,
        }
    }
    Ok(true)
}
