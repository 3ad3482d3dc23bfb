//! The canonical request and its signature.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use chrono::{DateTime, Timelike, Utc};
use core_config::Secret;
use hmac::Mac;
use sha2::{Digest, Sha256};

use super::day::{Day, Days};
use super::encode::push_segment;
use super::{SharedCredentials, SignedHost};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// The room of a link beside its host, path and token; a disposition with an odd name may need more.
const LINK_ROOM: usize = 512;

/// Signs for one host, one region and the present credentials.
#[derive(Debug)]
pub(crate) struct Signer {
    /// Scheme and host, the beginning of every link.
    base: String,
    /// What the canonical request of a link says after its query.
    link_end: String,
    days: Days,
}

/// A link to be signed.
pub(crate) struct Link<'a> {
    /// The method in capitals.
    pub(crate) method: &'a str,
    /// The path, encoded.
    pub(crate) path: &'a dyn fmt::Display,
    /// More of the query, not encoded: names that sort after `X-Amz-`, in order, each with its value if
    /// it is there at all.
    pub(crate) more: &'a [(&'a str, Option<&'a str>)],
    /// How long the link lives.
    pub(crate) seconds: u32,
}

/// What a signature says of the body.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    not(any(feature = "minio", test)),
    expect(
        dead_code,
        reason = "only requests signed in their headers have bodies"
    )
)]
pub(crate) enum Payload {
    /// Nothing.
    Unsigned,
    /// Its SHA-256 in hexadecimal.
    Sha256(String),
}

/// A request to be signed in its headers.
#[derive(Debug)]
#[cfg_attr(
    not(any(feature = "minio", test)),
    expect(dead_code, reason = "only the MinIO adapter signs headers")
)]
pub(crate) struct Request<'a> {
    /// The method in capitals.
    pub(crate) method: &'a str,
    /// The header `Host`.
    pub(crate) host: &'a str,
    /// The path, encoded.
    pub(crate) path: &'a str,
    /// Names and values of the query, encoded, in any order.
    pub(crate) query: &'a [(String, String)],
    /// Names (lower case) and values of the headers to sign besides the signature's own.
    pub(crate) headers: &'a [(String, String)],
    /// What is said of the body.
    pub(crate) payload: &'a Payload,
}

/// The headers that carry a signature.
#[derive(Debug)]
#[cfg_attr(
    not(any(feature = "minio", test)),
    expect(dead_code, reason = "only the MinIO adapter signs headers")
)]
pub(crate) struct SignedHeaders {
    /// `Authorization`.
    pub(crate) authorization: String,
    /// `x-amz-date`.
    pub(crate) date: String,
    /// `x-amz-content-sha256`.
    pub(crate) content_sha256: String,
    /// `x-amz-security-token`, for the keys of a session.
    pub(crate) security_token: Option<Secret>,
}

impl Signer {
    pub(crate) fn new(host: &SignedHost, region: String, credentials: SharedCredentials) -> Self {
        Self {
            base: host.to_string(),
            link_end: format!("\nhost:{}\n\nhost\n{UNSIGNED}", host.authority()),
            days: Days::new(region, credentials),
        }
    }

    /// Returns what signatures of the day of `now` have in common; a signature is made with one of them
    /// from its beginning to its end.
    pub(crate) fn day(&self, now: DateTime<Utc>) -> Arc<Day> {
        self.days.of(now)
    }

    /// Returns the URL of `link`, signed at `now`, a time of `day`.
    ///
    /// The query is written in the order in which it is signed, so that the URL is hashed as it stands: one
    /// piece of memory, one SHA-256 and one HMAC whose key is there already.
    pub(crate) fn presign(&self, link: &Link<'_>, day: &Day, now: DateTime<Utc>) -> String {
        let mut url = String::with_capacity(self.base.len() + LINK_ROOM);
        url.push_str(&self.base);
        // Writing to a String cannot fail.
        let _ = write!(
            url,
            "{}?X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential=",
            link.path
        );
        url.push_str(&day.credential);
        url.push_str("&X-Amz-Date=");
        let stamp_at = url.len();
        push_stamp(&mut url, day, now);
        let stamp = stamp_at..url.len();
        let _ = write!(url, "&X-Amz-Expires={}", link.seconds);
        if let Some(token) = &day.token {
            url.push_str("&X-Amz-Security-Token=");
            url.push_str(token);
        }
        url.push_str("&X-Amz-SignedHeaders=host");
        for (name, value) in link.more {
            if let Some(value) = value {
                let _ = write!(url, "&{name}=");
                push_segment(&mut url, value);
            }
        }
        let signature = sign(day, &url[stamp], self.canonical_link(link.method, &url));
        url.push_str("&X-Amz-Signature=");
        push_hex(&mut url, &signature);
        url
    }

