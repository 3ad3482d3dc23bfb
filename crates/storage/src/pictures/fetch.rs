//! The guarded download: fetches a picture from a link that somebody else chose.

mod address;
mod body;
mod connection;
mod data_url;
mod exchange;
mod guard;
mod meter;
mod policy;
mod resolver;
mod response;
#[cfg(test)]
mod scenes;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use hyper::Request;
use hyper::header::{ACCEPT, ACCEPT_ENCODING, HOST, HeaderValue, USER_AGENT};
use tokio::time::{Instant, timeout, timeout_at};

pub use self::address::is_public;
use self::connection::{Connector, Dialer, SystemDialer};
use self::exchange::Reply;
use self::guard::Target;
pub use self::policy::{FetchPolicy, InvalidOrigin};
pub use self::resolver::{HostLookup, SystemLookup};
use self::response::Answer;
use super::fetch_error::{FetchError, FetchErrorKind};
use super::incoming::IncomingPicture;
use super::source::PictureSource;

/// Fetches pictures over HTTPS without letting the link choose an address inside the network.
///
/// - The scheme is `https` (or the exact `http` origins that the policy names), without user name, on a
///   default or listed port.
/// - The host is resolved once, by our own resolver; one address in the answer that is not public
///   refuses the host, and the connection goes to one of the checked addresses.
///   The address that answered is checked once more before anything is sent.
/// - Redirects are followed by hand, at most 3, each checked like the first link; never from `https` to
///   `http`.
/// - No header of ours goes out but `Accept`, `Accept-Encoding: identity` and `User-Agent`; no cookies,
///   no `Referer`, no proxy from the environment.
/// - The first bytes decide the format; size, pixels, time and rate are bounded by the [`FetchPolicy`].
///   A bomb is refused from its header, while it is still coming in.
/// - No more than the cap and 64 KiB is read of an answer, whatever it consists of; TLS' own framing comes
///   on top.
/// - `data:` links with base64 go through the same caps.
///
/// Each request has a connection of its own, which ends with it.
/// Dropping the future of a fetch closes its connection; only a lookup by the system that has begun goes on
/// until it ends by itself.
#[derive(Clone)]
pub struct GuardedFetch {
    connector: Connector,
    user_agent: HeaderValue,
    policy: Arc<FetchPolicy>,
}

impl GuardedFetch {
    /// Returns a fetch that keeps to `policy` and resolves hosts as the system does.
    ///
    /// # Errors
    ///
    /// `Config` when the platform has no trusted certificates, or the user agent is no header value.
    pub fn new(policy: FetchPolicy) -> Result<Self, FetchError> {
        Self::with_lookup(policy, Arc::new(SystemLookup))
    }

    /// Returns a fetch that resolves hosts through `lookup`; its answers are checked all the same.
    ///
    /// # Errors
    ///
    /// `Config` when the platform has no trusted certificates, or the user agent is no header value.
    pub fn with_lookup(
        policy: FetchPolicy,
        lookup: Arc<dyn HostLookup>,
    ) -> Result<Self, FetchError> {
        Self::with_dialer(policy, lookup, Arc::new(SystemDialer))
    }

    fn with_dialer(
        policy: FetchPolicy,
        lookup: Arc<dyn HostLookup>,
        dialer: Arc<dyn Dialer>,
    ) -> Result<Self, FetchError> {
        let tls = crate::tls::platform_config()
            .map_err(|error| config_error("no trusted certificates", error))?;
        let user_agent = HeaderValue::from_str(&policy.user_agent)
            .map_err(|error| config_error("no possible user agent", error))?;
        Ok(Self {
            connector: Connector::new(lookup, dialer, tls),
            user_agent,
            policy: Arc::new(policy),
        })
    }

    /// Returns the policy.
    pub fn policy(&self) -> &FetchPolicy {
        &self.policy
    }

    /// Follows the link to a picture, whose other bytes must be there at `end`.
    async fn follow(&self, url: &str, end: Instant) -> Result<IncomingPicture, FetchError> {
        let mut target = Target::parse(url, &self.policy)?;
        for _ in 0..=self.policy.max_redirects {
            let named = |error: FetchError| error.with_host(target.host());
            let reply = self.ask(&target).await.map_err(named)?;
            match response::judge(&reply.head).map_err(named)? {
                Answer::Picture => {
                    let declared = response::declared_type(&reply.head);
                    let picture = body::open(reply, &self.policy, end).await.map_err(named)?;
                    response::warn_of_type(declared, picture.format(), target.host());
                    return Ok(picture.with_host(target.host()));
                }
                Answer::Elsewhere(location) => target = target.follow(&location, &self.policy)?,
            }
        }
        Err(FetchError::new(FetchErrorKind::Redirect)
            .with_host(target.host())
            .with_detail(format!("more than {}", self.policy.max_redirects)))
    }

    /// Connects, asks, and waits for the head of the answer.
    async fn ask(&self, target: &Target) -> Result<Reply, FetchError> {
        let request = self.request(target)?;
        let too_late = |detail| FetchError::new(FetchErrorKind::TimedOut).with_detail(detail);
        let exchange = async {
            let wire = timeout(self.policy.connect_timeout, self.connector.open(target))
                .await
                .map_err(|_| too_late("no connection"))??;
            exchange::ask(wire, request)
                .await
                .map_err(response::classify)
        };
        timeout(self.policy.first_byte_timeout, exchange)
            .await
            .map_err(|_| too_late("no first byte"))?
    }

    /// Returns the request with all the headers that ever go out.
    fn request(&self, target: &Target) -> Result<Request<String>, FetchError> {
        let url = target.url();
        // The user name is refused and the fragment stays here; what is left is path and query.
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
        Request::get(path)
            .header(HOST, host)
            .header(ACCEPT, "image/*")
            .header(ACCEPT_ENCODING, "identity")
            .header(USER_AGENT, &self.user_agent)
            .body(String::new())
            .map_err(|_| {
                FetchError::new(FetchErrorKind::InvalidUrl).with_detail("no path of a request")
            })
    }
}

#[async_trait]
impl PictureSource for GuardedFetch {
    async fn open(&self, url: &str) -> Result<IncomingPicture, FetchError> {
        if data_url::is_one(url) {
            return data_url::open(url, &self.policy).await;
        }
        let end = Instant::now() + self.policy.total_timeout;
        match timeout_at(end, self.follow(url, end)).await {
            Ok(opened) => opened,
            Err(_) => Err(body::not_whole_in_time()),
        }
    }
}

impl fmt::Debug for GuardedFetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardedFetch")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

fn config_error(detail: &str, cause: impl std::error::Error + Send + Sync + 'static) -> FetchError {
    FetchError::new(FetchErrorKind::Config)
        .with_detail(detail)
        .with_source(cause)
}
