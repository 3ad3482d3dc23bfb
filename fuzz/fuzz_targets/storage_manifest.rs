//! Any bytes as a manifest: what is read can be written, and reads the same again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use storage::pictures::{Manifest, ManifestError};

fuzz_target!(|data: &[u8]| {
    let Ok(manifest) = Manifest::from_json(data) else {
        return;
    };
    match manifest.to_json() {
        Ok(written) => assert_eq!(Manifest::from_json(&written), Ok(manifest)),
        // Spaces and absent fields are written, and there may be no room for them.
        Err(error) => assert_eq!(error, ManifestError::TooLong),
    }
});
