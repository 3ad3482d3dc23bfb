//! Any bytes as an answer of the queue, with any status and any headers.
#![no_main]

use fal_client::testing::fuzz;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| fuzz::answers(bytes));
