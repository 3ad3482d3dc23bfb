//! Any text as the column of an earlier program: a bounded list of links, or a refusal.
#![no_main]

use libfuzzer_sys::fuzz_target;
use storage::pictures::LegacyUrls;

fuzz_target!(|text: &str| {
    let Ok(urls) = LegacyUrls::read(text) else {
        return;
    };
    assert!(urls.len() <= 99);
    // What was read is a list of its own, and reads the same again.
    let links: Vec<&str> = urls.iter().collect();
    if urls.is_empty()
        || links
            .iter()
            .any(|link| link.starts_with(['(', '[', '{', '"', '\'']))
    {
        return;
    }
    let json = serde_json::to_string(&links).expect("texts are JSON");
    assert_eq!(LegacyUrls::read(&json).as_ref(), Ok(&urls), "{json}");
});
