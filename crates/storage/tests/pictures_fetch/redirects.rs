//! Redirects: each hop is judged like the first link.

use storage::pictures::testing::sample_picture;
use storage::pictures::{FetchErrorKind, FetchErrorKind as Kind, ImageFormat};

use super::server::{Server, picture, redirect, status};
use super::{all_of, get, kind};

fn png() -> bytes::Bytes {
    sample_picture(ImageFormat::Png, 8, 8, b"abc")
}

#[tokio::test]
async fn up_to_three_redirects_are_followed() {
    let server = Server::start().await;
    server.on("/a/1", redirect(301, "2"));
    server.on("/a/2", redirect(302, "/a/3?x=y"));
    server.on("/a/3?x=y", redirect(308, &server.url("/a/4")));
    server.on("/a/4", picture(&png()));
    assert_eq!(get(&server, "/a/1").await.unwrap().bytes, png());
    for request in server.requests() {
        let head = request.to_lowercase();
        assert!(
            !head.contains("referer") && !head.contains("cookie"),
            "{head}"
        );
    }
}

#[tokio::test]
async fn the_fourth_redirect_is_one_too_many() {
    let server = Server::start().await;
    for (from, to) in [("/1", "/2"), ("/2", "/3"), ("/3", "/4"), ("/4", "/5")] {
        server.on(from, redirect(307, to));
    }
    server.on("/5", picture(&png()));
    assert_eq!(kind(&server, "/1").await, FetchErrorKind::Redirect);
    assert_eq!(server.requests().len(), 4);
}

#[tokio::test]
async fn a_loop_ends() {
    let server = Server::start().await;
    server.on("/a", redirect(302, "/b"));
    server.on("/b", redirect(302, "/a"));
    assert_eq!(kind(&server, "/a").await, FetchErrorKind::Redirect);
    assert_eq!(server.requests().len(), 4);
}

#[tokio::test]
async fn a_redirect_to_where_a_link_may_not_go_is_refused_unasked() {
    let server = Server::start().await;
    let other = Server::start().await;
    other.on("/a", picture(&png()));
    let other_port = other.origin().rsplit(':').next().unwrap();
    let user = server.origin().replace("http://", "http://user:word@");
    let cases = [
        (other.url("/a"), Kind::ForbiddenScheme),
        (
            format!("https://127.0.0.1:{other_port}/a"),
            Kind::ForbiddenPort,
        ),
        (
            "http://169.254.169.254/latest/meta-data/".to_owned(),
            Kind::ForbiddenScheme,
        ),
        (
            "https://169.254.169.254/latest/meta-data/".to_owned(),
            Kind::ForbiddenAddress,
        ),
        (
            "https://[::ffff:7f00:1]/".to_owned(),
            Kind::ForbiddenAddress,
        ),
        ("https://0x7f.1/".to_owned(), Kind::ForbiddenAddress),
        ("https://localhost/".to_owned(), Kind::ForbiddenAddress),
        ("//127.0.0.1:1/".to_owned(), Kind::ForbiddenScheme),
        ("file:///etc/passwd".to_owned(), Kind::ForbiddenScheme),
        (
            "data:image/png;base64,AAAA".to_owned(),
            Kind::ForbiddenScheme,
        ),
        (format!("{user}/a"), Kind::InvalidUrl),
        ("http://".to_owned(), Kind::Redirect),
    ];
    for (index, (location, expected)) in cases.into_iter().enumerate() {
        let path = format!("/canary-{index}");
        server.on(&path, redirect(302, &location));
        let error = get(&server, &path).await.unwrap_err();
        assert_eq!(error.kind(), expected, "{location}");
        assert!(!error.is_retryable(), "{location}");
        let shown = all_of(&error);
        assert!(
            !shown.contains("canary") && !shown.contains("meta-data"),
            "{shown}"
        );
        assert!(!shown.contains("word"), "{shown}");
    }
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn a_redirect_needs_one_location() {
    let server = Server::start().await;
    server.on("/none", status(302, &[]));
    server.on("/two", status(302, &["Location: /a", "Location: /b"]));
    server.on("/choice", status(300, &["Location: /a"]));
    server.on("/unchanged", vec![super::server::head(304, &[])]);
    for path in ["/none", "/two", "/choice", "/unchanged"] {
        assert_eq!(
            kind(&server, path).await,
            FetchErrorKind::Redirect,
            "{path}"
        );
    }
    assert_eq!(server.requests().len(), 4);
}
