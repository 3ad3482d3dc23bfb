//! How the adapter is set up.

use std::time::Duration;

use core_config::Reader;

use crate::sigv4::{Credentials, SharedCredentials, SignedHost};

const SECOND: Duration = Duration::from_secs(1);

/// Whether the server refuses a put on a taken key when it is asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConditionalPut {
    /// The server keeps to `If-None-Match: *`, as MinIO and AWS do: create-only is atomic.
    #[default]
    Honoured,
    /// The server overwrites all the same, as some do: create-only is a look and then a put, and two
    /// writers at once may both succeed.
    Ignored,
}

/// Who compares the bytes of a put with their SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DigestCheck {
    /// The server, by the signed payload hash, as MinIO and AWS do.
    #[default]
    Server,
    /// We do, before the last piece is sent, for servers that take the hash on trust.
    Local,
}

/// Time limits of one call; there is no retry in the adapter, since that is a layer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) connect: Duration,
    pub(super) call: Duration,
    pub(super) idle: Duration,
}

/// Where the server is and how to speak to it.
#[derive(Debug, Clone)]
pub struct MinioSettings {
    pub(super) endpoint: SignedHost,
    pub(super) credentials: SharedCredentials,
    pub(super) public_endpoint: Option<SignedHost>,
    pub(super) region: String,
    pub(super) conditional_put: ConditionalPut,
    pub(super) digest_check: DigestCheck,
    pub(super) limits: Limits,
}

impl MinioSettings {
    /// Returns settings for the server at `endpoint`: region `us-east-1`, links for the same host.
    ///
    /// Keep a clone of the [`SharedCredentials`] to replace them while stores are in use, such as before a
    /// session ends.
    pub fn new(endpoint: SignedHost, credentials: impl Into<SharedCredentials>) -> Self {
        Self {
            endpoint,
            credentials: credentials.into(),
            public_endpoint: None,
            region: "us-east-1".to_owned(),
            conditional_put: ConditionalPut::default(),
            digest_check: DigestCheck::default(),
            limits: Limits {
                connect: 3 * SECOND,
                call: 30 * SECOND,
                idle: 30 * SECOND,
            },
        }
    }

    /// Returns the settings with another host that links are signed for.
    #[must_use]
    pub fn with_public_endpoint(mut self, host: SignedHost) -> Self {
        self.public_endpoint = Some(host);
        self
    }

    /// Returns the settings with another region.
    #[must_use]
    pub fn with_region(mut self, region: impl Into<String>) -> Self {
        self.region = region.into();
        self
    }

    /// Returns the settings with what is known of the server's conditional put; see
    /// [`MinioStore::probe_conditional_put`](super::MinioStore::probe_conditional_put).
    #[must_use]
    pub fn with_conditional_put(mut self, conditional_put: ConditionalPut) -> Self {
        self.conditional_put = conditional_put;
        self
    }

    /// Returns the settings with who compares digests.
    #[must_use]
    pub fn with_digest_check(mut self, digest_check: DigestCheck) -> Self {
        self.digest_check = digest_check;
        self
    }

    /// Returns the settings with the limit for making a connection; 3 s by default.
    #[must_use]
    pub fn with_connect_limit(mut self, limit: Duration) -> Self {
        self.limits.connect = limit;
        self
    }

    /// Returns the settings with the limit for one call until its answer begins; 30 s by default.
    ///
    /// A put may take a second longer for every 128 KiB of its body.
    #[must_use]
    pub fn with_call_limit(mut self, limit: Duration) -> Self {
        self.limits.call = limit;
        self
    }

    /// Returns the settings with the limit between two pieces of a body that is read; 30 s by default.
    #[must_use]
    pub fn with_idle_limit(mut self, limit: Duration) -> Self {
        self.limits.idle = limit;
        self
    }

    /// Returns the server.
    pub fn endpoint(&self) -> &SignedHost {
        &self.endpoint
    }

    /// Returns the hosts that links may name: the server, and the public host if there is one.
    pub fn hosts(&self) -> Vec<SignedHost> {
        let mut hosts = vec![self.endpoint.clone()];
        hosts.extend(self.public_endpoint.clone());
        hosts
    }

