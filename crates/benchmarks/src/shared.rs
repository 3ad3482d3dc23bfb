//! What every topic measures with: interleaved rounds, medians, ratios, tables and aims.

pub(crate) mod allocator;
pub(crate) mod awake;
mod figures;
mod report;
mod rounds;

use std::error::Error;

pub(crate) use figures::Figures;
pub(crate) use report::{Report, print_table};
pub(crate) use rounds::{Contestant, interleaved};

/// The result of a step of a benchmark, which is run by hand and ends at the first surprise.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;
