//! Pictures that come inside their link: `data:image/png;base64,…`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::stream;

use super::policy::FetchPolicy;
use crate::pictures::fetch_error::{FetchError, FetchErrorKind};
use crate::pictures::incoming::IncomingPicture;

const SCHEME: &str = "data:";

/// Tells whether `url` holds its own bytes.
pub(super) fn is_one(url: &str) -> bool {
    url.get(..SCHEME.len())
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case(SCHEME))
}

/// Returns the picture in `url`, under the same caps as one from a server.
///
/// Only base64 is read; the type that the link names is not asked, the bytes are.
pub(super) async fn open(url: &str, policy: &FetchPolicy) -> Result<IncomingPicture, FetchError> {
    let bytes = unpack(url, policy)?;
    let length = bytes.len() as u64;
    let pieces = stream::iter([Ok(bytes)]);
    IncomingPicture::begin(pieces, Some(length), policy.limits()).await
}

fn unpack(url: &str, policy: &FetchPolicy) -> Result<Bytes, FetchError> {
    let invalid = |detail| FetchError::new(FetchErrorKind::InvalidUrl).with_detail(detail);
    let (head, text) = url
        .split_once(',')
        .ok_or_else(|| invalid("a data link without a comma"))?;
    let is_base64 = head
        .rsplit_once(';')
        .is_some_and(|(_, encoding)| encoding.trim().eq_ignore_ascii_case("base64"));
    if !is_base64 {
        return Err(invalid("a data link without base64"));
    }
    // Judged by the text, so that nothing above the cap is ever unpacked.
    let padding = text.bytes().rev().take_while(|&byte| byte == b'=').count();
    if (text.len().saturating_sub(padding) as u64).saturating_mul(3) / 4 > policy.max_bytes {
        return Err(FetchError::new(FetchErrorKind::TooLarge)
            .with_detail(format!("the cap is {} bytes", policy.max_bytes)));
    }
    // The error of the decoder would name the wrong byte and its place; neither helps.
    STANDARD
        .decode(text)
        .map(Bytes::from)
        .map_err(|_| invalid("a data link with broken base64"))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn kind(url: &str) -> FetchErrorKind {
        let policy = FetchPolicy::default().with_max_bytes(8);
        open(url, &policy).await.unwrap_err().kind()
    }

    #[test]
    fn data_links_are_told_by_their_scheme() {
        for (url, expected) in [
            ("data:image/png;base64,AA", true),
            ("DATA:,x", true),
            ("https://a.example/data:", false),
            ("dat", false),
            ("daß:x", false),
        ] {
            assert_eq!(is_one(url), expected, "{url}");
        }
    }

    #[tokio::test]
    async fn each_fault_has_its_kind() {
        for (url, expected) in [
            ("data:image/png;base64", FetchErrorKind::InvalidUrl),
            ("data:image/png,abc", FetchErrorKind::InvalidUrl),
            ("data:image/png;base64,@@@@", FetchErrorKind::InvalidUrl),
            ("data:image/png;base64,AAA", FetchErrorKind::InvalidUrl),
            ("data:image/png;base64,", FetchErrorKind::Empty),
            (
                "data:image/png;base64,PGh0bWw+",
                FetchErrorKind::NotAPicture,
            ),
            (
                "data:image/png;base64,AAAAAAAAAAA=",
                FetchErrorKind::NotAPicture,
            ),
            (
                "data:image/png;base64,AAAAAAAAAAAA",
                FetchErrorKind::TooLarge,
            ),
        ] {
            assert_eq!(kind(url).await, expected, "{url}");
        }
    }
}
