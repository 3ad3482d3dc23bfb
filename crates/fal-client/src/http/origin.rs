//! One of FAL's hosts, and the requests to it.

use std::{
    fmt,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use reqwest::{
    Client, Method, Request, Response,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue},
    redirect,
};
use tokio::time::sleep;
use url::{Url, form_urlencoded};

use super::{
    FalSettings, classify, exchange,
    exchange::{Answer, MAX_BODY, within},
    hidden::Hidden,
    tls,
};
use crate::{FalError, FalErrorKind, FalUrl, Operation};

/// Who we say we are.
const USER_AGENT: &str = concat!("fal-client/", env!("CARGO_PKG_VERSION"), " (rust)");

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// One request, without its host.
///
/// `Debug` leaves out the body, which holds the prompt.
#[derive(Clone)]
pub(super) struct Call {
    method: Method,
    path: String,
    query: String,
    headers: HeaderMap,
    body: Option<Bytes>,
    limit: Option<Duration>,
    most: usize,
}

impl Call {
    /// Returns a request for a path of checked segments.
    pub(super) fn new(method: Method, path: String) -> Self {
        Self {
            method,
            path,
            query: String::new(),
            headers: HeaderMap::new(),
            body: None,
            limit: None,
            most: MAX_BODY,
        }
    }

    /// Adds a pair to the query, which is encoded.
    pub(super) fn query(mut self, name: &str, value: &str) -> Self {
        let mut query = form_urlencoded::Serializer::new(self.query);
        self.query = query.append_pair(name, value).finish();
        self
    }

    /// Sets the headers, before whatever adds one of its own.
    pub(super) fn headers(mut self, headers: HeaderMap) -> Self {
        self.headers = headers;
        self
    }

    /// Sets the body to JSON.
    pub(super) fn json(mut self, body: impl Into<Bytes>) -> Self {
        self.headers.insert(CONTENT_TYPE, JSON);
        self.body = Some(body.into());
        self
    }

    /// Sets the body.
    pub(super) fn bytes(mut self, body: Bytes) -> Self {
        self.body = Some(body);
        self
    }

    /// Asks for an event stream.
    pub(super) fn events(mut self) -> Self {
        self.headers
            .insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        self
    }

    /// Sets another time limit than the usual one.
    pub(super) fn limit(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Sets how many bytes of the answer are read.
    pub(super) fn most(mut self, most: usize) -> Self {
        self.most = most;
        self
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({} {})", self.method, self.path)
    }
}

/// One of FAL's hosts. The key goes to it, and on no connection to its own backup, and nowhere else.
#[derive(Clone)]
pub(super) struct Origin {
    client: Client,
    base: Arc<FalUrl>,
    backup: Option<Arc<FalUrl>>,
    /// What every request has, the key among it.
    headers: HeaderMap,
    limit: Duration,
    hidden: Hidden,
}

impl Origin {
    /// Returns the host at `base`. No connection is made yet.
    pub(super) fn new(settings: &FalSettings, base: FalUrl) -> Result<Self, FalError> {
        let tls = tls::client_config(&base)
            .map_err(|error| setup("TLS roots cannot be loaded", error))?;
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .user_agent(USER_AGENT)
            .connect_timeout(settings.connect_timeout())
            .build()
            .map_err(|error| setup("the HTTP client cannot be built", error))?;
        Ok(Self {
            client,
            backup: base.backup().map(Arc::new),
            base: Arc::new(base),
            headers: headers(settings)?,
            limit: settings.request_timeout(),
            hidden: Hidden::of(settings.key()),
        })
    }

    /// Returns the address.
    pub(super) fn base(&self) -> &FalUrl {
        &self.base
    }

    /// Returns what no text of an answer may show.
    pub(super) fn hidden(&self) -> &Hidden {
        &self.hidden
    }

    /// Sends a request and returns its answer, or the error that its absence means.
    pub(super) async fn exchange(
        &self,
        operation: Operation,
        call: &Call,
    ) -> Result<Answer, FalError> {
        let sent = pin!(self.send(operation, call));
        self.answer(operation, call, sent).await
    }

    /// Returns the answer to what is sent, within the time limit of the call.
    async fn answer(
        &self,
        operation: Operation,
        call: &Call,
        sent: Pin<&mut impl Future<Output = Result<Response, FalError>>>,
    ) -> Result<Answer, FalError> {
        let mut timer = pin!(sleep(call.limit.unwrap_or(self.limit)));
        let sent = within(timer.as_mut(), sent).await;
        let mut response = sent.ok_or_else(|| classify::of_lateness(operation))??;
        exchange::read(operation, &mut response, call.most, &self.hidden, timer).await
    }

