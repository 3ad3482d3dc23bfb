//! A server named by a URL.

use core_config::Secret;
use url::Url;

use super::config::{DEFAULT_PORT, RedisSettings};
use super::tls::RedisTls;

/// The most databases a server can be told to have.
pub(super) const MAX_DATABASE: u32 = i32::MAX.unsigned_abs();

/// Why a URL names no server; it never holds a part of the URL, since a password may be among them.
pub(super) type UrlFault = &'static str;

/// Returns what the URL names, with the system's authorities where it begins with `rediss://`.
pub(super) fn parse_url(text: &str) -> Result<RedisSettings, UrlFault> {
    let url = Url::parse(text).map_err(|_| "cannot be read as a URL")?;
    let tls = match url.scheme() {
        "redis" => None,
        "rediss" => Some(RedisTls::system()),
        _ => return Err("begins with neither redis:// nor rediss://"),
    };
    let host = url.host_str().unwrap_or_default();
    if host.is_empty() {
        return Err("names no host");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("has a query or a fragment, which mean nothing here");
    }
    // An IPv6 address stands in brackets in a URL, and without them in a socket address.
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let mut settings = RedisSettings::new(decoded(host)?, url.port().unwrap_or(DEFAULT_PORT));
    settings.tls = tls;
    settings.database = match url.path().trim_matches('/') {
        "" => 0,
        number => number
            .parse()
            .ok()
            .filter(|number| *number <= MAX_DATABASE)
            .ok_or("has a path that is no database number")?,
    };
    if !url.username().is_empty() {
        settings.login.username = Some(decoded(url.username())?);
    }
    settings.login.password = url.password().map(decoded).transpose()?.map(Secret::new);
    if settings.login.username.is_some() && settings.login.password.is_none() {
        return Err("names a user without a password");
    }
    Ok(settings)
}

fn decoded(part: &str) -> Result<String, UrlFault> {
    percent_encoding::percent_decode_str(part)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| "holds percent signs that stand for no text")
}
