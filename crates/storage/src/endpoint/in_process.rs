//! The endpoint without a network: for tests that throw anything at it.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::poll_fn;
use hyper::Request;
use hyper::body::Body as _;
use s3s::service::{S3Service, S3ServiceBuilder};

use super::service::Service;
use super::{guard, server};
use crate::sigv4::Credentials;
use crate::store::ObjectStore;

/// Answers requests as [`S3Endpoint`](super::S3Endpoint) does, in the process of the caller.
pub struct InProcessEndpoint(S3Service);

impl InProcessEndpoint {
    /// Returns an endpoint that serves `store` to the holders of `credentials`, who sign for `region`.
    pub fn new(store: Arc<dyn ObjectStore>, credentials: &[Credentials], region: &str) -> Self {
        Self(server::service(store, credentials, region))
    }

    /// Returns an endpoint that serves everybody: what lies behind the check of the signature is reached
    /// without one.
    pub fn without_keys(store: Arc<dyn ObjectStore>, region: &str) -> Self {
        Self(S3ServiceBuilder::new(Service::new(store, region.to_owned())).build())
    }

    /// Returns the status of the answer, whose body is read to its end.
    ///
    /// `None` when method, target and headers make no HTTP request, and when the connection would have been
    /// closed without an answer.
    ///
    /// # Cancellation
    ///
    /// What the request asked for was done or not.
    pub async fn answer(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &[u8])],
        body: Bytes,
    ) -> Option<u16> {
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(s3s::Body::from(body)).ok()?;
        let mut response = guard::answer(&self.0, request).await.ok()?;
        let status = response.status().as_u16();
        let mut rest = Pin::new(response.body_mut());
        while let Some(Ok(_)) = poll_fn(|cx| rest.as_mut().poll_frame(cx)).await {}
        Some(status)
    }
}

impl fmt::Debug for InProcessEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InProcessEndpoint").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use core_config::Secret;

    use super::*;
    use crate::memory::MemoryStore;
    use crate::testing::ManualClock;

    fn store() -> Arc<dyn ObjectStore> {
        Arc::new(MemoryStore::new(Arc::new(ManualClock::default())))
    }

    #[tokio::test]
    async fn only_the_open_one_answers_without_a_signature() {
        let keys = [Credentials::new("who", Secret::new("word"))];
        let closed = InProcessEndpoint::new(store(), &keys, "us-east-1");
        let open = InProcessEndpoint::without_keys(store(), "us-east-1");
        let host: [(&str, &[u8]); 1] = [("host", b"localhost")];
        for (method, target, expected) in [
            ("PUT", "/imagen4", 200),
            ("GET", "/imagen4?list-type=2", 200),
            ("GET", "/imagen4/absent.png", 404),
        ] {
            let answered = open.answer(method, target, &host, Bytes::new()).await;
            assert_eq!(answered, Some(expected), "{method} {target}");
            let refused = closed.answer(method, target, &host, Bytes::new()).await;
            assert_eq!(refused, Some(403), "{method} {target}");
        }
        // Found by fuzzing: a sign where a digit was to be.
        for target in [
            "/imagen4/a?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=who%2F202603-1%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20260301T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=00",
            "/imagen4/a?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=who%2F20260301%2Fus-east-1%2Fs3%2Faws4_request&X%2DAmz-Date=2026+301T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=00",
        ] {
            let refused = closed.answer("GET", target, &host, Bytes::new()).await;
            assert_eq!(refused, Some(400), "{target}");
        }
        let scope = b"AWS4-HMAC-SHA256 Credential=who/2026.301/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=00";
        let beyond = "AWS4 Credential=who/2026%301/us-east-1/s3/aws4_request, SignedHeaders=\u{5ae}, Signature=00";
        let date: (&str, &[u8]) = ("x-amz-date", b"20260301T000000Z");
        for more in [
            ("authorization", &scope[..]),
            // Letters beyond ASCII, and a slash before the one that the day follows.
            ("authorization", beyond.as_bytes()),
            ("authorization", b"AWS4/HMAC Credential=who/2026.301/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00"),
            ("x-amz-date", b"2026-301T000000Z"),
            ("x-amz-date", "\u{5ae}26-301T000000Z".as_bytes()),
        ] {
            let headers = [host[0], date, more];
            let refused = closed
                .answer("GET", "/imagen4/a", &headers, Bytes::new())
                .await;
            assert_eq!(refused, Some(400), "{more:?}");
        }
        let nonsense = open.answer("G T", "/", &host, Bytes::new()).await;
        assert_eq!(nonsense, None);
    }

    /// A form with the fields of an upload by a browser.
    fn form(scope_day: &str, date: &str) -> Bytes {
        let scope = format!("who/{scope_day}/us-east-1/s3/aws4_request");
        let fields = [
            ("key", "a"),
            ("policy", "e30="),
            ("x-amz-algorithm", "AWS4-HMAC-SHA256"),
            ("x-amz-credential", &scope),
            ("x-amz-date", date),
            ("x-amz-signature", "00"),
        ];
        let mut form = String::new();
        for (name, value) in fields {
            form += "--part\r\nContent-Disposition: form-data; name=\"";
            form += &[name, "\"\r\n\r\n", value, "\r\n"].concat();
        }
        form += "--part\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n";
        form += "Content-Type: image/png\r\n\r\nabc\r\n--part--\r\n";
        form.into()
    }

    #[tokio::test]
    async fn forms_are_refused_before_they_are_read() {
        let keys = [Credentials::new("who", Secret::new("word"))];
        let closed = InProcessEndpoint::new(store(), &keys, "us-east-1");
        let open = InProcessEndpoint::without_keys(store(), "us-east-1");
        let made = open.answer("PUT", "/imagen4", &[("host", b"localhost")], Bytes::new());
        assert_eq!(made.await, Some(200));
        for (scope_day, date) in [
            ("20260301", "20260301T000000Z"),
            ("202603-1", "20260301T000000Z"),
            ("20260301", "2026-301T000000Z"),
        ] {
            for kind in [
                "multipart/form-data; boundary=part",
                "Multipart/Form-Data;boundary=part",
            ] {
                let headers: [(&str, &[u8]); 2] =
                    [("host", b"localhost"), ("content-type", kind.as_bytes())];
                for endpoint in [&closed, &open] {
                    let body = form(scope_day, date);
                    let refused = endpoint.answer("POST", "/imagen4", &headers, body).await;
                    assert_eq!(refused, Some(501), "{scope_day} {date} {kind}");
                }
            }
        }
        // The kind of an object's bytes is no form.
        let headers: [(&str, &[u8]); 3] = [
            ("host", b"localhost"),
            ("content-length", b"3"),
            ("content-type", b"multipart/form-data; boundary=part"),
        ];
        let put = open.answer("PUT", "/imagen4/a", &headers, "abc".into());
        assert_eq!(put.await, Some(200));
    }
}
