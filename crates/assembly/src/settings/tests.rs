//! What is read, what is missing, and what the documentation says of it.

mod honoured;

use std::collections::BTreeSet;

use core_config::MapSource;

use super::*;

fn problems(source: &MapSource) -> Vec<String> {
    match Settings::from_source(source) {
        Ok(_) => Vec::new(),
        Err(problems) => problems
            .iter()
            .map(|problem| problem.name.clone())
            .collect(),
    }
}

#[test]
fn the_documentation_names_every_setting_and_no_other() {
    // Some names are read only when another one is set.
    let mut read = BTreeSet::new();
    for source in [
        MapSource::new(),
        MapSource::from([("APP_PROFILE", "prod")]),
        MapSource::from([("REDIS_HOST", "redis"), ("MINIO_ENDPOINT", "minio:9000")]),
    ] {
        let mut reader = Reader::new(&source);
        let _ = Settings::read(&mut reader);
        read.extend(reader.names_read().to_vec());
    }
    assert_eq!(read, documented());
}

fn documented() -> BTreeSet<String> {
    let page = include_str!("../../../../docs/CONFIGURATION.md").lines();
    let names = page.filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    // The bot's are read, and held to this page, by the bot.
    let names = names.filter(|name| !name.starts_with("TELEGRAM_"));
    names.map(str::to_owned).collect()
}

#[test]
fn nothing_set_is_profile_dev_with_every_stand_in_named() {
    let settings = Settings::from_source(&MapSource::new()).unwrap();
    assert_eq!(settings.profile(), Profile::Dev);
    let line = settings.stand_ins().unwrap();
    for word in ["simulator", "files", "memory"] {
        assert!(line.contains(word), "{line}");
    }
}

#[test]
fn profile_prod_names_everything_that_is_missing() {
    let source = MapSource::from([("APP_PROFILE", "prod")]);
    assert_eq!(
        problems(&source),
        ["FAL_KEY", "MINIO_ENDPOINT", "REDIS_HOST", "DATABASE_URL"]
    );
}

#[test]
fn mistakes_of_several_parts_are_reported_together() {
    let source = MapSource::from([
        ("APP_PROFILE", "test"),
        ("FAL_KEY", "no-colon"),
        ("FAL_MEDIA_ORIGINS", "https://example.com"),
        ("MINIO_ENDPOINT", "minio:9000/path"),
        ("MINIO_BUCKET_TEMP", "Not_A_Bucket"),
        ("REDIS_HOST", "redis"),
        ("REDIS_PORT", "0"),
        ("DATABASE_URL", "mysql://host/db"),
        ("IMAGEN4_MAX_IMAGES", "9"),
    ]);
    let problems = problems(&source);
    for name in [
        "APP_PROFILE",
        "FAL_KEY",
        "FAL_MEDIA_ORIGINS",
        "MINIO_ENDPOINT",
        "MINIO_BUCKET_TEMP",
        "REDIS_PORT",
        "DATABASE_URL",
        "IMAGEN4_MAX_IMAGES",
    ] {
        assert!(problems.contains(&name.to_owned()), "{name} {problems:?}");
    }
}

#[test]
fn a_mistyped_name_is_reported_with_the_one_that_is_meant() {
    let source = MapSource::from([("MINIO_ENDPIONT", "minio:9000"), ("PATH", "x")]);
    let settings = Settings::from_source(&source).unwrap();
    let unknown = [(
        "MINIO_ENDPIONT".to_owned(),
        Some("MINIO_ENDPOINT".to_owned()),
    )];
    assert_eq!(settings.unknown_names(), unknown);
}

fn prod<const N: usize>(values: [(&str, &str); N]) -> Vec<String> {
    let whole = MapSource::from([
        ("APP_PROFILE", "prod"),
        ("FAL_KEY", "id:f00dcafe"),
        ("MINIO_ENDPOINT", "https://minio.example.com"),
        ("MINIO_ACCESS_KEY", "pictures"),
        ("MINIO_SECRET_KEY", "b7f0c2d4"),
        ("REDIS_HOST", "redis"),
        ("REDIS_PASSWORD", "9a8b7c6d"),
        ("APP_ALLOW_PLAIN_TEXT", "true"),
        ("DATABASE_URL", "sqlite:records.sqlite"),
    ]);
    let add = |source: MapSource, (name, value): (&str, &str)| source.with(name, value);
    problems(&values.into_iter().fold(whole, add))
}

