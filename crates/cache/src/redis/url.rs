//! A server named by a URL.

use core_config::Secret;
use url::Url;

use super::config::{DEFAULT_PORT, RedisSettings};

/// The most databases a server can be told to have.
pub(super) const MAX_DATABASE: u32 = i32::MAX.unsigned_abs();

/// Why a URL names no server; it never holds a part of the URL, since a password may be among them.
pub(super) enum UrlFault {
    Tls,
    Wrong(&'static str),
}

pub(super) fn parse_url(text: &str) -> Result<RedisSettings, UrlFault> {
    let url = Url::parse(text).map_err(|_| UrlFault::Wrong("cannot be read as a URL"))?;
    match url.scheme() {
        "redis" => {}
        "rediss" => return Err(UrlFault::Tls),
        _ => return Err(UrlFault::Wrong("does not begin with redis://")),
    }
    let host = url.host_str().unwrap_or_default();
    if host.is_empty() {
        return Err(UrlFault::Wrong("names no host"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(UrlFault::Wrong(
            "has a query or a fragment, which mean nothing here",
        ));
    }
    // An IPv6 address stands in brackets in a URL, and without them in a socket address.
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let mut settings = RedisSettings::new(decoded(host)?, url.port().unwrap_or(DEFAULT_PORT));
    settings.database = match url.path().trim_matches('/') {
        "" => 0,
        number => number
            .parse()
            .ok()
            .filter(|number| *number <= MAX_DATABASE)
            .ok_or(UrlFault::Wrong("has a path that is no database number"))?,
    };
    if !url.username().is_empty() {
        settings.username = Some(decoded(url.username())?);
    }
    settings.password = url.password().map(decoded).transpose()?.map(Secret::new);
    if settings.username.is_some() && settings.password.is_none() {
        return Err(UrlFault::Wrong("names a user without a password"));
    }
    Ok(settings)
}

fn decoded(part: &str) -> Result<String, UrlFault> {
    percent_encoding::percent_decode_str(part)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| UrlFault::Wrong("holds percent signs that stand for no text"))
}
