//! Host and port of a link, compared as what they mean and not as they are spelled.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::name::BucketName;
use crate::sigv4::SignedHost;

/// The ports that a link leaves out.
const HTTP_PORT: u16 = 80;
const HTTPS_PORT: u16 = 443;

/// A host and a port.
///
/// The scheme is no part of it beyond its default port: one port of one host is one server.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Authority {
    host: Host,
    port: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Host {
    /// A name in lower case, or an IPv4 address, of which only the usual spelling is ours.
    Text(String),
    /// An IPv6 address, which has many spellings.
    Address(Ipv6Addr),
}

impl Authority {
    /// Returns the host and port that `text` names, or `None` for anything else, such as user-info.
    pub(super) fn parse(text: &str, secure: bool) -> Option<Self> {
        let (host, port) = if let Some(rest) = text.strip_prefix('[') {
            let (address, port) = rest.split_once(']')?;
            (Host::Address(address.parse().ok()?), port)
        } else {
            let (name, port) = text.split_at(text.find(':').unwrap_or(text.len()));
            (Host::Text(host_name(name)?), port)
        };
        let default = if secure { HTTPS_PORT } else { HTTP_PORT };
        let port = match port {
            "" | ":" => default,
            _ => digits(port.strip_prefix(':')?)?,
        };
        Some(Self { host, port })
    }

    /// Returns the authority of a configured host; `None` is not met, since a signed host keeps the rules.
    pub(super) fn of(host: &SignedHost) -> Option<Self> {
        Self::parse(host.authority(), host.is_secure())
    }

    /// Returns the bucket when this is a name that has it before `base`, as in virtual-host style.
    pub(super) fn bucket_before(&self, base: &Self) -> Option<BucketName> {
        let (Host::Text(name), Host::Text(base_name)) = (&self.host, &base.host) else {
            return None;
        };
        // There are no names below an address.
        if self.port != base.port || base_name.parse::<Ipv4Addr>().is_ok() {
            return None;
        }
        let bucket = name.strip_suffix(base_name.as_str())?.strip_suffix('.')?;
        bucket.parse().ok()
    }
}

/// Names in other scripts come as punycode; what needs decoding or folding first is not taken.
fn host_name(text: &str) -> Option<String> {
    let lawful = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    (!text.is_empty() && text.bytes().all(lawful)).then(|| text.to_ascii_lowercase())
}

/// The parser of numbers takes a sign too, so the digits are asked for first.
fn digits(text: &str) -> Option<u16> {
    let only_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    only_digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<Authority> {
        Authority::parse(text, false)
    }

    #[test]
    fn spellings_of_one_server_are_one() {
        for (one, other) in [
            ("img.example", "IMG.Example:80"),
            ("img.example", "img.example:"),
            ("img.example:9000", "img.example:09000"),
            ("[::1]:9000", "[0:0:0:0:0:0:0:1]:9000"),
            ("[2001:DB8::a]", "[2001:db8:0::A]:80"),
        ] {
            assert!(parse(one).is_some(), "{one}");
            assert_eq!(parse(one), parse(other), "{one} {other}");
        }
        assert_eq!(
            Authority::parse("img.example", true),
            parse("img.example:443")
        );
    }

    #[test]
    fn what_is_no_host_and_port_is_nothing() {
        for text in [
            "",
            ":80",
            "who@host",
            "a:b@host",
            "@host",
            "host:+80",
            "host:8o",
            "host:80:80",
            "host:65536",
            "[::1",
            "::1",
            "[::1]9000",
            "[fe80::1%25eth0]",
            "[1.2.3.4]",
            "h%6fst",
            "höst",
            "host\\evil",
            "ho st",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn every_signed_host_has_an_authority() {
        for text in [
            "minio:9000",
            "https://S3.Example:443",
            "[::1]:9000",
            "under_score",
            "http://bücher.example",
            "2130706433",
        ] {
            let host = text.parse().unwrap();
            assert!(Authority::of(&host).is_some(), "{text}");
        }
    }
}