    /// Reads `MINIO_ENDPOINT` (`host:port` or a URL), `MINIO_ACCESS_KEY`, `MINIO_SECRET_KEY`,
    /// `MINIO_SECURE` (`false`; the scheme where an endpoint has none), `MINIO_REGION` (`us-east-1`) and
    /// `MINIO_PUBLIC_ENDPOINT` (the endpoint).
    ///
    /// `None` says that there is no endpoint, or that a problem was noted in the reader.
    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let secure = reader.flag("MINIO_SECURE", false);
        let region = reader.text("MINIO_REGION");
        let public_endpoint = read_host(reader, "MINIO_PUBLIC_ENDPOINT", secure);
        if reader.text("MINIO_ENDPOINT").is_none() {
            note_keys_without_endpoint(reader);
            return None;
        }
        let endpoint = read_host(reader, "MINIO_ENDPOINT", secure);
        let access_key = reader.required_text("MINIO_ACCESS_KEY", "name the access key");
        let secret_key = reader.required_secret("MINIO_SECRET_KEY", "give the secret key");
        let settings = Self::new(endpoint?, Credentials::new(access_key?, secret_key?));
        Some(Self {
            public_endpoint,
            region: region.unwrap_or(settings.region),
            ..settings
        })
    }
}

/// The text is not quoted in a problem, since it may hold a password.
fn read_host(reader: &mut Reader<'_>, name: &str, secure: bool) -> Option<SignedHost> {
    let text = reader.text(name)?;
    SignedHost::parse(&text, secure)
        .map_err(|error| reader.problem(name, error, "write host:port or http://host:port"))
        .ok()
}

fn note_keys_without_endpoint(reader: &mut Reader<'_>) {
    let access = reader.text("MINIO_ACCESS_KEY").map(|_| "MINIO_ACCESS_KEY");
    let secret = reader
        .secret("MINIO_SECRET_KEY")
        .map(|_| "MINIO_SECRET_KEY");
    for name in [access, secret].into_iter().flatten() {
        let hint = "set MINIO_ENDPOINT too, or remove it";
        reader.problem(name, "stands without MINIO_ENDPOINT", hint);
    }
}

#[cfg(test)]
mod tests {
    use core_config::{MapSource, Problems};

    use super::*;

    fn read(source: &MapSource) -> Result<Option<MinioSettings>, Problems> {
        let mut reader = Reader::new(source);
        let settings = MinioSettings::read(&mut reader);
        reader.finish().map(|()| settings)
    }

    fn names(problems: &Problems) -> Vec<String> {
        problems
            .iter()
            .map(|problem| problem.name.clone())
            .collect()
    }

    #[test]
    fn without_an_endpoint_there_is_nothing() {
        assert!(read(&MapSource::new()).unwrap().is_none());
    }

    #[test]
    fn all_settings_are_read() {
        let settings = read(&MapSource::from([
            ("MINIO_ENDPOINT", "minio:9000"),
            ("MINIO_ACCESS_KEY", "who"),
            ("MINIO_SECRET_KEY", "canary"),
            ("MINIO_SECURE", "true"),
            ("MINIO_REGION", "eu-west-1"),
            ("MINIO_PUBLIC_ENDPOINT", "http://img.example"),
        ]))
        .unwrap()
        .unwrap();
        assert_eq!(settings.endpoint.to_string(), "https://minio:9000");
        assert_eq!(settings.region, "eu-west-1");
        let public = settings.public_endpoint.as_ref().map(ToString::to_string);
        assert_eq!(public.as_deref(), Some("http://img.example"));
        assert_eq!(
            settings.hosts(),
            ["https://minio:9000", "http://img.example"].map(|host| host.parse().unwrap())
        );
        assert!(!format!("{settings:?}").contains("canary"));
    }

    #[test]
    fn keys_are_needed_with_an_endpoint_and_wrong_without() {
        let problems = read(&MapSource::from([("MINIO_ENDPOINT", "minio:9000")])).unwrap_err();
        assert_eq!(names(&problems), ["MINIO_ACCESS_KEY", "MINIO_SECRET_KEY"]);
        let problems = read(&MapSource::from([("MINIO_ACCESS_KEY", "who")])).unwrap_err();
        assert_eq!(names(&problems), ["MINIO_ACCESS_KEY"]);
    }

    #[test]
    fn an_endpoint_with_a_password_or_path_is_refused_and_not_shown() {
        for endpoint in [
            "http://u:canary@minio:9000",
            "minio:9000/canary",
            "a?canary",
        ] {
            let problems = read(&MapSource::from([
                ("MINIO_ENDPOINT", endpoint),
                ("MINIO_ACCESS_KEY", "who"),
                ("MINIO_SECRET_KEY", "word"),
            ]))
            .unwrap_err();
            assert_eq!(names(&problems), ["MINIO_ENDPOINT"]);
            assert!(!format!("{problems} {problems:?}").contains("canary"));
        }
    }
}
