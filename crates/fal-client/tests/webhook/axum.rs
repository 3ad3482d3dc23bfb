//! The extractor in a router.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::Path,
    http::{Request, StatusCode},
    routing::post,
};
use fal_client::webhook::{FalWebhook, Received, WebhookHeaders};
use tower::ServiceExt;

use crate::{
    receiver::receiver,
    support::{OK, Published, now, signed},
};

async fn hook(Path(id): Path<String>, FalWebhook(received): FalWebhook) -> (StatusCode, String) {
    let word = match received {
        Received::First(_) => "first",
        _ => "again",
    };
    (StatusCode::OK, format!("{id} {word}"))
}

fn router() -> Router {
    let receiver = receiver(&Published::of(&[1])).with_max_body(1000);
    Router::new()
        .route("/fal/{id}", post(hook))
        .with_state(Arc::new(receiver))
}

async fn deliver(router: &Router, texts: &[String], body: &str) -> (u16, String) {
    let names = [
        WebhookHeaders::REQUEST_ID,
        WebhookHeaders::USER_ID,
        WebhookHeaders::TIMESTAMP,
        WebhookHeaders::SIGNATURE,
    ];
    let mut request = Request::post("/fal/0199");
    for (name, text) in names.into_iter().cycle().zip(texts) {
        request = request.header(name, text);
    }
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), 1000)
        .await
        .unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_handler_gets_what_is_fals_and_the_rest_gets_its_status() {
    let router = router();
    let good = signed(1, OK.as_bytes(), now());
    assert_eq!(
        deliver(&router, &good, OK).await,
        (200, "0199 first".into())
    );
    assert_eq!(
        deliver(&router, &good, OK).await,
        (200, "0199 again".into())
    );
    let empty = String::new();
    for (texts, body, status) in [
        (&good[..3], OK, 400),
        (&signed(9, OK.as_bytes(), now())[..], OK, 401),
        (&good[..], "{}", 401),
        (&signed(1, b"{}", now())[..], "{}", 400),
        (&good[..], &" ".repeat(1001), 413),
        // The first header twice.
        (&[&good[..], &good[..1]].concat()[..], OK, 400),
    ] {
        let answer = deliver(&router, texts, body).await;
        assert_eq!(answer, (status, empty.clone()), "{texts:?}");
    }
}
