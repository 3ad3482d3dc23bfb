//! Each documented name changes what is read, and each name of the earlier service is told.

use std::collections::BTreeMap;

use super::*;

type Pairs<'a> = &'a [(&'a str, &'a str)];

const NOTHING: Pairs<'_> = &[];
const FAL: Pairs<'_> = &[("FAL_KEY", "id:f00dcafe")];
const MINIO: Pairs<'_> = &[
    ("MINIO_ENDPOINT", "minio:9000"),
    ("MINIO_ACCESS_KEY", "who"),
    ("MINIO_SECRET_KEY", "word"),
];
const REDIS: Pairs<'_> = &[("REDIS_HOST", "redis"), ("REDIS_PASSWORD", "word")];
const SENTINELS: Pairs<'_> = &[
    ("REDIS_SENTINELS", "one:26379"),
    ("REDIS_MASTER", "mymaster"),
];
const PROD: Pairs<'_> = &[
    ("APP_PROFILE", "prod"),
    ("FAL_KEY", "id:f00dcafe"),
    ("MINIO_ENDPOINT", "minio:9000"),
    ("MINIO_ACCESS_KEY", "who"),
    ("MINIO_SECRET_KEY", "b7f0c2d4"),
    ("REDIS_HOST", "redis"),
    ("DATABASE_URL", "sqlite:records.sqlite"),
];
const HASHED: Pairs<'_> = &[("MINIO_MANIFEST_PROMPT", "hash")];

/// What the names with `_FILE` behind them lead to, and a key that is long enough.
const WORD: &str = "a key of thirty-two bytes or more";

/// Each name with a lawful value that is not its default, beside names without which it would mean nothing.
const NAMES: [(&str, &str, Pairs<'_>); 63] = [
    ("APP_PROFILE", "prod", NOTHING),
    ("APP_ALLOW_PLAIN_TEXT", "true", PROD),
    ("DATA_DIR", "elsewhere", NOTHING),
    ("DATABASE_URL", "sqlite:other.sqlite", NOTHING),
    ("FAL_KEY", "id:word", NOTHING),
    ("FAL_API_KEY", "id:word", NOTHING),
    ("FAL_KEY_FILE", "id:word", NOTHING),
    ("FAL_API_KEY_FILE", "id:word", NOTHING),
    ("FAL_QUEUE_URL", "https://queue.example.com", FAL),
    ("FAL_REST_URL", "https://rest.example.com", FAL),
    ("FAL_PLATFORM_URL", "https://platform.example.com", FAL),
    ("FAL_WEBHOOK_URL", "https://hooks.example.com/fal", FAL),
    ("FAL_MEDIA_ORIGINS", "http://127.0.0.1:9", NOTHING),
    ("IMAGEN4_ENABLED", "false", NOTHING),
    ("IMAGEN4_MODEL", "fal-ai/nano-banana", NOTHING),
    ("IMAGEN4_ON_RETIRED", "successor", NOTHING),
    ("IMAGEN4_DEFAULT_ASPECT_RATIO", "16:9", NOTHING),
    ("IMAGEN4_MAX_IMAGES", "2", NOTHING),
    ("IMAGEN4_GENERATION_COST", "7", NOTHING),
    ("IMAGEN4_TIMEOUT", "60", NOTHING),
    (
        "MINIO_ENDPOINT",
        "store:9000",
        &[("MINIO_ACCESS_KEY", "who"), ("MINIO_SECRET_KEY", "word")],
    ),
    (
        "MINIO_ACCESS_KEY",
        "who",
        &[
            ("MINIO_ENDPOINT", "minio:9000"),
            ("MINIO_SECRET_KEY", "word"),
        ],
    ),
    (
        "MINIO_SECRET_KEY",
        "word",
        &[
            ("MINIO_ENDPOINT", "minio:9000"),
            ("MINIO_ACCESS_KEY", "who"),
        ],
    ),
    (
        "MINIO_SECRET_KEY_FILE",
        WORD,
        &[
            ("MINIO_ENDPOINT", "minio:9000"),
            ("MINIO_ACCESS_KEY", "who"),
        ],
    ),
    ("MINIO_SECURE", "true", MINIO),
    ("MINIO_REGION", "eu-west-1", MINIO),
    ("MINIO_PUBLIC_ENDPOINT", "https://img.example.com", MINIO),
    ("MINIO_PRESIGNED_EXPIRES", "60", NOTHING),
    ("MINIO_BUCKET_IMAGEN4", "other", NOTHING),
    ("MINIO_BUCKET_GENERATED", "other", NOTHING),
    ("MINIO_BUCKET_PHOTOS", "other", NOTHING),
    ("MINIO_BUCKET_AVATARS", "other", NOTHING),
    ("MINIO_BUCKET_TEMP", "other", NOTHING),
    ("MINIO_FOLDER_IMAGEN4", "folder", NOTHING),
    ("MINIO_FOLDER_GENERATED", "folder", NOTHING),
    ("MINIO_FOLDER_AVATARS", "folder", NOTHING),
    ("MINIO_FOLDER_TEMP", "folder", NOTHING),
    ("MINIO_KEY_LAYOUT", "sharded", NOTHING),
    ("MINIO_KEY_TENANT", "acme", NOTHING),
    ("MINIO_MANIFESTS", "false", NOTHING),
    ("MINIO_MANIFEST_PROMPT", "none", NOTHING),
    ("MINIO_MANIFEST_PROMPT_KEY", WORD, HASHED),
    ("MINIO_MANIFEST_PROMPT_KEY_FILE", WORD, HASHED),
    ("REDIS_URL", "redis://redis:6379", NOTHING),
    ("REDIS_URL_FILE", "redis://redis:6379", NOTHING),
    ("REDIS_HOST", "redis", NOTHING),
    ("REDIS_PORT", "6380", REDIS),
    (
        "REDIS_SENTINELS",
        "two:26379",
        &[("REDIS_MASTER", "mymaster")],
    ),
    (
        "REDIS_MASTER",
        "mymaster",
        &[("REDIS_SENTINELS", "one:26379")],
    ),
    ("REDIS_SENTINEL_PASSWORD", "word", SENTINELS),
    ("REDIS_SENTINEL_PASSWORD_FILE", WORD, SENTINELS),
    ("REDIS_CLUSTER_NODES", "one:7000", NOTHING),
    ("REDIS_DB", "3", REDIS),
    ("REDIS_USERNAME", "who", REDIS),
    ("REDIS_PASSWORD", "word", &[("REDIS_HOST", "redis")]),
    ("REDIS_PASSWORD_FILE", WORD, &[("REDIS_HOST", "redis")]),
    ("REDIS_SSL", "true", REDIS),
    (
        "REDIS_CA_FILE",
        "no file",
        &[("REDIS_HOST", "redis"), ("REDIS_SSL", "true")],
    ),
    ("REDIS_POOL_SIZE", "2", REDIS),
    ("REDIS_POOL_TIMEOUT", "10ms", REDIS),
    ("REDIS_MAX_RETRIES", "0", REDIS),
    // Beside the name that means the same, another value is a problem.
    (
        "MINIO_BUCKET_PHOTOS",
        "photos",
        &[("MINIO_BUCKET_GENERATED", "generated")],
    ),
    ("FAL_API_KEY", "id:another", FAL),
];

/// Returns what is read, without the names that nobody reads.
fn outcome(source: &MapSource) -> String {
    match Settings::from_source(source) {
        Ok(mut settings) => {
            settings.unknown.clear();
            settings.unused.clear();
            format!("{settings:?}")
        }
        Err(problems) => problems.to_string(),
    }
}

fn source(pairs: Pairs<'_>) -> MapSource {
    let add = |source: MapSource, (name, value): &(&str, &str)| source.with(*name, *value);
    pairs.iter().fold(MapSource::new(), add)
}

#[test]
fn every_documented_name_changes_what_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut tried = BTreeSet::new();
    for (name, value, beside) in NAMES {
        let mut value = value.to_owned();
        if name.ends_with("_FILE") && name != "REDIS_CA_FILE" {
            let file = folder.path().join(name);
            std::fs::write(&file, value).unwrap();
            value = file.display().to_string();
        }
        let without = outcome(&source(beside));
        assert_ne!(
            outcome(&source(beside).with(name, value)),
            without,
            "{name}"
        );
        tried.insert(name.to_owned());
    }
    assert_eq!(tried, documented());
}