    /// Sends a request and returns the head of its answer, however long that takes.
    ///
    /// Without a connection nothing was sent, so even a submit may be sent to the backup.
    pub(super) async fn send(
        &self,
        operation: Operation,
        call: &Call,
    ) -> Result<Response, FalError> {
        let sent = self.client.execute(self.request(&self.base, call)).await;
        let outcome = match (sent, &self.backup) {
            (Err(error), Some(backup)) if error.is_connect() => {
                tracing::debug!(%backup, "no connection to FAL; its backup is tried");
                self.client.execute(self.request(backup, call)).await
            }
            (sent, _) => sent,
        };
        outcome.map_err(|error| classify::of_transport(operation, error))
    }

    /// Sends a request to an address that FAL named, without the key, and returns its answer.
    pub(super) async fn exchange_bare(
        &self,
        operation: Operation,
        url: Url,
        call: &Call,
    ) -> Result<Answer, FalError> {
        let sent = pin!(async {
            let sent = self
                .client
                .execute(request(url, call, HeaderMap::new()))
                .await;
            sent.map_err(|error| classify::of_transport(operation, error))
        });
        self.answer(operation, call, sent).await
    }

    fn request(&self, base: &FalUrl, call: &Call) -> Request {
        let mut url = base.join(&call.path);
        if !call.query.is_empty() {
            url.set_query(Some(&call.query));
        }
        request(url, call, self.headers.clone())
    }
}

/// Returns the request to an address with the body of a call, and with its headers in place of the usual ones.
fn request(url: Url, call: &Call, mut headers: HeaderMap) -> Request {
    let mut request = Request::new(call.method.clone(), url);
    for (name, value) in &call.headers {
        headers.insert(name, value.clone());
    }
    *request.headers_mut() = headers;
    // Bytes are shared, so a body that goes out twice is not copied.
    *request.body_mut() = call.body.clone().map(Into::into);
    request
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Origin")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

fn headers(settings: &FalSettings) -> Result<HeaderMap, FalError> {
    let text = format!("Key {}", settings.key().expose());
    let mut value = HeaderValue::from_str(&text)
        .map_err(|error| setup("the key does not fit into a header", error))?;
    value.set_sensitive(true);
    Ok(HeaderMap::from_iter([
        (AUTHORIZATION, value),
        (ACCEPT, JSON),
    ]))
}

fn setup(rule: &'static str, error: impl std::error::Error + Send + Sync + 'static) -> FalError {
    FalError::new(FalErrorKind::Config, Operation::Setup)
        .with_reason(rule)
        .with_source(error)
}

#[cfg(test)]
mod tests {
    use core_config::Secret;

    use super::*;
    use crate::{
        FalKey,
        testing::{Reply, ScriptedServer},
    };

    fn origin(base: &str) -> Origin {
        let key = FalKey::new(&Secret::new("id:canary")).unwrap();
        Origin::new(&FalSettings::new(key), base.parse().unwrap()).unwrap()
    }

    #[test]
    fn a_request_shown_whole_hides_the_key() {
        let origin = origin(FalUrl::QUEUE);
        let call = Call::new(Method::GET, "a/b".to_owned());
        let request = origin.request(&origin.base, &call);
        assert!(request.headers().contains_key(AUTHORIZATION));
        let shown = format!("{request:?} {origin:?} {call:?}");
        assert!(!shown.contains("canary"), "{shown}");
    }

    /// An address on which nobody listens: it was free a moment ago.
    fn nobody() -> String {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    }

    #[tokio::test]
    async fn the_backup_is_asked_only_when_there_was_no_connection() {
        let call = Call::new(Method::POST, "a/b".to_owned()).json("{}");
        let backup = ScriptedServer::start([Reply::json(200, "{}")])
            .await
            .unwrap();
        let mut down = origin(&nobody());
        down.backup = Some(Arc::new(backup.url().unwrap()));
        let answer = down.exchange(Operation::Submit, &call).await.unwrap();
        assert!(answer.head.is_success());
        assert_eq!(backup.requests().len(), 1);

        for reply in [Reply::Close, Reply::html(503, "nginx")] {
            let primary = ScriptedServer::start([reply]).await.unwrap();
            let mut up = origin(primary.url().unwrap().as_url().as_str());
            up.backup = Some(Arc::new(backup.url().unwrap()));
            drop(up.exchange(Operation::Submit, &call).await);
            assert_eq!(
                backup.requests().len(),
                1,
                "a submit may have been accepted"
            );
        }
    }

    #[tokio::test]
    async fn two_hosts_that_are_down_are_proven_unsent() {
        let mut down = origin(&nobody());
        down.backup = Some(Arc::new(nobody().parse().unwrap()));
        let call = Call::new(Method::POST, "a/b".to_owned()).json("{}");
        let error = down.exchange(Operation::Submit, &call).await.unwrap_err();
        assert!(error.is_unsent(), "{error}");
    }
}
