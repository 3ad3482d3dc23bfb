//! Any JSON as the input of a generation: its hash does not depend on how it is written.
#![no_main]

use fal_client::testing::fuzz;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| fuzz::input_hash(bytes));
