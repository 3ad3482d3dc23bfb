//! What a server calls itself.

use super::scripted::{Act, Scripted};

#[tokio::test]
async fn a_server_is_asked_for_its_name_without_a_signature() {
    let long = "x".repeat(1_000);
    for (headers, name) in [
        ("server: MinIO\r\n".to_owned(), Some("MinIO".to_owned())),
        (format!("server: {long}\r\n"), Some("x".repeat(100))),
        ("server: \r\n".to_owned(), None),
        (String::new(), None),
    ] {
        let refused = Act::Answer(403, headers, String::new());
        let server = Scripted::start(move |_| refused.clone()).await;
        assert_eq!(server.store().server_name().await, name);
        let heads = server.heads();
        let [head] = heads.as_slice() else {
            panic!("{heads:?}");
        };
        assert!(
            head.starts_with("head / ") && !head.contains("authorization"),
            "{head}"
        );
    }
    let silent = Scripted::start(|_| Act::Stall).await;
    assert_eq!(silent.store().server_name().await, None);
}
