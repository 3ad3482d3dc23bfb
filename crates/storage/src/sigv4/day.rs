//! What all signatures of a day have in common.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use super::encode::encode_segment;
use super::{Credentials, SharedCredentials};

/// The block size of SHA-256, to which HMAC pads its key.
const BLOCK_BYTES: usize = 64;
const SECONDS_A_DAY: i64 = 86_400;

/// The parts of a signature that depend on the day and on whose it is.
///
/// Four of the five HMACs of a signature are in here, and of the fifth the part that its key makes.
pub(crate) struct Day {
    pub(crate) credentials: Arc<Credentials>,
    /// The days since 1970.
    number: i64,
    /// `YYYYMMDD`.
    pub(crate) text: String,
    /// `YYYYMMDD/region/s3/aws4_request`.
    pub(crate) scope: String,
    /// The access key and the scope, encoded as in the query of a link.
    pub(crate) credential: String,
    /// The token of the session, encoded.
    pub(crate) token: Option<String>,
    mac: Hmac<Sha256>,
}

impl Day {
    fn new(number: i64, credentials: Arc<Credentials>, region: &str) -> Self {
        let date = DateTime::from_timestamp(number * SECONDS_A_DAY, 0).unwrap_or_default();
        let text = date.format("%Y%m%d").to_string();
        let scope = format!("{text}/{region}/s3/aws4_request");
        let token = credentials.session_token.as_ref();
        Self {
            number,
            credential: encode_segment(&format!("{}/{scope}", credentials.access_key)),
            token: token.map(|token| encode_segment(token.expose())),
            mac: derive(&credentials, region, &text),
            text,
            scope,
            credentials,
        }
    }

    /// Returns an HMAC that has the key of the day and no data yet.
    pub(crate) fn mac(&self) -> Hmac<Sha256> {
        self.mac.clone()
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Day")
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

/// Keeps the last day, for the region and the credentials of one signer.
///
/// A day is kept with the very credentials that it was made from, and is not used with any others.
pub(crate) struct Days {
    region: String,
    credentials: SharedCredentials,
    last: RwLock<Option<Arc<Day>>>,
}

impl Days {
    pub(crate) fn new(region: String, credentials: SharedCredentials) -> Self {
        Self {
            region,
            credentials,
            last: RwLock::new(None),
        }
    }

    /// Returns the day of `now` for the present credentials.
    pub(crate) fn of(&self, now: DateTime<Utc>) -> Arc<Day> {
        let number = now.timestamp().div_euclid(SECONDS_A_DAY);
        let credentials = self.credentials.current();
        let is_it =
            |day: &Arc<Day>| day.number == number && Arc::ptr_eq(&day.credentials, &credentials);
        let last = self.last.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(day) = last.as_ref().filter(|day| is_it(day)) {
            return Arc::clone(day);
        }
        drop(last);
        let day = Arc::new(Day::new(number, credentials, &self.region));
        *self.last.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&day));
        day
    }
}

impl fmt::Debug for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Days")
            .field("region", &self.region)
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}

fn derive(credentials: &Credentials, region: &str, day: &str) -> Hmac<Sha256> {
    let secret = format!("AWS4{}", credentials.secret_key.expose());
    let parts = [day, region, "s3", "aws4_request"];
    parts
        .iter()
        .fold(keyed(secret.as_bytes()), |mut mac, part| {
            mac.update(part.as_bytes());
            keyed(&mac.finalize().into_bytes())
        })
}

/// Returns an HMAC-SHA256 with `key` (RFC 2104: longer keys are hashed, shorter ones padded with zeros).
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    let mut block = [0; BLOCK_BYTES];
    if key.len() > BLOCK_BYTES {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    <Hmac<Sha256> as Mac>::new(&block.into())
}

#[cfg(test)]
mod tests {
    use core_config::Secret;

    use super::*;

    fn hmac_sha256(key: &[u8], data: &[u8]) -> String {
        let mut mac = keyed(key);
        mac.update(data);
        hex::encode(mac.finalize().into_bytes())
    }

    fn days() -> (Days, SharedCredentials) {
        let credentials = SharedCredentials::new(Credentials::new("who", Secret::new("word")));
        (
            Days::new("us-east-1".to_owned(), credentials.clone()),
            credentials,
        )
    }

    fn key(day: &Day) -> String {
        hex::encode(day.mac().finalize().into_bytes())
    }

    #[test]
    fn hmac_agrees_with_rfc_4231() {
        let short = hmac_sha256(b"Jefe", b"what do ya want for nothing?");
        assert!(short.starts_with("5bdcc146bf60754e6a042426089575c7"));
        let long = hmac_sha256(
            &[0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First",
        );
        assert!(long.starts_with("60e431591ee0b67f0d8a26aacbf5b77f"));
    }

    #[test]
    fn a_day_is_kept_until_its_last_second() {
        let (days, _) = days();
        let midnight = DateTime::from_timestamp(1_700_006_400, 0).unwrap();
        let day = days.of(midnight);
        assert_eq!(day.scope, "20231115/us-east-1/s3/aws4_request");
        let last = midnight + chrono::TimeDelta::milliseconds(86_399_999);
        assert!(Arc::ptr_eq(&day, &days.of(last)));
        let next = days.of(last + chrono::TimeDelta::milliseconds(1));
        assert_eq!(next.text, "20231116");
        assert_ne!(key(&day), key(&next));
        assert_eq!(key(&day), key(&days.of(midnight)));
    }

    #[test]
    fn a_replaced_secret_never_meets_a_key_of_the_old_one() {
        let (days, credentials) = days();
        let old = days.of(DateTime::UNIX_EPOCH);
        credentials.replace(Credentials::new("who", Secret::new("another")));
        let new = days.of(DateTime::UNIX_EPOCH);
        assert_ne!(key(&old), key(&new));
        // The same words in other hands are not the same set, and give the same key all the same.
        credentials.replace(Credentials::new("who", Secret::new("word")));
        assert_eq!(key(&old), key(&days.of(DateTime::UNIX_EPOCH)));
    }

    #[test]
    fn debug_shows_no_key() {
        let (days, credentials) = days();
        let token = Secret::new("canary");
        credentials
            .replace(Credentials::new("who", Secret::new("canary")).with_session_token(token));
        let day = days.of(DateTime::UNIX_EPOCH);
        assert!(!format!("{day:?} {days:?}").contains("canary"));
    }
}
