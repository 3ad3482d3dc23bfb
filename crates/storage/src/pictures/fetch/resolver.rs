//! Resolves host names and refuses those that lead inside the network.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::is_public;

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

/// The host has an address that is not public.
#[derive(Debug, thiserror::Error)]
#[error("the host resolves to an address that is not public")]
pub(super) struct ForbiddenAnswer;

/// The resolver of the client: one lookup gives the addresses that are checked and connected to.
#[derive(Debug)]
pub(super) struct GuardedResolver {
    lookup: Arc<dyn HostLookup>,
}

impl GuardedResolver {
    pub(super) fn new(lookup: Arc<dyn HostLookup>) -> Self {
        Self { lookup }
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let lookup = Arc::clone(&self.lookup);
        Box::pin(async move {
            let addresses = lookup.lookup(name.as_str()).await?;
            // One address inside is enough: the client may connect to any of them.
            if addresses.iter().any(|address| !is_public(*address)) {
                return Err(ForbiddenAnswer.into());
            }
            let sockets = addresses.into_iter().map(|ip| SocketAddr::new(ip, 0));
            Ok(Box::new(sockets) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Fixed(Vec<IpAddr>);

    #[async_trait]
    impl HostLookup for Fixed {
        async fn lookup(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
            Ok(self.0.clone())
        }
    }

    async fn resolve(addresses: &[&str]) -> Option<usize> {
        let addresses = addresses.iter().map(|text| text.parse().unwrap()).collect();
        let resolver = GuardedResolver::new(Arc::new(Fixed(addresses)));
        let answer = resolver.resolve("host.example".parse().unwrap()).await;
        match answer {
            Ok(addresses) => Some(addresses.count()),
            Err(error) => {
                assert!(error.is::<ForbiddenAnswer>());
                None
            }
        }
    }

    #[tokio::test]
    async fn one_address_inside_refuses_the_host() {
        assert_eq!(resolve(&["8.8.8.8", "2606:4700::1111"]).await, Some(2));
        assert_eq!(resolve(&["8.8.8.8", "10.0.0.1"]).await, None);
        assert_eq!(resolve(&["::1", "8.8.8.8"]).await, None);
        assert_eq!(resolve(&["127.0.0.1"]).await, None);
    }
}
