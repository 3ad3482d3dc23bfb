//! An origin that the key may be sent to.

use std::{fmt, net::IpAddr, str::FromStr};

use url::{Host, Url};

/// The base address of a queue, to which alone the key is sent.
///
/// - `https`, or `http` on loopback (an address of the host itself, or `localhost`).
/// - No user, no password, no query, no fragment; a path in front of everything is allowed.
///
/// # Examples
///
/// ```
/// use fal_client::FalUrl;
///
/// assert!("https://queue.fal.run".parse::<FalUrl>().is_ok());
/// assert!("http://127.0.0.1:8080".parse::<FalUrl>().is_ok());
/// assert!("http://queue.fal.run".parse::<FalUrl>().is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct FalUrl(Url);

impl FalUrl {
    /// FAL's own queue.
    pub const QUEUE: &'static str = "https://queue.fal.run/";
    /// Where FAL runs models without the queue.
    pub const RUN: &'static str = "https://fal.run/";
    /// FAL's uploads, and the keys of its webhooks.
    pub const REST: &'static str = "https://rest.fal.ai/";
    /// FAL's platform.
    pub const PLATFORM: &'static str = "https://api.fal.ai/v1/";

    /// Returns the address with every segment of `path` appended and encoded.
    ///
    /// `path` has no leading slash; its segments come from checked values, so none is `.` or `..`.
    pub fn join(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path.split('/'));
        }
        url
    }

    /// Returns whether `other` has the same scheme, host and port.
    pub fn is_same_origin(&self, other: &Url) -> bool {
        self.0.origin() == other.origin()
    }

    /// Returns FAL's own backup of this address, which exists for two of FAL's hosts and for no other.
    ///
    /// Source: FAL's Python client, `_BACKUP_DOMAINS`.
    pub fn backup(&self) -> Option<Self> {
        let backup = match self.0.as_str() {
            Self::QUEUE => "https://queue.falrun.com/",
            Self::RUN => "https://falrun.com/",
            _ => return None,
        };
        backup.parse().ok()
    }

    /// Returns whether the address is plain http, which is allowed on loopback only.
    pub fn is_plain_text(&self) -> bool {
        self.0.scheme() == "http"
    }

    /// Returns the address as a URL.
    pub fn as_url(&self) -> &Url {
        &self.0
    }
}

impl TryFrom<Url> for FalUrl {
    type Error = FalUrlError;

    fn try_from(url: Url) -> Result<Self, FalUrlError> {
        let host = url.host().ok_or(FalUrlError::NotAUrl)?;
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&host) => {}
            "http" => return Err(FalUrlError::PlainText),
            _ => return Err(FalUrlError::BadScheme),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(FalUrlError::Credentials);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(FalUrlError::Query);
        }
        Ok(Self(url))
    }
}

impl FromStr for FalUrl {
    type Err = FalUrlError;

    fn from_str(text: &str) -> Result<Self, FalUrlError> {
        let url = Url::parse(text.trim()).map_err(|_| FalUrlError::NotAUrl)?;
        Self::try_from(url)
    }
}

impl fmt::Display for FalUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for FalUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FalUrl({:?})", self.0.as_str())
    }
}

/// Why a text is not a [`FalUrl`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FalUrlError {
    /// Not an absolute URL with a host.
    #[error("not a URL with a host, as https://queue.fal.run")]
    NotAUrl,
    /// Neither https nor http.
    #[error("only https, and http on loopback, may carry the key")]
    BadScheme,
    /// Plain http to another machine.
    #[error("plain http is for loopback only; write https")]
    PlainText,
    /// A user or a password in the URL.
    #[error("a user or a password does not belong into the URL; the key goes into FAL_KEY")]
    Credentials,
    /// A query or a fragment.
    #[error("a base address has no query and no fragment")]
    Query,
}

pub(crate) fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => IpAddr::V4(*address).is_loopback(),
        Host::Ipv6(address) => IpAddr::V6(*address).is_loopback(),
        Host::Domain(name) => *name == "localhost",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_addresses() {
        for text in [FalUrl::QUEUE, FalUrl::RUN, FalUrl::REST, FalUrl::PLATFORM] {
            assert_eq!(text.parse::<FalUrl>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn only_fals_own_hosts_have_a_backup() {
        let backup = |text: &str| {
            let backup = text.parse::<FalUrl>().unwrap().backup();
            backup.map(|url| url.to_string())
        };
        assert_eq!(
            backup("https://queue.fal.run").as_deref(),
            Some("https://queue.falrun.com/")
        );
        assert_eq!(
            backup("https://fal.run:443/").as_deref(),
            Some("https://falrun.com/")
        );
        for other in [
            "https://rest.fal.ai",
            "https://queue.fal.run:8443",
            "https://queue.fal.run/prefix",
            "https://queue.fal.run.evil.example",
            "https://evilfal.run",
            "http://127.0.0.1:9",
        ] {
            assert_eq!(backup(other), None, "{other}");
        }
    }

    #[test]
    fn origins_are_checked() {
        for good in [
            "https://queue.fal.run",
            "http://localhost:9/x",
            "http://[::1]:80",
            "https://proxy.example/fal/",
        ] {
            assert!(good.parse::<FalUrl>().is_ok(), "{good}");
        }
        for (text, error) in [
            ("queue.fal.run", FalUrlError::NotAUrl),
            ("ftp://queue.fal.run", FalUrlError::BadScheme),
            ("http://queue.fal.run", FalUrlError::PlainText),
            ("http://127.0.0.1.evil.example", FalUrlError::PlainText),
            ("http://localhost.evil.example", FalUrlError::PlainText),
            ("http://10.0.0.1", FalUrlError::PlainText),
            ("https://user:word@queue.fal.run", FalUrlError::Credentials),
            ("https://queue.fal.run?x=1", FalUrlError::Query),
            ("https://queue.fal.run#x", FalUrlError::Query),
        ] {
            assert_eq!(text.parse::<FalUrl>(), Err(error), "{text}");
        }
    }

    #[test]
    fn paths_are_appended_to_the_prefix() {
        let base: FalUrl = "https://proxy.example/fal/".parse().unwrap();
        assert_eq!(
            base.join("fal-ai/imagen4").as_str(),
            "https://proxy.example/fal/fal-ai/imagen4"
        );
        let base: FalUrl = "https://queue.fal.run".parse().unwrap();
        assert_eq!(base.join("a/b").as_str(), "https://queue.fal.run/a/b");
    }

    #[test]
    fn port_scheme_and_host_make_the_origin() {
        let base: FalUrl = "https://queue.fal.run".parse().unwrap();
        let same = |text: &str| base.is_same_origin(&Url::parse(text).unwrap());
        assert!(same("https://queue.fal.run:443/x"));
        assert!(!same("http://queue.fal.run/x"));
        assert!(!same("https://queue.fal.run:8443/x"));
        assert!(!same("https://queue.fal.run.evil.example/x"));
    }
}
