//! Anything that a client may send the simulator of FAL.
//!
//! The input is a path or an address, headers one a line, an empty line, and a body.
#![no_main]

use fal_client::testing::fuzz;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| fuzz::request(bytes));
