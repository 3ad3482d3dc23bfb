//! Any text as a link: it names a lawful object of ours, or nothing.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use storage::SignedHost;
use storage::pictures::{BucketMap, LinkParser, PictureLink};

const HOSTS: [&str; 4] = [
    "https://img.example",
    "http://minio:9000",
    "http://[::1]:9000",
    "http://10.0.0.7:9000",
];

static PARSER: LazyLock<LinkParser> = LazyLock::new(|| {
    let hosts = HOSTS.map(|host| host.parse::<SignedHost>().expect("a constant host"));
    LinkParser::new(hosts, BucketMap::default())
});

fuzz_target!(|text: &str| {
    check(text);
    // Most texts get no further than the scheme; these begin behind it.
    check(&format!("https://{text}"));
    check(&format!("https://img.example/{text}"));
    check(&format!("http://imagen4.minio:9000/{text}"));
});

fn check(link: &str) {
    let PictureLink::Ours(object) = PARSER.parse(link) else {
        return;
    };
    let text = object.to_string();
    assert_eq!(text.parse(), Ok(object.clone()), "the object is lawful");
    assert!(BucketMap::default().contains(&object.bucket));
    assert!(!text.to_ascii_lowercase().contains("x-amz-signature"));
    let (_, rest) = link.split_once("://").expect("a link of ours has a scheme");
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    assert!(
        !authority.contains(['@', '\\', '%']),
        "no other host hides in it"
    );
}
