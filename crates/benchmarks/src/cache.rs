//! Speed, outages and stampedes of the cache crate, on a Redis server of its own.

mod calls;
pub(crate) mod misses;
mod near;
mod outage;
mod peers;

use crate::shared::{Outcome, Report};

/// The parts, by the rows of the mission that they check.
const PARTS: [&str; 4] = ["p5", "p6", "p7", "p8"];

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
            "p5" => calls::run(report).await?,
            "p6" => near::run(report).await?,
            "p7" => outage::run(report).await?,
            _ => misses::run(report).await?,
        }
    }
    Ok(true)
}
