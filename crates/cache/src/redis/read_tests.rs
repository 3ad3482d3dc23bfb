//! Which names are honoured, and which contradict each other.

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
    assert_eq!((settings.database, settings.places()), (3, 1));
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
