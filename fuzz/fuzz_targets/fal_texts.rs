//! Any bytes as an address, a job, a hash or a number of units: read or refused.
#![no_main]

use fal_client::testing::fuzz;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| fuzz::texts(bytes));
