//! What profile `prod` demands and refuses.

use std::net::IpAddr;

use core_config::Reader;
use url::{Host, Url};

/// The switch that allows plain text inside a private network.
const ALLOW_PLAIN_TEXT: &str = "APP_ALLOW_PLAIN_TEXT";

/// Passwords that stand in manuals and samples, in lower case.
const SAMPLES: [&str; 18] = [
    "12345678",
    "123456",
    "admin",
    "changeme",
    "default",
    "example",
    "guest",
    "minio",
    "minio123",
    "minioadmin",
    "passw0rd",
    "password",
    "postgres",
    "qwerty",
    "redis",
    "root",
    "secret",
    "test",
];

/// Parts of values that were to be replaced, in lower case.
const PLACEHOLDERS: [&str; 5] = ["change-me", "change_me", "your-", "your_", "<"];

/// Endings of names that no public name server knows (RFC 6761, RFC 6762, RFC 8375, ICANN's `.internal`).
const PRIVATE_ENDINGS: [&str; 6] = [
    ".internal",
    ".lan",
    ".local",
    ".localhost",
    ".home.arpa",
    ".test",
];

/// Notes every real service that is not named, every sample password and every host that would be spoken to
/// in plain text.
pub(super) fn check(reader: &mut Reader<'_>) {
    require_real_services(reader);
    refuse_samples(reader);
    refuse_plain_text(reader);
}

fn require_real_services(reader: &mut Reader<'_>) {
    for (names, hint) in [
        (
            ["FAL_KEY", "FAL_API_KEY", "FAL_KEY_FILE", "FAL_API_KEY_FILE"].as_slice(),
            "take a key from FAL's dashboard",
        ),
        (
            &["MINIO_ENDPOINT"],
            "name the object store as host:port or URL",
        ),
        (
            &[
                "REDIS_HOST",
                "REDIS_URL",
                "REDIS_URL_FILE",
                "REDIS_SENTINELS",
                "REDIS_CLUSTER_NODES",
            ],
            "name the Redis server",
        ),
        (&["DATABASE_URL"], "name the database"),
    ] {
        if names.iter().all(|name| reader.text(name).is_none()) {
            reader.problem(names[0], "missing in profile prod", hint);
        }
    }
}

fn refuse_samples(reader: &mut Reader<'_>) {
    const HINT: &str = "draw one of your own, such as with `openssl rand -hex 24`";
    for name in [
        "MINIO_SECRET_KEY",
        "MINIO_MANIFEST_PROMPT_KEY",
        "REDIS_PASSWORD",
        "REDIS_SENTINEL_PASSWORD",
    ] {
        if reader
            .secret(name)
            .is_some_and(|secret| is_sample(secret.expose()))
        {
            reader.problem(name, "is a sample password", HINT);
        }
    }
    let in_url = redis_url(reader).is_some_and(|url| url.password().is_some_and(is_sample));
    if in_url {
        reader.problem("REDIS_URL", "holds a sample password", HINT);
    }
    let hint = "take a key from FAL's dashboard";
    for name in ["FAL_KEY", "FAL_API_KEY"] {
        let key = reader.secret(name);
        let word = key
            .as_ref()
            .and_then(|key| Some(key.expose().split_once(':')?.1));
        if word.is_some_and(is_sample) {
            reader.problem(name, "is a sample key", hint);
        }
    }
}

fn refuse_plain_text(reader: &mut Reader<'_>) {
    let allowed = reader.flag(ALLOW_PLAIN_TEXT, false);
    for (name, host) in plain_text_hosts(reader) {
        if !is_private(&host) {
            let what = format!("{host} is public and would be spoken to in plain text");
            reader.problem(name, what, "use TLS: MINIO_SECURE, REDIS_SSL, or https");
        } else if !allowed {
            let what = format!("{host} would be spoken to in plain text");
            let hint = format!(
                "use TLS, or set {ALLOW_PLAIN_TEXT}=true where nobody else is in the network"
            );
            reader.problem(name, what, hint);
        }
    }
}