#[test]
fn profile_prod_refuses_samples_and_plain_text() {
    let none: [&str; 0] = [];
    assert_eq!(prod([]), none);
    for (values, expected) in [
        (
            [("MINIO_SECRET_KEY", "minioadmin")],
            &["MINIO_SECRET_KEY"][..],
        ),
        ([("REDIS_PASSWORD", "change-me")], &["REDIS_PASSWORD"]),
        ([("FAL_KEY", "id:secret")], &["FAL_KEY"]),
        (
            [("MINIO_ENDPOINT", "minio.example.com:9000")],
            &["MINIO_ENDPOINT"],
        ),
        (
            [("MINIO_PUBLIC_ENDPOINT", "http://img.example.com")],
            &["MINIO_PUBLIC_ENDPOINT"],
        ),
        ([("REDIS_HOST", "8.8.8.8")], &["REDIS_HOST"]),
        ([("APP_ALLOW_PLAIN_TEXT", "false")], &["REDIS_HOST"]),
        ([("MINIO_ENDPOINT", "minio:9000")], &[]),
        ([("MINIO_SECURE", "true")], &[]),
    ] {
        assert_eq!(prod(values), expected, "{values:?}");
    }
}

#[test]
fn profile_prod_looks_at_every_password_that_we_choose() {
    let long = "change-me-change-me-change-me-change-me";
    for (name, value) in [
        ("MINIO_SECRET_KEY", "minioadmin"),
        ("MINIO_MANIFEST_PROMPT_KEY", long),
        ("REDIS_PASSWORD", "redis"),
        ("REDIS_SENTINEL_PASSWORD", "redis"),
    ] {
        let source = MapSource::from([("APP_PROFILE", "prod"), (name, value)]);
        let problems = Settings::from_source(&source).unwrap_err().to_string();
        let told = format!("{name}: is a sample password");
        assert!(problems.contains(&told), "{problems}");
    }
}

#[test]
fn a_sample_in_a_file_is_refused_as_well_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, "change-me-canary\n").unwrap();
    let source = MapSource::from([
        ("APP_PROFILE", "prod"),
        ("REDIS_HOST", "redis"),
        ("REDIS_PASSWORD_FILE", file.to_str().unwrap()),
    ]);
    let problems = Settings::from_source(&source).unwrap_err();
    let told = problems.to_string();
    assert!(
        told.contains("REDIS_PASSWORD: is a sample password"),
        "{told}"
    );
    assert!(!told.contains("canary"), "{told}");
}

#[test]
fn a_password_within_a_url_is_looked_at_and_not_shown() {
    let source = MapSource::from([
        ("APP_PROFILE", "prod"),
        (
            "REDIS_URL",
            "redis://who:change-me-canary@redis.example.com:6379/0",
        ),
    ]);
    let problems = Settings::from_source(&source).unwrap_err();
    let about: Vec<_> = problems
        .iter()
        .filter(|problem| problem.name == "REDIS_URL")
        .collect();
    assert_eq!(about.len(), 2, "{problems}");
    assert!(!format!("{problems} {problems:?}").contains("canary"));
}

#[test]
fn ten_planted_mistakes_are_ten_problems_with_origin_and_hint() {
    let source = MapSource::from([
        ("APP_PROFILE", "prod"),
        ("FAL_KEY", "no-colon"),
        ("FAL_QUEUE_URL", "http://queue.example.com"),
        ("MINIO_ENDPOINT", "http://minio.example.com:9000"),
        ("MINIO_ACCESS_KEY", "pictures"),
        ("MINIO_SECRET_KEY", "minioadmin"),
        ("MINIO_BUCKET_TEMP", "Not_A_Bucket"),
        ("MINIO_PRESIGNED_EXPIRES", "604801"),
        ("REDIS_HOST", "redis"),
        ("REDIS_PORT", "0"),
        ("REDIS_PASSWORD", "redis"),
        ("IMAGEN4_MAX_IMAGES", "9"),
        ("DATABASE_URL", "mysql://host/db"),
        ("APP_ALLOW_PLAIN_TEXT", "true"),
    ]);
    let problems = Settings::from_source(&source).unwrap_err();
    let names: BTreeSet<_> = problems.iter().map(|problem| &*problem.name).collect();
    let planted = [
        "DATABASE_URL",
        "FAL_KEY",
        "FAL_QUEUE_URL",
        "IMAGEN4_MAX_IMAGES",
        "MINIO_BUCKET_TEMP",
        "MINIO_ENDPOINT",
        "MINIO_PRESIGNED_EXPIRES",
        "MINIO_SECRET_KEY",
        "REDIS_PASSWORD",
        "REDIS_PORT",
    ];
    assert_eq!(names, BTreeSet::from(planted), "{problems}");
    for problem in &problems {
        assert!(
            problem.origin.is_some() && !problem.hint.is_empty(),
            "{problem}"
        );
    }
}

#[test]
fn no_secret_is_shown() {
    let source = MapSource::from([
        ("FAL_KEY", "id:canary-1"),
        ("MINIO_ENDPOINT", "minio:9000"),
        ("MINIO_ACCESS_KEY", "who"),
        ("MINIO_SECRET_KEY", "canary-2"),
        ("REDIS_URL", "redis://who:canary-3@redis:6379/0"),
    ]);
    let settings = Settings::from_source(&source).unwrap();
    let shown = format!("{settings:?} {:?}", settings.cache_at());
    assert!(!shown.contains("canary"), "{shown}");
}
