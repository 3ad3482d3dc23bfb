//! Links are read back to what they name, and to nothing else.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on must stop, also within its helpers"
)]

mod corpus;
mod properties;

use std::collections::HashSet;

use storage::pictures::{BucketMap, LinkParser, PictureKind, PictureLink};

use self::corpus::CORPUS;

/// The working host, the public host, one by address and one that has IPv6 only.
const HOSTS: [&str; 4] = [
    "http://minio:9000",
    "https://img.example",
    "http://127.0.0.1:9000",
    "http://[2001:db8::1]:9000",
];

fn buckets() -> BucketMap {
    let builder = BucketMap::builder();
    let avatars = "my.avatars".parse().unwrap();
    builder
        .with(PictureKind::Avatar, avatars, None)
        .build()
        .unwrap()
}

fn parser<'a>(hosts: impl IntoIterator<Item = &'a str>) -> LinkParser {
    let hosts = hosts.into_iter().map(|host| host.parse().unwrap());
    LinkParser::new(hosts, buckets())
}

fn expected(object: Option<&str>) -> PictureLink {
    object.map_or(PictureLink::NotOurs, |object| {
        PictureLink::Ours(object.parse().unwrap())
    })
}

#[test]
fn every_link_of_the_corpus_is_read_right() {
    let links: HashSet<_> = CORPUS.iter().map(|(link, _)| link).collect();
    assert_eq!(links.len(), CORPUS.len(), "each link once");
    assert!(links.len() >= 60);
    let parser = parser(HOSTS);
    let wrong: Vec<_> = CORPUS
        .iter()
        .map(|(link, object)| (link, parser.parse(link), expected(*object)))
        .filter(|(_, found, expected)| found != expected)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn without_hosts_no_link_is_ours() {
    let parser = parser([]);
    for (link, _) in CORPUS {
        assert_eq!(parser.parse(link), PictureLink::NotOurs, "{link}");
    }
}

#[test]
fn a_link_with_two_readings_is_not_ours() {
    // The second host is also the first bucket below the first host.
    let parser = parser(["http://img.example", "http://imagen4.img.example"]);
    for (link, object) in [
        (
            "http://img.example/imagen4/a_1.png",
            Some("imagen4/a_1.png"),
        ),
        (
            "http://imagen4.img.example/a_1.png",
            Some("imagen4/a_1.png"),
        ),
        (
            "http://temp.imagen4.img.example/a_1.png",
            Some("temp/a_1.png"),
        ),
        ("http://imagen4.img.example/temp/a_1.png", None),
    ] {
        assert_eq!(parser.parse(link), expected(object), "{link}");
    }
}

#[test]
fn the_same_host_twice_makes_no_doubt() {
    let parser = parser(["http://img.example", "http://IMG.example:80"]);
    let link = parser.parse("http://img.example/imagen4/a_1.png");
    assert_eq!(link, expected(Some("imagen4/a_1.png")));
}

#[test]
fn a_link_too_long_for_a_key_is_not_ours() {
    let parser = parser(HOSTS);
    let link = |bytes| format!("https://img.example/imagen4/{}", "a".repeat(bytes));
    assert_eq!(parser.parse(&link(1025)), PictureLink::NotOurs);
    assert!(parser.parse(&link(1024)).into_object().is_some());
}

#[test]
fn what_is_shown_of_a_link_has_no_signature() {
    let parser = parser(HOSTS);
    for link in [
        "https://img.example/imagen4/a_1.png?X-Amz-Signature=canary#canary",
        "https://img.example/imagen4/a_1.png%3Fx-amz-signature%3Dcanary",
        "https://canary:canary@img.example/imagen4/a_1.png",
        "https://canary.test/canary",
    ] {
        let shown = format!("{:?}", parser.parse(link));
        assert!(!shown.contains("canary"), "{shown}");
    }
}
