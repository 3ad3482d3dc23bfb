//! How the settings are read by their names.

use std::time::Duration;

use core_config::Reader;

use super::config::{DEFAULT_PORT, RedisSettings};
use super::url::{MAX_DATABASE, UrlFault, parse_url};

impl RedisSettings {
    /// Reads `REDIS_URL`, or `REDIS_HOST` with `REDIS_PORT`, `REDIS_DB`, `REDIS_USERNAME` and `REDIS_PASSWORD`;
    /// and in both cases `REDIS_SSL`, `REDIS_POOL_SIZE`, `REDIS_POOL_TIMEOUT` and `REDIS_MAX_RETRIES`.
    ///
    /// `None` means that neither a URL nor a host is set, or that a problem was noted in `reader`.
    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let problems = reader.problem_count();
        let settings = match (reader.secret("REDIS_URL"), reader.text("REDIS_HOST")) {
            (None, None) => return None,
            (Some(_), Some(_)) => {
                let what = "stands beside REDIS_HOST, and both name the server";
                reader.problem("REDIS_URL", what, "set only one of the two");
                None
            }
            (Some(url), None) => Self::from_url(reader, url.expose()),
            (None, Some(host)) => Some(Self::from_parts(reader, host)),
        };
        if reader.flag("REDIS_SSL", false) {
            tls_problem(reader, "REDIS_SSL");
        }
        let settings = settings.unwrap_or_else(|| Self::new("", DEFAULT_PORT));
        let settings = settings.read_limits(reader);
        (reader.problem_count() == problems).then_some(settings)
    }

    fn from_parts(reader: &mut Reader<'_>, host: String) -> Self {
        if host.contains(['/', '@', ' ']) {
            let what = "is no host name";
            reader.problem(
                "REDIS_HOST",
                what,
                "write the host alone; a URL goes to REDIS_URL",
            );
        }
        let port = reader.in_range("REDIS_PORT", DEFAULT_PORT, 1..=u16::MAX);
        let mut settings = Self::new(host, port);
        settings.database = reader.in_range("REDIS_DB", 0, 0..=MAX_DATABASE);
        settings.username = reader.text("REDIS_USERNAME");
        settings.password = reader.secret("REDIS_PASSWORD");
        if settings.username.is_some() && settings.password.is_none() {
            let what = "stands without REDIS_PASSWORD";
            reader.problem("REDIS_USERNAME", what, "set both or neither");
        }
        settings
    }

    /// The parts of the URL are never quoted in a problem, since a password may be among them.
    fn from_url(reader: &mut Reader<'_>, text: &str) -> Option<Self> {
        match parse_url(text) {
            Ok(settings) => Some(settings),
            Err(UrlFault::Tls) => {
                tls_problem(reader, "REDIS_URL");
                None
            }
            Err(UrlFault::Wrong(what)) => {
                let hint = "write redis://[user:password@]host[:port][/database]";
                reader.problem("REDIS_URL", what, hint);
                None
            }
        }
    }

    fn read_limits(mut self, reader: &mut Reader<'_>) -> Self {
        self.pool_size = reader.in_range("REDIS_POOL_SIZE", self.pool_size, 1..=1_000);
        self.pool_timeout = reader.duration(
            "REDIS_POOL_TIMEOUT",
            self.pool_timeout,
            Duration::from_millis(1)..=Duration::from_mins(1),
        );
        self.max_retries = reader.in_range("REDIS_MAX_RETRIES", self.max_retries, 0..=10);
        self
    }
}

fn tls_problem(reader: &mut Reader<'_>, name: &str) {
    let what = "asks for TLS, which is not built into this version";
    let hint = "reach Redis over a private network or a local TLS tunnel, without TLS here";
    reader.problem(name, what, hint);
}

#[cfg(test)]
mod tests {
    use core_config::{MapSource, Secret};

    use super::*;

    fn read<const N: usize>(
        pairs: [(&str, &str); N],
    ) -> (Option<RedisSettings>, Vec<(String, String)>) {
        let source = MapSource::from(pairs);
        let mut reader = Reader::new(&source);
        let settings = RedisSettings::read(&mut reader);
        let problems = match reader.finish() {
            Ok(()) => Vec::new(),
            Err(problems) => problems
                .iter()
                .map(|problem| (problem.name.clone(), problem.to_string()))
                .collect(),
        };
        (settings, problems)
    }

    #[test]
    fn without_url_and_host_there_is_no_server_and_no_problem() {
        let (settings, problems) = read([("REDIS_PORT", "7000")]);
        assert!(settings.is_none() && problems.is_empty());
    }

