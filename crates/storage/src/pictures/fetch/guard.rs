//! Decides which links are asked, before anything is sent.

use std::net::{IpAddr, SocketAddr};

use url::{Host, Url};

use super::address::is_public;
use super::policy::FetchPolicy;
use crate::pictures::fetch_error::{FetchError, FetchErrorKind};

/// A link that passed the guard.
///
/// A host name still has to resolve to public addresses; the resolver sees to that.
pub(super) struct Target {
    url: Url,
    is_allowed_loopback: bool,
}

impl Target {
    /// Returns the target of a link given from outside.
    pub(super) fn parse(url: &str, policy: &FetchPolicy) -> Result<Self, FetchError> {
        let url = Url::parse(url)
            .map_err(|error| FetchError::new(FetchErrorKind::InvalidUrl).with_detail(error))?;
        Self::check(url, policy)
    }

    /// Returns the target of a redirect to `location`, checked like a link given from outside.
    pub(super) fn follow(&self, location: &str, policy: &FetchPolicy) -> Result<Self, FetchError> {
        let url = self.url.join(location).map_err(|error| {
            FetchError::new(FetchErrorKind::Redirect)
                .with_host(self.host())
                .with_detail(error)
        })?;
        if self.url.scheme() == "https" && url.scheme() != "https" {
            return Err(FetchError::new(FetchErrorKind::ForbiddenScheme)
                .with_host(self.host())
                .with_detail("a redirect away from https"));
        }
        Self::check(url, policy)
    }

    fn check(url: Url, policy: &FetchPolicy) -> Result<Self, FetchError> {
        let host = url.host().ok_or_else(|| no_host(&url))?;
        let refuse = |kind| Err(FetchError::new(kind).with_host(&host));
        if !url.username().is_empty() || url.password().is_some() {
            return refuse(FetchErrorKind::InvalidUrl);
        }
        let is_allowed_loopback = policy.loopback_origins.contains(&url.origin());
        if !is_allowed_loopback {
            if url.scheme() != "https" {
                return refuse(FetchErrorKind::ForbiddenScheme);
            }
            // `port` is `None` for the default port of the scheme.
            if url.port().is_some_and(|port| !policy.ports.contains(&port)) {
                return refuse(FetchErrorKind::ForbiddenPort);
            }
            if literal(&host).is_some_and(|address| !is_public(address)) || is_local_name(&host) {
                return refuse(FetchErrorKind::ForbiddenAddress);
            }
            if !is_allowed_host(&host.to_string(), policy) {
                return refuse(FetchErrorKind::ForbiddenHost);
            }
        }
        Ok(Self {
            url,
            is_allowed_loopback,
        })
    }

    /// Tells whether `address` may be connected to for this target.
    pub(super) fn may_reach(&self, address: IpAddr) -> bool {
        if self.is_allowed_loopback {
            self.literal() == Some(address)
        } else {
            is_public(address)
        }
    }

    /// Checks the address at the other end: the last word before anything is sent to it.
    pub(super) fn check_peer(&self, peer: Option<SocketAddr>) -> Result<(), FetchError> {
        if peer.is_some_and(|peer| self.may_reach(peer.ip())) {
            return Ok(());
        }
        Err(FetchError::new(FetchErrorKind::ForbiddenAddress)
            .with_host(self.host())
            .with_detail("the address that answered"))
    }

    /// Returns the address that stands in place of a name, if one does.
    pub(super) fn literal(&self) -> Option<IpAddr> {
        self.url.host().as_ref().and_then(literal)
    }

    pub(super) fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or_default()
    }

    pub(super) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    pub(super) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }
}

fn no_host(url: &Url) -> FetchError {
    let kind = match url.scheme() {
        "http" | "https" => FetchErrorKind::InvalidUrl,
        _ => FetchErrorKind::ForbiddenScheme,
    };
    FetchError::new(kind).with_detail("no host")
}

fn literal<T>(host: &Host<T>) -> Option<IpAddr> {
    match host {
        Host::Ipv4(address) => Some(IpAddr::V4(*address)),
        Host::Ipv6(address) => Some(IpAddr::V6(*address)),
        Host::Domain(_) => None,
    }
}

/// Tells whether the name means this machine by itself, so that nobody needs to be asked.
///
/// Source: RFC 6761 §6.3.
fn is_local_name<T: AsRef<str>>(host: &Host<T>) -> bool {
    let Host::Domain(name) = host else {
        return false;
    };
    let name = name.as_ref();
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}

