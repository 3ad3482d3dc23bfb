//! The host that a signature holds for.

use std::fmt;
use std::str::FromStr;

use url::Url;

/// A scheme, a host and a port, written as every client sends them.
///
/// - the scheme is `http` or `https`; without one, `http`
/// - no user-info, path, query or fragment: a signature covers the host, and a prefix of the path cannot
///   be signed
/// - the port is left out when it is the default of the scheme, as clients do in the header `Host`
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SignedHost {
    secure: bool,
    authority: String,
}

/// The text names no host that can be signed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no address of an object store: {rule}")]
pub struct InvalidHost {
    rule: &'static str,
}

impl SignedHost {
    /// Returns the host that `text` names: `host`, `host:port` or a URL; `secure` gives the scheme where
    /// the text has none.
    ///
    /// # Errors
    ///
    /// [`InvalidHost`] names the rule that the text breaks and never shows the text, which may hold a
    /// password.
    pub fn parse(text: &str, secure: bool) -> Result<Self, InvalidHost> {
        let invalid = |rule| InvalidHost { rule };
        // An empty user is dropped by the parser, so the text itself is asked.
        if text.contains('@') {
            return Err(invalid("it must not hold a user or a password"));
        }
        let url = if text.contains("://") {
            Url::parse(text)
        } else {
            let scheme = if secure { "https" } else { "http" };
            Url::parse(&format!("{scheme}://{text}"))
        };
        let url = url.map_err(|_| invalid("write host:port or http://host:port"))?;
        match broken_rule(&url) {
            Some(rule) => Err(invalid(rule)),
            None => Ok(Self {
                secure: url.scheme() == "https",
                authority: url.authority().to_owned(),
            }),
        }
    }

    /// Tells whether the scheme is `https`.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Returns host and port as the header `Host` has them.
    pub fn authority(&self) -> &str {
        &self.authority
    }
}

fn broken_rule(url: &Url) -> Option<&'static str> {
    if !matches!(url.scheme(), "http" | "https") {
        return Some("the scheme must be http or https");
    }
    if !url.has_host() {
        return Some("write host:port or http://host:port");
    }
    if !matches!(url.path(), "" | "/") {
        return Some("it must not have a path");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Some("it must not have a query or a fragment");
    }
    None
}

impl FromStr for SignedHost {
    type Err = InvalidHost;

    fn from_str(text: &str) -> Result<Self, InvalidHost> {
        Self::parse(text, false)
    }
}

impl fmt::Display for SignedHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.authority)
    }
}

impl fmt::Debug for SignedHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignedHost({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_with_and_without_scheme() {
        for (text, secure, expected) in [
            ("minio:9000", false, "http://minio:9000"),
            ("127.0.0.1:9000", true, "https://127.0.0.1:9000"),
            ("https://S3.Example:443", false, "https://s3.example"),
            ("http://s3.example:80/", true, "http://s3.example"),
            ("[::1]:9000", false, "http://[::1]:9000"),
        ] {
            let host = SignedHost::parse(text, secure).unwrap();
            assert_eq!(host.to_string(), expected);
        }
    }

    #[test]
    fn anything_more_than_a_host_is_refused_without_showing_it() {
        for text in [
            "",
            "http://",
            "ftp://canary",
            "http://user:canary@host",
            "http://canary@host:1",
            "@canary",
            "host/canary",
            "host?canary",
            "host#canary",
            "host:canary",
        ] {
            let error = SignedHost::parse(text, false).unwrap_err();
            assert!(!error.to_string().contains("canary"), "{error}");
        }
    }
}