#[test]
fn two_names_of_one_thing_agree_or_are_a_problem_that_shows_no_secret() {
    for (first, second, value, other) in [
        ("FAL_KEY", "FAL_API_KEY", "id:canary", "id:canary-2"),
        (
            "MINIO_BUCKET_GENERATED",
            "MINIO_BUCKET_PHOTOS",
            "pictures",
            "photos",
        ),
    ] {
        let both = |one: &str, two: &str| MapSource::from([(first, one), (second, two)]);
        assert_eq!(problems(&both(value, value)), [""; 0]);
        let told = Settings::from_source(&both(value, other)).unwrap_err();
        let told = told.to_string();
        assert!(told.contains(first) && told.contains(second), "{told}");
        assert!(!told.contains("canary"), "{told}");
    }
}

/// The names of the Python service that mean nothing here, as its documents list them.
const MEANINGLESS: [&str; 6] = [
    "FAL_TRAINING_TIMEOUT",
    "FAL_WEBHOOK_SECRET",
    "IMAGEN4_API_KEY",
    "IMAGEN4_API_URL",
    "MINIO_BUCKET_NAME",
    "REDIS_RETRY_ON_TIMEOUT",
];

#[test]
fn every_name_of_the_earlier_service_that_means_nothing_is_told_with_what_to_do() {
    let known: BTreeMap<_, _> = unused::UNUSED.into_iter().collect();
    for name in MEANINGLESS {
        assert!(known.contains_key(name), "{name}");
    }
    for (name, instead) in known {
        let settings = Settings::from_source(&MapSource::from([(name, "x")])).unwrap();
        assert_eq!(settings.unused_names(), [(name.to_owned(), instead)]);
        assert_eq!(settings.unknown_names(), []);
        assert!(!documented().contains(name), "{name} is read");
        let named =
            instead.split(|c: char| !c.is_ascii_uppercase() && !c.is_ascii_digit() && c != '_');
        for other in named.filter(|word| word.contains('_')) {
            assert!(documented().contains(other), "{name} leads to {other}");
        }
    }
}
