//! The guarded download: fetches a picture from a link that somebody else chose.

mod address;
mod body;
mod data_url;
mod guard;
mod policy;
mod resolver;
mod response;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::{Client, Response, header};
use tokio::time::timeout;

pub use self::address::is_public;
use self::guard::Target;
pub use self::policy::{FetchPolicy, InvalidOrigin};
use self::resolver::GuardedResolver;
pub use self::resolver::{HostLookup, SystemLookup};
use self::response::Answer;
use super::fetch_error::{FetchError, FetchErrorKind};
use super::source::{FetchedPicture, PictureSource};

/// Fetches pictures over HTTPS without letting the link choose an address inside the network.
///
/// - The scheme is `https` (or the exact `http` origins that the policy names), without user name, on a
///   default or listed port.
/// - The host is resolved once, by our own resolver; one address in the answer that is not public
///   refuses the host, and the connection goes to the checked addresses.
///   The address that answered is checked once more.
/// - Redirects are followed by hand, at most 3, each checked like the first link; never from `https` to
///   `http`.
/// - No header of ours goes out but `Accept`, `Accept-Encoding: identity` and `User-Agent`; no cookies,
///   no `Referer`, no proxy from the environment.
/// - The first bytes decide the format; size, pixels, time and rate are bounded by the [`FetchPolicy`].
/// - `data:` links with base64 go through the same caps.
///
/// Clones share the connections.
#[derive(Clone)]
pub struct GuardedFetch {
    client: Client,
    policy: Arc<FetchPolicy>,
}

impl GuardedFetch {
    /// Returns a fetch that keeps to `policy` and resolves hosts as the system does.
    ///
    /// # Errors
    ///
    /// `Config` when the platform has no trusted certificates.
    pub fn new(policy: FetchPolicy) -> Result<Self, FetchError> {
        Self::with_lookup(policy, Arc::new(SystemLookup))
    }

    /// Returns a fetch that resolves hosts through `lookup`; its answers are checked all the same.
    ///
    /// # Errors
    ///
    /// `Config` when the platform has no trusted certificates.
    pub fn with_lookup(
        policy: FetchPolicy,
        lookup: Arc<dyn HostLookup>,
    ) -> Result<Self, FetchError> {
        let client = crate::tls::https_client_builder()
            .map_err(|error| config_error("no trusted certificates", error))?
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(policy.connect_timeout)
            .user_agent(policy.user_agent.as_str())
            .dns_resolver(GuardedResolver::new(lookup))
            .build()
            .map_err(|error| config_error("no client", error.without_url()))?;
        Ok(Self {
            client,
            policy: Arc::new(policy),
        })
    }

    /// Returns the policy.
    pub fn policy(&self) -> &FetchPolicy {
        &self.policy
    }

    async fn follow(&self, url: &str) -> Result<FetchedPicture, FetchError> {
        let mut target = Target::parse(url, &self.policy)?;
        for _ in 0..=self.policy.max_redirects {
            let response = self.ask(&target).await?;
            match response::judge(response).map_err(|error| error.with_host(target.host()))? {
                Answer::Picture(response) => {
                    return body::read(response, &self.policy)
                        .await
                        .map_err(|error| error.with_host(target.host()));
                }
                Answer::Elsewhere(location) => target = target.follow(&location, &self.policy)?,
            }
        }
        Err(FetchError::new(FetchErrorKind::Redirect)
            .with_host(target.host())
            .with_detail(format!("more than {}", self.policy.max_redirects)))
    }

    async fn ask(&self, target: &Target) -> Result<Response, FetchError> {
        let request = self
            .client
            .get(target.url().clone())
            .header(header::ACCEPT, "image/*")
            .header(header::ACCEPT_ENCODING, "identity");
        let response = match timeout(self.policy.first_byte_timeout, request.send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(response::classify(error).with_host(target.host())),
            Err(_) => {
                return Err(FetchError::new(FetchErrorKind::TimedOut)
                    .with_host(target.host())
                    .with_detail("no first byte"));
            }
        };
        target.check_peer(response.remote_addr())?;
        Ok(response)
    }
}

#[async_trait]
impl PictureSource for GuardedFetch {
    async fn fetch(&self, url: &str) -> Result<FetchedPicture, FetchError> {
        if data_url::is_one(url) {
            return data_url::read(url, &self.policy);
        }
        match timeout(self.policy.total_timeout, self.follow(url)).await {
            Ok(fetched) => fetched,
            Err(_) => {
                Err(FetchError::new(FetchErrorKind::TimedOut).with_detail("not whole in time"))
            }
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
