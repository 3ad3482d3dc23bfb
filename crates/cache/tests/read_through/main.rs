//! What services meet above the ports: shared loads, lists of ids, failures that don't matter.
#![expect(clippy::unwrap_used, reason = "the helpers of tests panic as tests do")]

mod after_failures;
mod failures;
mod hydrate;
mod lists;
mod loads;
mod locks;
mod options;
mod together;
mod values;

use std::convert::Infallible;
use std::future::{Ready, ready};

use cache::FamilyKey;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Record {
    number: u32,
}

fn key() -> FamilyKey {
    FamilyKey::generation(17).unwrap()
}

fn list_key() -> FamilyKey {
    FamilyKey::user_generations(42).unwrap()
}

fn load(number: u32) -> Ready<Result<Option<Record>, Infallible>> {
    ready(Ok(Some(Record { number })))
}
