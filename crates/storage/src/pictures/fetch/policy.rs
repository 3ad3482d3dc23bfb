//! The limits of a guarded download.

use std::time::Duration;

use url::{Host, Origin, Url};

use crate::pictures::complete::PictureLimits;

/// What a guarded download may do.
///
/// The default: 32 MiB, 50 million pixels, 3 redirects; 5 s to connect, 15 s to the first byte, 60 s in
/// all; at least 1 KiB/s over every 10 s; any public host; default ports; no plain `http`.
#[derive(Debug, Clone)]
pub struct FetchPolicy {
    pub(super) max_bytes: u64,
    pub(super) max_pixels: u64,
    pub(super) max_redirects: u8,
    pub(super) connect_timeout: Duration,
    pub(super) first_byte_timeout: Duration,
    pub(super) total_timeout: Duration,
    pub(super) minimum_rate: u64,
    pub(super) rate_window: Duration,
    pub(super) hosts: Option<Vec<String>>,
    pub(super) ports: Vec<u16>,
    pub(super) loopback_origins: Vec<Origin>,
    pub(super) user_agent: String,
}

/// The text is no origin that may be allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no loopback origin: write http://127.0.0.1:PORT or http://[::1]:PORT")]
pub struct InvalidOrigin;

impl Default for FetchPolicy {
    fn default() -> Self {
        Self {
            max_bytes: 32 << 20,
            max_pixels: 50_000_000,
            max_redirects: 3,
            connect_timeout: Duration::from_secs(5),
            first_byte_timeout: Duration::from_secs(15),
            total_timeout: Duration::from_mins(1),
            minimum_rate: 1024,
            rate_window: Duration::from_secs(10),
            hosts: None,
            ports: Vec::new(),
            loopback_origins: Vec::new(),
            user_agent: concat!("storage-pictures/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

impl FetchPolicy {
    /// Returns the policy with another cap on the bytes of a picture.
    #[must_use]
    pub fn with_max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Returns the policy with another cap on width times height.
    #[must_use]
    pub fn with_max_pixels(mut self, pixels: u64) -> Self {
        self.max_pixels = pixels;
        self
    }

    /// Returns the policy with another number of redirects to follow; 0 for none.
    #[must_use]
    pub fn with_max_redirects(mut self, redirects: u8) -> Self {
        self.max_redirects = redirects;
        self
    }

    /// Returns the policy with another limit on resolving the host and connecting.
    #[must_use]
    pub fn with_connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Returns the policy with another limit from asking to the first byte of each answer.
    #[must_use]
    pub fn with_first_byte_timeout(mut self, limit: Duration) -> Self {
        self.first_byte_timeout = limit;
        self
    }

    /// Returns the policy with another limit on the whole fetch, redirects included.
    ///
    /// A picture that is passed on while it comes is fetched for as long as the store takes it.
    #[must_use]
    pub fn with_total_timeout(mut self, limit: Duration) -> Self {
        self.total_timeout = limit;
        self
    }

    /// Returns the policy with another minimum of bytes per second, taken over each `window` in full.
    ///
    /// Only the time counts in which bytes were waited for: a slow store is no fault of the server.
    #[must_use]
    pub fn with_minimum_rate(mut self, bytes_per_second: u64, window: Duration) -> Self {
        self.minimum_rate = bytes_per_second;
        self.rate_window = window;
        self
    }

    /// Returns the policy that takes pictures from these hosts only: `v3.fal.media`, or `*.fal.media` for
    /// every host below it. Their addresses are checked all the same.
    ///
    /// FAL has served pictures from `*.fal.media` and from `storage.googleapis.com`, and has moved before.
    #[must_use]
    pub fn with_hosts<T: Into<String>>(mut self, hosts: impl IntoIterator<Item = T>) -> Self {
        let lower = |host: T| host.into().to_ascii_lowercase();
        self.hosts = Some(hosts.into_iter().map(lower).collect());
        self
    }

    /// Returns the policy that allows these ports beside the default ones.
    #[must_use]
    pub fn with_ports(mut self, ports: impl IntoIterator<Item = u16>) -> Self {
        self.ports = ports.into_iter().collect();
        self
    }

    /// Returns the policy with another `User-Agent`.
    #[must_use]
    pub fn with_user_agent(mut self, agent: impl Into<String>) -> Self {
        self.user_agent = agent.into();
        self
    }

    /// Returns the policy that also fetches from this very origin, such as `http://127.0.0.1:8080`; for
    /// tests and the simulator.
    ///
    /// # Errors
    ///
    /// [`InvalidOrigin`] for anything but `http`, a loopback address written out, and a port.
    pub fn allow_loopback_http(mut self, origin: &str) -> Result<Self, InvalidOrigin> {
        let url = Url::parse(origin).map_err(|_| InvalidOrigin)?;
        let is_loopback = match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(_)) | None => false,
        };
        let is_bare = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if url.scheme() != "http" || !is_loopback || !is_bare {
            return Err(InvalidOrigin);
        }
        self.loopback_origins.push(url.origin());
        Ok(self)
    }

    /// Returns the limits on the picture itself.
    pub(super) fn limits(&self) -> PictureLimits {
        PictureLimits {
            max_bytes: self.max_bytes,
            max_pixels: self.max_pixels,
        }
    }

    /// Returns how many bytes must come in each window.
    pub(super) fn bytes_per_window(&self) -> u64 {
        let millis = u64::try_from(self.rate_window.as_millis()).unwrap_or(u64::MAX);
        self.minimum_rate.saturating_mul(millis) / 1000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_origins_may_be_allowed() {
        for origin in [
            "http://127.0.0.1:80",
            "http://127.9.9.9:8080/",
            "http://[::1]:1",
        ] {
            let policy = FetchPolicy::default().allow_loopback_http(origin);
            assert!(policy.is_ok(), "{origin}");
        }
        for origin in [
            "https://127.0.0.1:80",
            "http://localhost:80",
            "http://10.0.0.1",
            "http://127.0.0.1.example",
            "http://user@127.0.0.1",
            "http://127.0.0.1/path",
            "http://127.0.0.1/?a",
            "ftp://127.0.0.1",
            "127.0.0.1:80",
            "",
        ] {
            let policy = FetchPolicy::default().allow_loopback_http(origin);
            assert!(policy.is_err(), "{origin}");
        }
    }
}
