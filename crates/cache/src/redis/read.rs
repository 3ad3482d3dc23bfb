//! How the settings are read by their names.

use std::time::Duration;

use core_config::Reader;

use super::config::{DEFAULT_PORT, DEFAULT_SENTINEL_PORT, Login, RedisSettings, Topology};
use super::nodes::parse_nodes;
use super::tls::RedisTls;
use super::url::{MAX_DATABASE, parse_url};

/// The names that say where Redis is; only one of them may be set.
const PLACES: [&str; 4] = [
    "REDIS_URL",
    "REDIS_HOST",
    "REDIS_SENTINELS",
    "REDIS_CLUSTER_NODES",
];

impl RedisSettings {
    /// Reads where Redis is: `REDIS_URL`; or `REDIS_HOST` with `REDIS_PORT`; or `REDIS_SENTINELS` with
    /// `REDIS_MASTER` and `REDIS_SENTINEL_PASSWORD`; or `REDIS_CLUSTER_NODES`. Without a URL also `REDIS_DB`,
    /// `REDIS_USERNAME` and `REDIS_PASSWORD`; and in all cases `REDIS_SSL`, `REDIS_CA_FILE`, `REDIS_POOL_SIZE`,
    /// `REDIS_POOL_TIMEOUT` and `REDIS_MAX_RETRIES`.
    ///
    /// `None` means that no place is set, or that a problem was noted in `reader`.
    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let problems = reader.problem_count();
        let url = reader.secret("REDIS_URL");
        let [host, sentinels, nodes] =
            ["REDIS_HOST", "REDIS_SENTINELS", "REDIS_CLUSTER_NODES"].map(|name| reader.text(name));
        let set = [
            url.is_some(),
            host.is_some(),
            sentinels.is_some(),
            nodes.is_some(),
        ];
        let mut set = PLACES
            .into_iter()
            .zip(set)
            .filter_map(|(name, is_set)| is_set.then_some(name));
        let (first, second) = (set.next()?, set.next());
        if let Some(second) = second {
            let what = format!("stands beside {second}, and both say where Redis is");
            reader.problem(first, what, "set only one of the two");
        }
        let settings = match (url, host, sentinels, nodes) {
            (Some(url), ..) => Self::from_url(reader, url.expose()),
            (_, Some(host), ..) => Self::from_host(reader, host).with_parts(reader),
            (_, _, Some(text), _) => Self::from_sentinels(reader, &text).with_parts(reader),
            (_, _, _, text) => {
                Self::from_cluster(reader, &text.unwrap_or_default()).with_parts(reader)
            }
        };
        let settings = settings.read_tls(reader).read_limits(reader);
        (reader.problem_count() == problems).then_some(settings)
    }

    fn from_host(reader: &mut Reader<'_>, host: String) -> Self {
        if host.contains(['/', '@', ' ']) {
            let what = "is no host name";
            let hint = "write the host alone; a URL goes to REDIS_URL";
            reader.problem("REDIS_HOST", what, hint);
        }
        let port = reader.in_range("REDIS_PORT", DEFAULT_PORT, 1..=u16::MAX);
        Self::new(host, port)
    }

    fn from_sentinels(reader: &mut Reader<'_>, text: &str) -> Self {
        let nodes = read_nodes(reader, "REDIS_SENTINELS", text, DEFAULT_SENTINEL_PORT);
        Self::sentinel("", nodes)
    }

    fn from_cluster(reader: &mut Reader<'_>, text: &str) -> Self {
        if cfg!(not(feature = "redis-cluster")) {
            let what = "asks for a Cluster, which is not built into this program";
            let hint = "build it with the feature redis-cluster";
            reader.problem("REDIS_CLUSTER_NODES", what, hint);
        }
        Self::cluster(read_nodes(
            reader,
            "REDIS_CLUSTER_NODES",
            text,
            DEFAULT_PORT,
        ))
    }

    /// Reads what a URL would say, and what belongs to Sentinels alone.
    fn with_parts(mut self, reader: &mut Reader<'_>) -> Self {
        self.database = reader.in_range("REDIS_DB", 0, 0..=MAX_DATABASE);
        if self.database != 0 && self.topology == Topology::Cluster {
            let what = "stands beside REDIS_CLUSTER_NODES, and a Cluster has only database 0";
            reader.problem("REDIS_DB", what, "leave it out");
        }
        self.login = Login {
            username: reader.text("REDIS_USERNAME"),
            password: reader.secret("REDIS_PASSWORD"),
        };
        if self.login.username.is_some() && self.login.password.is_none() {
            let what = "stands without REDIS_PASSWORD";
            reader.problem("REDIS_USERNAME", what, "set both or neither");
        }
        let master = reader.text("REDIS_MASTER");
        self.sentinel_login.password = reader.secret("REDIS_SENTINEL_PASSWORD");
        match (self.topology, master) {
            (Topology::Sentinel, Some(master)) => self.master = master,
            (Topology::Sentinel, None) => {
                let what = "stands without REDIS_MASTER";
                let hint = "set REDIS_MASTER to the name that the Sentinels use, such as mymaster";
                reader.problem("REDIS_SENTINELS", what, hint);
            }
            (_, Some(_)) => without_sentinels(reader, "REDIS_MASTER"),
            (_, None) if self.sentinel_login.password.is_some() => {
                without_sentinels(reader, "REDIS_SENTINEL_PASSWORD");
            }
            (_, None) => {}
        }
        self
    }

    /// The parts of the URL are never quoted in a problem, since a password may be among them.
    fn from_url(reader: &mut Reader<'_>, text: &str) -> Self {
        parse_url(text).unwrap_or_else(|what| {
            let hint = "write redis://[user:password@]host[:port][/database], or rediss:// for TLS";
            reader.problem("REDIS_URL", what, hint);
            Self::new("", DEFAULT_PORT)
        })
    }

    fn read_tls(mut self, reader: &mut Reader<'_>) -> Self {
        let file = reader.text("REDIS_CA_FILE");
        if reader.flag("REDIS_SSL", self.tls.is_some()) {
            self.tls = self.tls.or_else(|| Some(RedisTls::system()));
        } else if self.tls.take().is_some() {
            let what = "is off, and REDIS_URL begins with rediss://";
            reader.problem("REDIS_SSL", what, "leave one of the two out");
        }
        if self.tls.is_some() && cfg!(not(feature = "redis-tls")) {
            let what = "asks for TLS, which is not built into this program";
            reader.problem("REDIS_SSL", what, "build it with the feature redis-tls");
        }
        let Some(file) = file else { return self };
        if self.tls.is_none() {
            let hint = "set REDIS_SSL=true, or leave it out";
            reader.problem("REDIS_CA_FILE", "stands without REDIS_SSL", hint);
        }
        match std::fs::read(&file) {
            Ok(pem) if pem.windows(PEM_START.len()).any(|part| part == PEM_START) => {
                self.tls = Some(RedisTls::private_authority(pem));
            }
            Ok(_) => {
                let what = format!("{file:?} holds no certificate");
                reader.problem(
                    "REDIS_CA_FILE",
                    what,
                    "name a file of certificates in PEM form",
                );
            }
            Err(error) => {
                let what = format!("{file:?} cannot be read: {error}");
                reader.problem(
                    "REDIS_CA_FILE",
                    what,
                    "name a file of certificates in PEM form",
                );
            }
        }
        self
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

/// What every certificate in PEM form begins with (RFC 7468).
const PEM_START: &[u8] = b"-----BEGIN CERTIFICATE-----";

fn read_nodes(
    reader: &mut Reader<'_>,
    name: &'static str,
    text: &str,
    default_port: u16,
) -> Vec<(String, u16)> {
    parse_nodes(text, default_port).unwrap_or_else(|what| {
        reader.problem(name, what, "write host:port, several with commas between");
        Vec::new()
    })
}

fn without_sentinels(reader: &mut Reader<'_>, name: &'static str) {
    let what = "stands without REDIS_SENTINELS";
    reader.problem(name, what, "set both or neither");
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
        assert_eq!(settings.login.username.as_deref(), Some("bot"));
        assert_eq!(settings.login.password.as_ref().unwrap().expose(), "canary");
        assert!(!settings.uses_tls());
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
            assert_eq!(settings.login.username.as_deref(), username, "{url}");
            assert_eq!(
                settings.login.password.as_ref().map(Secret::expose),
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
            "rediss://:canary@host/x",
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
            ("REDIS_SSL", "maybe"),
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
    fn two_places_contradict_each_other() {
        for (pairs, name) in [
            (
                [("REDIS_URL", "redis://a"), ("REDIS_HOST", "b")],
                "REDIS_URL",
            ),
            (
                [("REDIS_SENTINELS", "a"), ("REDIS_HOST", "b")],
                "REDIS_HOST",
            ),
            (
                [("REDIS_SENTINELS", "a"), ("REDIS_URL", "redis://b")],
                "REDIS_URL",
            ),
        ] {
            let (settings, problems) = read(pairs);
            assert!(settings.is_none());
            assert_eq!(problems[0].0, name);
        }
    }

    #[test]
    fn sentinels_are_read_with_the_name_of_the_master() {
        let (settings, problems) = read([
            ("REDIS_SENTINELS", "10.0.0.7, 10.0.0.8:7000"),
            ("REDIS_MASTER", "mymaster"),
            ("REDIS_SENTINEL_PASSWORD", "canary"),
            ("REDIS_DB", "3"),
        ]);
        assert_eq!(problems, []);
        let settings = settings.unwrap();
        assert_eq!(settings.topology(), Topology::Sentinel);
        assert_eq!(
            settings.address(),
            "mymaster of 10.0.0.7:26379,10.0.0.8:7000"
        );
        assert_eq!(
            settings.sentinel_login.password.as_ref().unwrap().expose(),
            "canary"
        );
        assert_eq!(settings.database, 3);
        assert!(!format!("{settings:?}").contains("canary"));
    }

    #[test]
    fn what_belongs_to_sentinels_does_not_stand_alone() {
        for (pairs, name) in [
            (
                [("REDIS_SENTINELS", "a"), ("REDIS_DB", "1")],
                "REDIS_SENTINELS",
            ),
            (
                [("REDIS_SENTINELS", "a:b"), ("REDIS_MASTER", "m")],
                "REDIS_SENTINELS",
            ),
            ([("REDIS_HOST", "a"), ("REDIS_MASTER", "m")], "REDIS_MASTER"),
            (
                [("REDIS_HOST", "a"), ("REDIS_SENTINEL_PASSWORD", "w")],
                "REDIS_SENTINEL_PASSWORD",
            ),
        ] {
            let (settings, problems) = read(pairs);
            assert!(settings.is_none());
            assert_eq!(problems[0].0, name);
        }
    }

    #[cfg(feature = "redis-cluster")]
    #[test]
    fn a_cluster_is_read_by_some_of_its_servers() {
        let nodes = ("REDIS_CLUSTER_NODES", "a:7000,b");
        let (settings, problems) = read([nodes]);
        assert_eq!(problems, []);
        let settings = settings.unwrap();
        assert_eq!(settings.topology(), Topology::Cluster);
        assert_eq!(settings.address(), "a:7000,b:6379");
        assert_eq!(settings.hosts().collect::<Vec<_>>(), ["a", "b"]);
        let (settings, problems) = read([nodes, ("REDIS_DB", "1")]);
        assert!(settings.is_none());
        assert_eq!(problems[0].0, "REDIS_DB");
    }

    #[cfg(not(feature = "redis-cluster"))]
    #[test]
    fn a_cluster_that_is_not_built_in_is_a_problem() {
        let (settings, problems) = read([("REDIS_CLUSTER_NODES", "a")]);
        assert!(settings.is_none());
        assert_eq!(problems[0].0, "REDIS_CLUSTER_NODES");
    }

    #[cfg(feature = "redis-tls")]
    #[test]
    fn tls_is_asked_for_by_a_switch_or_by_the_url() {
        for pairs in [
            [("REDIS_HOST", "a"), ("REDIS_SSL", "true")],
            [("REDIS_URL", "redis://a"), ("REDIS_SSL", "true")],
            [("REDIS_URL", "rediss://a"), ("REDIS_PORT", "1")],
        ] {
            let (settings, problems) = read(pairs);
            assert_eq!(problems, []);
            assert!(settings.unwrap().uses_tls());
        }
        let (settings, problems) = read([("REDIS_URL", "rediss://a"), ("REDIS_SSL", "false")]);
        assert!(settings.is_none());
        assert_eq!(problems[0].0, "REDIS_SSL");
    }

    #[cfg(not(feature = "redis-tls"))]
    #[test]
    fn tls_that_is_not_built_in_is_a_problem() {
        for pairs in [
            [("REDIS_HOST", "a"), ("REDIS_SSL", "true")],
            [("REDIS_URL", "rediss://a"), ("REDIS_PORT", "1")],
        ] {
            let (settings, problems) = read(pairs);
            assert!(settings.is_none());
            assert_eq!(problems[0].0, "REDIS_SSL");
        }
    }

    #[cfg(feature = "redis-tls")]
    #[test]
    fn a_file_of_authorities_is_read_and_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let good = file(
            "good.pem",
            "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n",
        );
        let (settings, problems) = read([
            ("REDIS_HOST", "a"),
            ("REDIS_SSL", "true"),
            ("REDIS_CA_FILE", &good),
        ]);
        assert_eq!(problems, []);
        let shown = format!("{:?}", settings.unwrap());
        assert!(shown.contains(r#"authorities: "private""#), "{shown}");
        let empty = file("empty.pem", "nothing");
        let missing = folder.path().join("missing.pem").display().to_string();
        for (ssl, path) in [("true", &empty), ("true", &missing), ("false", &good)] {
            let (settings, problems) = read([
                ("REDIS_HOST", "a"),
                ("REDIS_SSL", ssl),
                ("REDIS_CA_FILE", path),
            ]);
            assert!(settings.is_none());
            assert_eq!(problems[0].0, "REDIS_CA_FILE");
        }
    }
}
