//! Links that are built by a rule, and texts that are built by none.

use chrono::DateTime;
use core_config::Secret;
use proptest::prelude::*;
use storage::pictures::PictureLink;
use storage::{Credentials, LinkSigner, ObjectKey, ObjectRef, SignOptions, SignedHost};

use super::{HOSTS, parser};

fn object() -> impl Strategy<Value = ObjectRef> {
    let bucket = prop::sample::select(vec!["imagen4", "generated", "my.avatars", "temp"]);
    let key = prop::collection::vec("[^/\\\\\\pC]{1,24}", 1..5).prop_map(|parts| parts.join("/"));
    let key = prop_oneof![
        key,
        "[0-9]{4}/[0-9]{2}/[0-9]{2}/[a-zA-Z0-9-]{1,36}_0?[1-9].png"
    ];
    let lawful = key.prop_filter_map("no key", |key| key.parse::<ObjectKey>().ok());
    (bucket, lawful).prop_map(|(bucket, key)| ObjectRef::new(bucket.parse().unwrap(), key))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_link_that_was_built_is_read_back(object in object(), host in 0..HOSTS.len()) {
        let host: SignedHost = HOSTS[host].parse().unwrap();
        let credentials = Credentials::new("who", Secret::new("word"));
        let signer = LinkSigner::new(host.clone(), "us-east-1", credentials);
        let link = signer.sign_get(&object, &SignOptions::default(), DateTime::UNIX_EPOCH);
        let link = link.unwrap();
        let parser = parser(HOSTS);
        let ours = PictureLink::Ours(object.clone());
        prop_assert_eq!(parser.parse(link.expose()), ours.clone());
        let plain = link.expose().split('?').next().unwrap();
        prop_assert_eq!(parser.parse(plain), ours.clone());
        if host.authority().contains("example") || host.authority().contains("minio") {
            let path_style = format!("{}/{}", host.authority(), object.bucket);
            let virtual_host = format!("{}.{}", object.bucket, host.authority());
            let moved = plain.replacen(&path_style, &virtual_host, 1);
            prop_assert_eq!(parser.parse(&moved), ours);
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>(), tail in "\\PC{0,40}") {
        let parser = parser(HOSTS);
        parser.parse(&text);
        parser.parse(&format!("https://{text}"));
        parser.parse(&format!("https://img.example/imagen4/{text}"));
        parser.parse(&format!("https://img.example:{tail}/imagen4/{text}"));
    }

    #[test]
    fn a_parser_of_urls_finds_the_same_host_and_bucket(
        link in "(https?://)(img\\.example|minio:9000|imagen4\\.minio:9000|[a-z@:.%\\\\]{1,9})([/\\\\@?#:.%]{0,2}(imagen4|temp|img\\.example|%2[eEfF]|\\.\\.?|[a-z_]{1,4})){0,6}"
    ) {
        if let PictureLink::Ours(object) = parser(HOSTS).parse(&link) {
            let url = url::Url::parse(&link).unwrap();
            let host = url.host_str().unwrap();
            let base = host.strip_prefix(&format!("{}.", object.bucket));
            prop_assert!(matches!(base.unwrap_or(host), "img.example" | "minio"), "{}", link);
            let path = format!("/{}/", object.bucket);
            prop_assert!(base.is_some() || url.path().starts_with(&path), "{}", link);
            prop_assert!(url.username().is_empty() && url.password().is_none());
        }
    }
}
