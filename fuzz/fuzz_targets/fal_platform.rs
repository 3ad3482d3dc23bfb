//! Any bytes as an answer of the platform or to the wish to upload.
#![no_main]

use fal_client::testing::fuzz;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| fuzz::platform(bytes));