    /// Returns the hash of the canonical request of a link, which is its URL with a line break for the
    /// question mark.
    fn canonical_link(&self, method: &str, url: &str) -> [u8; 32] {
        let (path, query) = url[self.base.len()..].split_once('?').unwrap_or_default();
        let hash = Sha256::new().chain_update(method).chain_update("\n");
        let hash = hash.chain_update(path).chain_update("\n");
        let hash = hash.chain_update(query).chain_update(&self.link_end);
        hash.finalize().into()
    }

    /// Returns the headers that sign `request`.
    #[cfg(any(feature = "minio", test))]
    pub(crate) fn sign(&self, request: &Request<'_>, now: DateTime<Utc>) -> SignedHeaders {
        let day = self.day(now);
        let mut date = String::with_capacity(16);
        push_stamp(&mut date, &day, now);
        let content_sha256 = match request.payload {
            Payload::Unsigned => UNSIGNED,
            Payload::Sha256(digest) => digest,
        };
        let token = day.credentials.session_token.as_ref();
        let mut headers = vec![
            ("host", request.host),
            ("x-amz-content-sha256", content_sha256),
            ("x-amz-date", &date),
        ];
        headers.extend(token.map(|token| ("x-amz-security-token", token.expose())));
        let given = request.headers.iter();
        headers.extend(given.map(|(name, value)| (name.as_str(), value.as_str())));
        headers.sort_unstable();
        let (names, lines) = canonical_headers(&headers);
        let canonical = format!(
            "{}\n{}\n{}\n{lines}\n{names}\n{content_sha256}",
            request.method,
            request.path,
            canonical_query(request.query),
        );
        let signature = hex::encode(sign(&day, &date, Sha256::digest(canonical).into()));
        SignedHeaders {
            authorization: format!(
                "{ALGORITHM} Credential={}/{},SignedHeaders={names},Signature={signature}",
                day.credentials.access_key, day.scope
            ),
            content_sha256: content_sha256.to_owned(),
            security_token: token.cloned(),
            date,
        }
    }
}

/// Returns the signature of the request whose canonical form has the hash `request`.
fn sign(day: &Day, stamp: &str, request: [u8; 32]) -> [u8; 32] {
    let mut hash = String::with_capacity(64);
    push_hex(&mut hash, &request);
    let mac = day.mac().chain_update(ALGORITHM).chain_update("\n");
    let mac = mac.chain_update(stamp).chain_update("\n");
    let mac = mac.chain_update(&day.scope).chain_update("\n");
    mac.chain_update(hash).finalize().into_bytes().into()
}

/// Appends `now` as `YYYYMMDDTHHMMSSZ`.
fn push_stamp(text: &mut String, day: &Day, now: DateTime<Utc>) {
    text.push_str(&day.text);
    text.push('T');
    for number in [now.hour(), now.minute(), now.second()] {
        for digit in [number / 10, number % 10] {
            text.push(char::from_digit(digit, 10).unwrap_or('0'));
        }
    }
    text.push('Z');
}

fn push_hex(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(digit.into(), 16).unwrap_or('0'));
        }
    }
}

#[cfg(any(feature = "minio", test))]
fn canonical_query(pairs: &[(String, String)]) -> String {
    let mut pairs: Vec<_> = pairs.iter().collect();
    pairs.sort_unstable();
    let mut query = String::new();
    for (name, value) in pairs {
        let between = if query.is_empty() { "" } else { "&" };
        // Writing to a String cannot fail.
        let _ = write!(query, "{between}{name}={value}");
    }
    query
}

/// Returns the names joined by `;` and the lines `name:value`.
#[cfg(any(feature = "minio", test))]
fn canonical_headers(sorted: &[(&str, &str)]) -> (String, String) {
    let (mut names, mut lines) = (String::with_capacity(128), String::with_capacity(512));
    for (name, value) in sorted {
        let between = if names.is_empty() { "" } else { ";" };
        // Writing to a String cannot fail.
        let _ = write!(names, "{between}{name}");
        let _ = write!(lines, "{name}:");
        let words = value.split(' ').filter(|word| !word.is_empty());
        for (at, word) in words.enumerate() {
            let between = if at == 0 { "" } else { " " };
            let _ = write!(lines, "{between}{word}");
        }
        lines.push('\n');
    }
    (names, lines)
}

#[cfg(test)]
#[path = "signer_tests.rs"]
mod tests;
