//! Who may do what: every known key may do everything, within the limits that `s3s` does not check.

use std::collections::HashMap;

use async_trait::async_trait;
use percent_encoding::percent_decode_str;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::{S3Result, s3_error};

use crate::sigv4::Credentials;

/// The longest life of a signed link, in seconds: seven days.
const MAX_LIFE: u64 = 604_800;

/// The pairs of keys that the endpoint knows.
pub(super) struct Keys(HashMap<String, SecretKey>);

impl Keys {
    pub(super) fn new(credentials: &[Credentials]) -> Self {
        Self(
            credentials
                .iter()
                .map(|pair| {
                    let secret = SecretKey::from(pair.secret_key.expose());
                    (pair.access_key.clone(), secret)
                })
                .collect(),
        )
    }
}

#[async_trait]
impl S3Auth for Keys {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        self.0
            .get(access_key)
            .cloned()
            .ok_or_else(|| s3_error!(InvalidAccessKeyId))
    }
}

/// Checks what a valid signature says beside its validity.
pub(super) struct Limits {
    pub(super) region: String,
}

#[async_trait]
impl S3Access for Limits {
    async fn check(&self, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
        if cx.credentials().is_none() {
            return Err(s3_error!(AccessDenied, "sign the request"));
        }
        let query = cx.uri().query().unwrap_or_default();
        let header = cx
            .headers()
            .get("authorization")
            .and_then(|value| value.to_str().ok());
        self.check_signature(query, header)
    }
}

impl Limits {
    /// The signature is valid; `s3s` looks into the query first, and so do we.
    fn check_signature(&self, query: &str, header: Option<&str>) -> S3Result<()> {
        let (scope, signed_headers) = if parameter(query, "X-Amz-Signature").is_some() {
            let life = parameter(query, "X-Amz-Expires").and_then(|life| life.parse().ok());
            if !life.is_some_and(|life: u64| (1..=MAX_LIFE).contains(&life)) {
                return Err(s3_error!(
                    AuthorizationQueryParametersError,
                    "X-Amz-Expires must be 1 to 604800 seconds"
                ));
            }
            (
                parameter(query, "X-Amz-Credential"),
                parameter(query, "X-Amz-SignedHeaders"),
            )
        } else {
            let header = header.unwrap_or_default();
            (
                field(header, "Credential="),
                field(header, "SignedHeaders="),
            )
        };
        // Only version 4 has a scope; version 2, which s3s takes too, is refused here.
        let Some(scope) = scope else {
            return Err(s3_error!(AccessDenied, "sign by signature version 4"));
        };
        if !signed_headers.is_some_and(|names| names.split(';').any(|name| name == "host")) {
            return Err(s3_error!(AccessDenied, "the header Host must be signed"));
        }
        // access key / day / region / service / aws4_request; the access key may hold slashes.
        if scope.rsplit('/').nth(2) != Some(self.region.as_str()) {
            return Err(s3_error!(
                AuthorizationHeaderMalformed,
                "the region is wrong; expecting '{}'",
                self.region
            ));
        }
        Ok(())
    }
}

fn parameter(query: &str, name: &str) -> Option<String> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| percent_decode_str(value).decode_utf8_lossy().into_owned())
}

fn field(header: &str, name: &str) -> Option<String> {
    let (_, rest) = header.split_once(name)?;
    let end = rest.find([',', ' ']).unwrap_or(rest.len());
    Some(rest[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: &str, header: Option<&str>) -> Result<(), String> {
        let limits = Limits {
            region: "us-east-1".to_owned(),
        };
        limits
            .check_signature(query, header)
            .map_err(|error| error.code().as_str().to_owned())
    }

    fn query(region: &str, life: &str, signed: &str) -> String {
        format!(
            "X-Amz-Credential=a%2Fb%2F20260101%2F{region}%2Fs3%2Faws4_request&X-Amz-Expires={life}\
             &X-Amz-SignedHeaders={signed}&X-Amz-Signature=x"
        )
    }

    #[test]
    fn links_are_held_to_region_life_and_host() {
        assert_eq!(check(&query("us-east-1", "604800", "host"), None), Ok(()));
        for (region, life, signed, code) in [
            ("eu-west-1", "60", "host", "AuthorizationHeaderMalformed"),
            (
                "us-east-1",
                "604801",
                "host",
                "AuthorizationQueryParametersError",
            ),
            (
                "us-east-1",
                "0",
                "host",
                "AuthorizationQueryParametersError",
            ),
            ("us-east-1", "60", "x-amz-date", "AccessDenied"),
        ] {
            assert_eq!(
                check(&query(region, life, signed), None),
                Err(code.to_owned())
            );
        }
    }

    #[test]
    fn headers_are_held_to_region_and_version() {
        let header = "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request,SignedHeaders=host;x-amz-date,Signature=x";
        assert_eq!(check("", Some(header)), Ok(()));
        let elsewhere = header.replace("us-east-1", "eu-west-1");
        assert!(check("", Some(&elsewhere)).is_err());
        assert!(check("", Some("AWS a:signature")).is_err());
        assert!(check("", None).is_err());
    }
}
