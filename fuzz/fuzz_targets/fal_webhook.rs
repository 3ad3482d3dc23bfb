//! Any delivery of a webhook: without the key nobody signs it.
//!
//! The input is four headers and a body with a zero byte between them.
#![no_main]

use fal_client::testing::fuzz;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| fuzz::webhook(bytes));