/// Returns each host that is reached without TLS, with the setting that names it.
fn plain_text_hosts(reader: &mut Reader<'_>) -> Vec<(&'static str, String)> {
    let mut hosts = Vec::new();
    let secure = is_on(reader, "MINIO_SECURE");
    for name in ["MINIO_ENDPOINT", "MINIO_PUBLIC_ENDPOINT"] {
        hosts.extend(plain_text_host(reader, name, secure, "https"));
    }
    let secure = is_on(reader, "REDIS_SSL");
    if let Some(url) = redis_url(reader).filter(|url| url.scheme() == "redis" && !secure) {
        hosts.extend(url.host_str().map(|host| ("REDIS_URL", host.to_owned())));
    }
    for name in ["REDIS_HOST", "REDIS_SENTINELS", "REDIS_CLUSTER_NODES"] {
        hosts.extend(plain_text_host(reader, name, secure, "rediss"));
    }
    hosts
}

/// Returns the hosts that the setting `name` lists, unless they are reached with TLS.
fn plain_text_host(
    reader: &mut Reader<'_>,
    name: &'static str,
    secure: bool,
    tls_scheme: &str,
) -> Vec<(&'static str, String)> {
    let text = reader.text(name).unwrap_or_default();
    let addresses = text.split(',').map(str::trim);
    let hosts = addresses.filter_map(|address| {
        let (scheme, url) = match address.split_once("://") {
            Some((scheme, rest)) => (Some(scheme), rest),
            None => (None, address),
        };
        let with_tls = scheme.map_or(secure, |scheme| scheme == tls_scheme);
        let host = Url::parse(&format!("http://{url}")).ok()?;
        (!with_tls).then(|| Some((name, host.host_str()?.to_owned())))?
    });
    hosts.collect()
}

fn is_on(reader: &mut Reader<'_>, name: &str) -> bool {
    // A value that is no switch is noted where the setting is read for its use.
    let text = reader.text(name).unwrap_or_default().to_ascii_lowercase();
    matches!(text.as_str(), "true" | "1" | "yes" | "on")
}

fn redis_url(reader: &mut Reader<'_>) -> Option<Url> {
    Url::parse(reader.secret("REDIS_URL")?.expose()).ok()
}

fn is_sample(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    SAMPLES.contains(&text.as_str()) || PLACEHOLDERS.iter().any(|part| text.contains(part))
}

/// Tells whether a host is in a network of one's own: an address that is not routed, or a name that no public
/// name server knows.
fn is_private(host: &str) -> bool {
    match Host::parse(host) {
        Ok(Host::Ipv4(address)) => is_private_address(address.into()),
        Ok(Host::Ipv6(address)) => is_private_address(address.into()),
        Ok(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            !name.contains('.') || PRIVATE_ENDINGS.iter().any(|end| name.ends_with(end))
        }
        Err(_) => false,
    }
}

fn is_private_address(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_a_network_of_ones_own_are_told_from_public_ones() {
        for host in [
            "minio",
            "redis.default.svc.cluster.local",
            "store.internal",
            "10.0.0.4",
            "192.168.1.9",
            "172.16.0.1",
            "127.0.0.1",
            "[::1]",
            "[fd00::1]",
            "[::ffff:10.0.0.1]",
        ] {
            assert!(is_private(host), "{host}");
        }
        for host in [
            "minio.example.com",
            "8.8.8.8",
            "172.32.0.1",
            "100.64.0.1",
            "[2001:4860::1]",
            "local.example.com",
            "",
        ] {
            assert!(!is_private(host), "{host}");
        }
    }

    #[test]
    fn samples_are_known_in_any_case() {
        for text in [
            "minioadmin",
            "ChangeMe",
            "change-me-please",
            "your-secret",
            "<secret>",
        ] {
            assert!(is_sample(text), "{text}");
        }
        for text in ["f0f6bd1ee2b1", "minioadmin2-and-more"] {
            assert!(!is_sample(text), "{text}");
        }
    }
}
