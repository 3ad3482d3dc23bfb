//! The canonical request and its signature.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::encode::encode_segment;
use super::key::{DayKeys, hmac_sha256};
use super::{Credentials, SignedHost};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// Signs for one host, one region and one pair of keys.
#[derive(Debug)]
pub(crate) struct Signer {
    host: SignedHost,
    region: String,
    credentials: Credentials,
    keys: DayKeys,
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
    /// The path, encoded.
    pub(crate) path: &'a str,
    /// Names and values of the query, encoded, in any order.
    pub(crate) query: &'a [(String, String)],
    /// Names (lower case) and values of the headers to sign besides the signature's own.
    pub(crate) headers: &'a [(String, String)],
    /// What is said of the body.
    pub(crate) payload: Payload,
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
}

/// The day and second of a signature.
struct Stamp {
    day: String,
    second: String,
}

impl Stamp {
    fn of(now: DateTime<Utc>) -> Self {
        let second = now.format("%Y%m%dT%H%M%SZ").to_string();
        Self {
            day: second.chars().take_while(|letter| *letter != 'T').collect(),
            second,
        }
    }
}

impl Signer {
    pub(crate) fn new(host: SignedHost, region: String, credentials: Credentials) -> Self {
        Self {
            host,
            region,
            credentials,
            keys: DayKeys::new(),
        }
    }

    /// Returns the URL of `path` (encoded) with `query` (encoded) and a signature that lives `life`
    /// seconds.
    pub(crate) fn presign(
        &self,
        method: &str,
        path: &str,
        query: &[(String, String)],
        life: u32,
        now: DateTime<Utc>,
    ) -> String {
        let stamp = Stamp::of(now);
        let credential = format!("{}/{}", self.credentials.access_key, self.scope(&stamp));
        let mut all = vec![
            ("X-Amz-Algorithm".to_owned(), ALGORITHM.to_owned()),
            ("X-Amz-Credential".to_owned(), encode_segment(&credential)),
            ("X-Amz-Date".to_owned(), stamp.second.clone()),
            ("X-Amz-Expires".to_owned(), life.to_string()),
            ("X-Amz-SignedHeaders".to_owned(), "host".to_owned()),
        ];
        all.extend_from_slice(query);
        let query = canonical_query(all);
        let host = self.host.authority();
        let canonical = format!("{method}\n{path}\n{query}\nhost:{host}\n\nhost\n{UNSIGNED}");
        let signature = self.signature(&stamp, &canonical);
        format!("{}{path}?{query}&X-Amz-Signature={signature}", self.host)
    }

    /// Returns the headers that sign `request`.
    #[cfg(any(feature = "minio", test))]
    pub(crate) fn sign(&self, request: Request<'_>, now: DateTime<Utc>) -> SignedHeaders {
        let stamp = Stamp::of(now);
        let payload = match request.payload {
            Payload::Unsigned => UNSIGNED.to_owned(),
            Payload::Sha256(digest) => digest,
        };
        let mut headers = request.headers.to_vec();
        headers.push(("host".to_owned(), self.host.authority().to_owned()));
        headers.push(("x-amz-content-sha256".to_owned(), payload.clone()));
        headers.push(("x-amz-date".to_owned(), stamp.second.clone()));
        headers.sort();
        let (names, lines) = canonical_headers(&headers);
        let query = canonical_query(request.query.to_vec());
        let canonical = format!(
            "{}\n{}\n{query}\n{lines}\n{names}\n{payload}",
            request.method, request.path
        );
        let signature = self.signature(&stamp, &canonical);
        SignedHeaders {
            authorization: format!(
                "{ALGORITHM} Credential={}/{},SignedHeaders={names},Signature={signature}",
                self.credentials.access_key,
                self.scope(&stamp)
            ),
            date: stamp.second,
            content_sha256: payload,
        }
    }

    fn scope(&self, stamp: &Stamp) -> String {
        format!("{}/{}/s3/aws4_request", stamp.day, self.region)
    }

    fn signature(&self, stamp: &Stamp, canonical: &str) -> String {
        let text = format!(
            "{ALGORITHM}\n{}\n{}\n{}",
            stamp.second,
            self.scope(stamp),
            hex::encode(Sha256::digest(canonical))
        );
        let key = self
            .keys
            .of_day(&self.credentials, &self.region, &stamp.day);
        hex::encode(hmac_sha256(&key, text.as_bytes()))
    }
}

fn canonical_query(mut pairs: Vec<(String, String)>) -> String {
    pairs.sort();
    let mut query = String::with_capacity(256);
    for (name, value) in pairs {
        let between = if query.is_empty() { "" } else { "&" };
        // Writing to a String cannot fail.
        let _ = write!(query, "{between}{name}={value}");
    }
    query
}

/// Returns the names joined by `;` and the lines `name:value`.
#[cfg(any(feature = "minio", test))]
fn canonical_headers(sorted: &[(String, String)]) -> (String, String) {
    let names: Vec<_> = sorted.iter().map(|(name, _)| name.as_str()).collect();
    let mut lines = String::with_capacity(256);
    for (name, value) in sorted {
        let words: Vec<_> = value.split(' ').filter(|word| !word.is_empty()).collect();
        // Writing to a String cannot fail.
        let _ = writeln!(lines, "{name}:{}", words.join(" "));
    }
    (names.join(";"), lines)
}

#[cfg(test)]
#[path = "signer_tests.rs"]
mod tests;
