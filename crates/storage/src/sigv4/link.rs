//! Signed links to objects.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::encode::{encode_path, encode_segment};
use super::signer::Signer;
use super::{Credentials, SignedHost};
use crate::name::ObjectRef;
use crate::options::SignOptions;
use crate::signed_url::SignedUrl;

/// Mints signed links without any network.
///
/// The link holds for the host it is signed for, in path style (`host/bucket/key`); it cannot be moved to
/// another host afterwards.
/// Clones share the signing key of the day.
#[derive(Debug, Clone)]
pub struct LinkSigner(Arc<Signer>);

impl LinkSigner {
    /// Returns a signer of links to `host` in `region`.
    ///
    /// For new credentials make a new signer.
    pub fn new(host: SignedHost, region: impl Into<String>, credentials: Credentials) -> Self {
        Self(Arc::new(Signer::new(host, region.into(), credentials)))
    }

    /// Returns a link with which anybody can read `object` from now to the end of its life.
    pub fn sign_get(
        &self,
        object: &ObjectRef,
        options: &SignOptions,
        now: DateTime<Utc>,
    ) -> SignedUrl {
        let url = self.0.presign(
            "GET",
            &path_of(object),
            &overrides(options),
            options.life.as_secs(),
            now,
        );
        SignedUrl::new(url, whole_second(now) + options.life.as_duration())
    }
}

/// Returns the path of `object` in path style, encoded.
pub(crate) fn path_of(object: &ObjectRef) -> String {
    format!("/{}/{}", object.bucket, encode_path(object.key.as_str()))
}

/// A signature names its time to the second, so the link ends a fraction earlier than `now + life`.
fn whole_second(now: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp(now.timestamp(), 0).unwrap_or(now)
}

fn overrides(options: &SignOptions) -> Vec<(String, String)> {
    [
        (
            "response-content-disposition",
            &options.response_content_disposition,
        ),
        ("response-content-type", &options.response_content_type),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), encode_segment(value.as_deref()?))))
    .collect()
}

#[cfg(test)]
mod tests {
    use core_config::Secret;

    use super::*;
    use crate::options::LinkLife;

    fn signer() -> LinkSigner {
        LinkSigner::new(
            "https://img.example".parse().unwrap(),
            "us-east-1",
            Credentials::new("who", Secret::new("canary")),
        )
    }

    #[test]
    fn the_link_ends_with_its_life_and_holds_no_secret() {
        let now = DateTime::from_timestamp(1_700_000_000, 900_000_000).unwrap();
        let object = "imagen4/a b.png".parse().unwrap();
        let link = signer().sign_get(&object, &SignOptions::default(), now);
        assert_eq!(link.expires_at().timestamp(), 1_700_086_400);
        assert!(
            link.expose()
                .starts_with("https://img.example/imagen4/a%20b.png?")
        );
        assert!(link.expose().contains("X-Amz-Expires=86400"));
        assert!(!link.expose().contains("canary"));
        assert!(!format!("{:?}", signer()).contains("canary"));
    }

    #[test]
    fn overrides_are_part_of_the_signature() {
        let now = DateTime::UNIX_EPOCH;
        let object = "imagen4/a.png".parse().unwrap();
        let plain = SignOptions {
            life: LinkLife::from_secs(60).unwrap(),
            ..SignOptions::default()
        };
        let named = SignOptions {
            response_content_type: Some("image/png".to_owned()),
            response_content_disposition: Some("attachment; filename=\"a b.png\"".to_owned()),
            ..plain.clone()
        };
        let signature = |options| {
            let link = signer().sign_get(&object, options, now);
            let (rest, signature) = link.expose().split_once("X-Amz-Signature=").unwrap();
            (rest.to_owned(), signature.to_owned())
        };
        assert_ne!(signature(&plain).1, signature(&named).1);
        assert!(signature(&named).0.contains(
            "response-content-disposition=attachment%3B%20filename%3D%22a%20b.png%22&response-content-type=image%2Fpng"
        ));
    }
}
