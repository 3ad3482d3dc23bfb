//! Any stream of events: where it is cut changes nothing. The first byte is the size of the pieces.
#![no_main]

use fal_client::testing::fuzz;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| fuzz::sse(bytes));
