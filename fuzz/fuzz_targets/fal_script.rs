//! Any text as a script of faults: what is read is the same when it is written and read again.
#![no_main]

use fal_client::testing::fuzz;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| fuzz::script(bytes));