    #[test]
    fn a_host_alone_takes_the_documented_defaults() {
        let (settings, _) = read([("REDIS_HOST", "cache")]);
        let settings = settings.unwrap();
        assert_eq!(settings.address(), "cache:6379");
        assert_eq!((settings.database, settings.pool_size), (0, 4));
        assert_eq!(settings.max_retries, 1);
        assert_eq!(settings.pool_timeout, Duration::from_millis(50));
        assert_eq!(settings.call_limit, Duration::from_millis(150));
    }

    #[test]
    fn every_name_is_honoured() {
        let (settings, problems) = read([
            ("REDIS_HOST", "10.0.0.7"),
            ("REDIS_PORT", "7000"),
            ("REDIS_DB", "3"),
            ("REDIS_USERNAME", "bot"),
            ("REDIS_PASSWORD", "canary"),
            ("REDIS_SSL", "false"),
            ("REDIS_POOL_SIZE", "1"),
            ("REDIS_POOL_TIMEOUT", "20"),
            ("REDIS_MAX_RETRIES", "0"),
        ]);
        assert_eq!(problems, []);
        let settings = settings.unwrap();
        assert_eq!(settings.address(), "10.0.0.7:7000");
        assert_eq!((settings.database, settings.lanes()), (3, 1));
        assert_eq!(settings.username.as_deref(), Some("bot"));
        assert_eq!(settings.password.as_ref().unwrap().expose(), "canary");
        assert_eq!(settings.pool_timeout, Duration::from_secs(20));
        assert_eq!(settings.max_retries, 0);
        assert!(!format!("{settings:?}").contains("canary"));
    }

    #[test]
    fn a_url_is_taken_apart() {
        for (url, address, database, username, password) in [
            ("redis://cache", "cache:6379", 0, None, None),
            ("redis://cache:7000/2", "cache:7000", 2, None, None),
            ("redis://:p%40ss@cache", "cache:6379", 0, None, Some("p@ss")),
            (
                "redis://bot:w@[::1]:7000/",
                "::1:7000",
                0,
                Some("bot"),
                Some("w"),
            ),
        ] {
            let (settings, problems) = read([("REDIS_URL", url)]);
            assert_eq!(problems, [], "{url}");
            let settings = settings.unwrap();
            assert_eq!(settings.address(), address, "{url}");
            assert_eq!(settings.database, database, "{url}");
            assert_eq!(settings.username.as_deref(), username, "{url}");
            assert_eq!(
                settings.password.as_ref().map(Secret::expose),
                password,
                "{url}"
            );
        }
    }

    #[test]
    fn a_wrong_url_is_a_problem_that_does_not_show_it() {
        for url in [
            "canary",
            "http://canary@host",
            "redis://",
            "redis://host/canary",
            "redis://canary@host",
            "redis://:canary%ff@host",
            "redis://:canary@host?protocol=resp3",
            "rediss://:canary@host",
        ] {
            let (settings, problems) = read([("REDIS_URL", url)]);
            assert!(settings.is_none(), "{url}");
            assert_eq!(problems.len(), 1, "{url}");
            assert_eq!(problems[0].0, "REDIS_URL", "{url}");
            assert!(!problems[0].1.contains("canary"), "{}", problems[0].1);
        }
    }

    #[test]
    fn all_problems_come_at_once() {
        let (settings, problems) = read([
            ("REDIS_HOST", "redis://cache"),
            ("REDIS_PORT", "0"),
            ("REDIS_DB", "-1"),
            ("REDIS_USERNAME", "bot"),
            ("REDIS_SSL", "true"),
            ("REDIS_POOL_SIZE", "0"),
            ("REDIS_POOL_TIMEOUT", "2h"),
            ("REDIS_MAX_RETRIES", "11"),
        ]);
        assert!(settings.is_none());
        let names: Vec<_> = problems.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            [
                "REDIS_HOST",
                "REDIS_PORT",
                "REDIS_DB",
                "REDIS_USERNAME",
                "REDIS_SSL",
                "REDIS_POOL_SIZE",
                "REDIS_POOL_TIMEOUT",
                "REDIS_MAX_RETRIES"
            ]
        );
    }

    #[test]
    fn a_url_and_a_host_contradict_each_other() {
        let (settings, problems) = read([("REDIS_URL", "redis://a"), ("REDIS_HOST", "b")]);
        assert!(settings.is_none());
        assert_eq!(problems[0].0, "REDIS_URL");
    }
}
