//! Resolves host names and refuses those that lead inside the network.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use async_trait::async_trait;

use super::guard::Target;
use crate::pictures::fetch_error::{FetchError, FetchErrorKind};

/// Looks up the addresses of a host.
///
/// The answers are outside input: whoever asks checks them.
#[async_trait]
pub trait HostLookup: fmt::Debug + Send + Sync + 'static {
    /// Returns all addresses of `host`.
    ///
    /// # Errors
    ///
    /// The error of the lookup.
    ///
    /// # Cancellation
    ///
    /// Nothing happened.
    async fn lookup(&self, host: &str) -> std::io::Result<Vec<IpAddr>>;
}

/// Looks hosts up as the system does (`getaddrinfo`).
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemLookup;

#[async_trait]
impl HostLookup for SystemLookup {
    async fn lookup(&self, host: &str) -> std::io::Result<Vec<IpAddr>> {
        let addresses = tokio::net::lookup_host((host, 0)).await?;
        Ok(addresses.map(|address| address.ip()).collect())
    }
}

/// Returns every address of the target's host, all of which may be connected to; the one lookup of a hop.
pub(super) async fn resolve(
    lookup: &dyn HostLookup,
    target: &Target,
) -> Result<Vec<SocketAddr>, FetchError> {
    let addresses = match target.literal() {
        Some(address) => vec![address],
        None => lookup.lookup(target.host()).await.map_err(|error| {
            FetchError::new(FetchErrorKind::Unavailable)
                .with_detail("the host does not resolve")
                .with_source(error)
        })?,
    };
    if addresses.is_empty() {
        return Err(
            FetchError::new(FetchErrorKind::Unavailable).with_detail("the host has no address")
        );
    }
    // One address inside is enough: whoever mixes them in wants us to take it.
    if !addresses.iter().all(|address| target.may_reach(*address)) {
        return Err(FetchError::new(FetchErrorKind::ForbiddenAddress)
            .with_detail("the host resolves to an address that is not public"));
    }
    let sockets = addresses
        .into_iter()
        .map(|ip| SocketAddr::new(ip, target.port()));
    Ok(sockets.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::fetch::policy::FetchPolicy;

    #[derive(Debug)]
    struct Fixed(Vec<IpAddr>);

    #[async_trait]
    impl HostLookup for Fixed {
        async fn lookup(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
            Ok(self.0.clone())
        }
    }

    async fn resolved(addresses: &[&str]) -> Result<usize, FetchErrorKind> {
        let addresses = addresses.iter().map(|text| text.parse().unwrap()).collect();
        let target = Target::parse("https://host.example/", &FetchPolicy::default()).unwrap();
        let answer = resolve(&Fixed(addresses), &target).await;
        answer.map(|all| all.len()).map_err(|error| error.kind())
    }

    #[tokio::test]
    async fn one_address_inside_refuses_the_host() {
        let refused = Err(FetchErrorKind::ForbiddenAddress);
        assert_eq!(resolved(&["8.8.8.8", "2606:4700::1111"]).await, Ok(2));
        assert_eq!(resolved(&["8.8.8.8", "10.0.0.1"]).await, refused);
        assert_eq!(resolved(&["::1", "8.8.8.8"]).await, refused);
        assert_eq!(resolved(&["127.0.0.1"]).await, refused);
        assert_eq!(resolved(&[]).await, Err(FetchErrorKind::Unavailable));
    }
}
