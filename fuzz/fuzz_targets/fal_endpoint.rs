//! Any bytes as the name of a model or as the id of a request: they cannot lead to another address.
#![no_main]

use fal_client::testing::fuzz;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| fuzz::endpoint(bytes));