fn is_allowed_host(host: &str, policy: &FetchPolicy) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let fits = |pattern: &String| match pattern.strip_prefix('*') {
        // The rest starts with the dot, so that `evilfal.media` is not below `fal.media`.
        Some(below) if below.starts_with('.') => host.len() > below.len() && host.ends_with(below),
        _ => pattern == host,
    };
    policy
        .hosts
        .as_ref()
        .is_none_or(|hosts| hosts.iter().any(fits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(url: &str, policy: &FetchPolicy) -> Option<FetchErrorKind> {
        Target::parse(url, policy).err().map(|error| error.kind())
    }

    #[test]
    fn links_are_judged_by_scheme_name_port_and_address() {
        use FetchErrorKind as Kind;
        let policy = FetchPolicy::default().with_ports([8443]);
        for (url, expected) in [
            ("https://v3.fal.media/files/a.png", None),
            ("HTTPS://V3.FAL.MEDIA:443/a", None),
            ("https://v3.fal.media:8443/a", None),
            ("https://8.8.8.8/a", None),
            ("https://[2606:4700::1111]/a", None),
            ("http://v3.fal.media/a", Some(Kind::ForbiddenScheme)),
            ("ftp://v3.fal.media/a", Some(Kind::ForbiddenScheme)),
            ("file:///etc/passwd", Some(Kind::ForbiddenScheme)),
            ("gopher://v3.fal.media/", Some(Kind::ForbiddenScheme)),
            ("javascript:alert(1)", Some(Kind::ForbiddenScheme)),
            ("https://user@v3.fal.media/", Some(Kind::InvalidUrl)),
            ("https://:word@v3.fal.media/", Some(Kind::InvalidUrl)),
            ("https://", Some(Kind::InvalidUrl)),
            ("", Some(Kind::InvalidUrl)),
            ("/relative", Some(Kind::InvalidUrl)),
            ("https://v3.fal.media:22/", Some(Kind::ForbiddenPort)),
            ("https://v3.fal.media:80/", Some(Kind::ForbiddenPort)),
            ("https://127.0.0.1/", Some(Kind::ForbiddenAddress)),
            ("https://127.1/", Some(Kind::ForbiddenAddress)),
            ("https://2130706433/", Some(Kind::ForbiddenAddress)),
            ("https://0x7f000001/", Some(Kind::ForbiddenAddress)),
            ("https://0177.0.0.1/", Some(Kind::ForbiddenAddress)),
            ("https://127.0.0.1./", Some(Kind::ForbiddenAddress)),
            ("https://①②⑦.0.0.1/", Some(Kind::ForbiddenAddress)),
            ("https://0/", Some(Kind::ForbiddenAddress)),
            (
                "https://169.254.169.254/latest",
                Some(Kind::ForbiddenAddress),
            ),
            ("https://[::1]/", Some(Kind::ForbiddenAddress)),
            ("https://[::ffff:10.0.0.1]/", Some(Kind::ForbiddenAddress)),
            ("https://LocalHost/", Some(Kind::ForbiddenAddress)),
            ("https://localhost./", Some(Kind::ForbiddenAddress)),
            ("https://a.localhost/", Some(Kind::ForbiddenAddress)),
            // Letters, dots and invisible signs that names are freed of (UTS 46).
            ("https://ⓛocalhost/", Some(Kind::ForbiddenAddress)),
            ("https://localhost%2e/", Some(Kind::ForbiddenAddress)),
            ("https://localhost。/", Some(Kind::ForbiddenAddress)),
            ("https://127。0。0。1/", Some(Kind::ForbiddenAddress)),
            ("https://127%2e0%2e0%2e1/", Some(Kind::ForbiddenAddress)),
            ("https://127.0.0\u{ad}.1/", Some(Kind::ForbiddenAddress)),
            ("https://127.0.0.1%00.a.example/", Some(Kind::InvalidUrl)),
            ("https://127.0.0.1%0d%0a.example/", Some(Kind::InvalidUrl)),
            ("https://[::ffff:0:7f00:1]/", Some(Kind::ForbiddenAddress)),
            (
                "https://[64:ff9b::a9fe:a9fe]/",
                Some(Kind::ForbiddenAddress),
            ),
            (
                "https://[64:ff9b::a83f:8110]/",
                Some(Kind::ForbiddenAddress),
            ),
            ("https://[fe80::1%25eth0]/", Some(Kind::InvalidUrl)),
            ("https://[::1", Some(Kind::InvalidUrl)),
            ("https://v3.fal.media:0/", Some(Kind::ForbiddenPort)),
            ("https://v3.fal.media:65536/", Some(Kind::InvalidUrl)),
            ("https://@127.0.0.1/", Some(Kind::ForbiddenAddress)),
            ("https://v3.fal.media@127.0.0.1/", Some(Kind::InvalidUrl)),
            ("https://v3.fal.media\\@127.0.0.1/", None),
            (
                "https://127.0.0.1\\@v3.fal.media/",
                Some(Kind::ForbiddenAddress),
            ),
            ("https:v3.fal.media", None),
            ("https:127.0.0.1", Some(Kind::ForbiddenAddress)),
            (" https://127.0.0.1/", Some(Kind::ForbiddenAddress)),
            ("ht\ntps://127.0.0.1/", Some(Kind::ForbiddenAddress)),
            // Their origin is that of the link inside.
            ("blob:https://v3.fal.media/a", Some(Kind::ForbiddenScheme)),
            (
                "view-source:https://v3.fal.media/",
                Some(Kind::ForbiddenScheme),
            ),
            ("wss://v3.fal.media/", Some(Kind::ForbiddenScheme)),
            ("https://notlocalhost/", None),
        ] {
            assert_eq!(refusal(url, &policy), expected, "{url}");
        }
    }

    #[test]
    fn only_the_exact_loopback_origin_is_allowed() {
        let policy = FetchPolicy::default()
            .allow_loopback_http("http://127.0.0.1:8080")
            .unwrap();
        assert_eq!(refusal("http://127.0.0.1:8080/a", &policy), None);
        for url in [
            "http://127.0.0.1:8081/a",
            "http://127.0.0.2:8080/a",
            "https://127.0.0.1:8080/a",
            "http://localhost:8080/a",
            "http://[::1]:8080/a",
            "http://user@127.0.0.1:8080/a",
            "http://127.0.0.1:8080@10.0.0.1/a",
            "http://[::ffff:127.0.0.1]:8080/a",
            "blob:http://127.0.0.1:8080/a",
            "ws://127.0.0.1:8080/a",
        ] {
            assert!(refusal(url, &policy).is_some(), "{url}");
        }
    }

    #[test]
    fn listed_hosts_are_exact_or_below() {
        let policy = FetchPolicy::default().with_hosts(["*.FAL.media", "one.example"]);
        for url in [
            "https://v3.fal.media/",
            "https://a.b.fal.media/",
            "https://v3.fal.media./",
            "https://one.example/",
        ] {
            assert_eq!(refusal(url, &policy), None, "{url}");
        }
        for url in [
            "https://fal.media/",
            "https://evilfal.media/",
            "https://fal.media.evil.example/",
            "https://two.one.example/",
            "https://8.8.8.8/",
        ] {
            let expected = Some(FetchErrorKind::ForbiddenHost);
            assert_eq!(refusal(url, &policy), expected, "{url}");
        }
    }

    #[test]
    fn redirects_are_judged_again() {
        let policy = FetchPolicy::default()
            .allow_loopback_http("http://127.0.0.1:8080")
            .unwrap();
        let from = Target::parse("https://v3.fal.media/a/b", &policy).unwrap();
        for (location, expected) in [
            ("c", None),
            ("//v4.fal.media/a", None),
            (
                "http://v3.fal.media/",
                Some(FetchErrorKind::ForbiddenScheme),
            ),
            (
                "http://127.0.0.1:8080/",
                Some(FetchErrorKind::ForbiddenScheme),
            ),
            (
                "data:image/png;base64,AA",
                Some(FetchErrorKind::ForbiddenScheme),
            ),
            ("https://10.0.0.1/", Some(FetchErrorKind::ForbiddenAddress)),
            ("https://[::]:443/", Some(FetchErrorKind::ForbiddenAddress)),
            (
                "https://u:p@v3.fal.media/",
                Some(FetchErrorKind::InvalidUrl),
            ),
            (
                "https://v3.fal.media:25/",
                Some(FetchErrorKind::ForbiddenPort),
            ),
            ("https://", Some(FetchErrorKind::Redirect)),
        ] {
            let kind = from
                .follow(location, &policy)
                .err()
                .map(|error| error.kind());
            assert_eq!(kind, expected, "{location}");
        }
    }

    #[test]
    fn the_peer_has_the_last_word() {
        let policy = FetchPolicy::default()
            .allow_loopback_http("http://127.0.0.1:8080")
            .unwrap();
        let public = Target::parse("https://v3.fal.media/a", &policy).unwrap();
        let local = Target::parse("http://127.0.0.1:8080/a", &policy).unwrap();
        let peer = |text: &str| Some(text.parse().unwrap());
        assert!(public.check_peer(peer("8.8.8.8:443")).is_ok());
        assert!(public.check_peer(peer("127.0.0.1:443")).is_err());
        assert!(public.check_peer(peer("127.0.0.1:8080")).is_err());
        assert!(public.check_peer(None).is_err());
        assert!(local.check_peer(peer("127.0.0.1:8080")).is_ok());
        assert!(local.check_peer(peer("127.0.0.2:8080")).is_err());
    }
}
