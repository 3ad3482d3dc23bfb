//! The compose files, `.env.example` and the settings of the code, held together.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use assembly::Settings;
use core_config::MapSource;
use saphyr::{LoadableYamlNode, Yaml};

/// What the servers take, and no program of ours reads.
const OF_THE_SERVERS: [&str; 1] = ["POSTGRES_PASSWORD"];

/// The programs of ours in both files.
const PROGRAMS: [&str; 2] = ["generate", "telegram_bot"];

fn read(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("compose");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

fn with_document<T>(name: &str, use_it: impl FnOnce(&Yaml<'_>) -> T) -> T {
    let text = read(name);
    let documents = Yaml::load_from_str(&text).unwrap();
    assert_eq!(documents.len(), 1, "{name}");
    use_it(&documents[0])
}

fn mapping(node: &Yaml<'_>) -> BTreeMap<String, String> {
    let entries = node.as_mapping().unwrap().iter();
    entries
        .map(|(key, value)| (text(key), text(value)))
        .collect()
}

fn text(node: &Yaml<'_>) -> String {
    node.as_str().unwrap_or_default().to_owned()
}

/// Returns the environment of `generate` in one of the files.
fn environment(file: &str) -> BTreeMap<String, String> {
    environment_of("generate", file)
}

fn environment_of(program: &str, file: &str) -> BTreeMap<String, String> {
    with_document(file, |document| {
        mapping(&document["services"][program]["environment"])
    })
}

/// Returns the names of the settings, whether a value or a file gives them.
fn names(environment: &BTreeMap<String, String>) -> BTreeSet<String> {
    let bare = |name: &String| name.strip_suffix("_FILE").unwrap_or(name).to_owned();
    environment.keys().map(bare).collect()
}

fn example_values() -> BTreeMap<String, String> {
    read(".env.example")
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (name, value) = line.split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

/// Returns the names of the variables that a file takes from its surroundings: `${NAME}`, but not `$$`.
fn variables(file: &str) -> BTreeSet<String> {
    let text = read(file);
    let after = text.split("${").skip(1);
    after
        .map(|rest| rest.split_once('}').unwrap().0.to_owned())
        .collect()
}

/// Returns the environment with `${NAME}` replaced by the values of `.env.example`.
fn filled(file: &str) -> BTreeMap<String, String> {
    let values = example_values();
    let complete = |value: String| match value.strip_prefix("${").and_then(|v| v.strip_suffix('}'))
    {
        Some(name) => values[name].clone(),
        None => value,
    };
    environment(file)
        .into_iter()
        .map(|(name, value)| (name, complete(value)))
        .collect()
}

fn source(environment: BTreeMap<String, String>) -> MapSource {
    environment
        .into_iter()
        .fold(MapSource::new(), |source, (name, value)| {
            source.with(name, value)
        })
}

#[test]
fn dev_and_prod_set_the_same_names() {
    for program in PROGRAMS {
        assert_eq!(
            names(&environment_of(program, "dev.yaml")),
            names(&environment_of(program, "prod.yaml"))
        );
    }
}

#[test]
fn the_bot_has_every_setting_of_the_other_program_and_its_own() {
    for file in ["dev.yaml", "prod.yaml"] {
        let mut of_the_bot = environment_of("telegram_bot", file);
        let own = of_the_bot.split_off("TELEGRAM_");
        assert_eq!(of_the_bot, environment(file), "{file}");
        assert_eq!(
            names(&own),
            ["TELEGRAM_BOT_TOKEN", "TELEGRAM_USERS"]
                .map(str::to_owned)
                .into()
        );
    }
}

#[test]
fn every_name_is_one_that_the_code_reads() {
    // The assembly holds this page and the code together.
    let page = include_str!("../../docs/CONFIGURATION.md");
    let known: BTreeSet<_> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    for file in ["dev.yaml", "prod.yaml"] {
        for program in PROGRAMS {
            for name in environment_of(program, file).keys() {
                let bare = name.strip_suffix("_FILE").unwrap_or(name);
                assert!(known.contains(bare), "{file}: {program}: {name}");
            }
        }
    }
    for name in example_values().keys() {
        let known = known.contains(&**name) || OF_THE_SERVERS.contains(&&**name);
        assert!(known, ".env.example: {name}");
    }
}

#[test]
fn the_original_bucket_variable_is_in_every_file() {
    for file in ["dev.yaml", "prod.yaml"] {
        for name in [
            "MINIO_BUCKET_IMAGEN4",
            "MINIO_ENDPOINT",
            "REDIS_HOST",
            "REDIS_PORT",
        ] {
            assert!(environment(file).contains_key(name), "{file}: {name}");
        }
    }
    assert!(example_values().contains_key("MINIO_BUCKET_IMAGEN4"));
}

#[test]
fn the_example_gives_each_variable_and_no_other() {
    let wanted: BTreeSet<_> = variables("dev.yaml")
        .union(&variables("prod.yaml"))
        .cloned()
        .collect();
    let given: BTreeSet<_> = example_values().into_keys().collect();
    assert_eq!(given, wanted);
}

#[test]
fn the_dev_environment_is_read_without_a_problem() {
    let settings = Settings::from_source(&source(filled("dev.yaml"))).unwrap();
    assert_eq!(settings.unknown_names(), []);
    assert_eq!(settings.unused_names(), []);
    assert_eq!(settings.stand_ins(), None);
}

#[test]
fn the_prod_environment_is_read_without_a_problem_once_its_secrets_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let mut environment = filled("prod.yaml");
    for (name, value) in &mut environment {
        if name.ends_with("_FILE") {
            let path = folder.path().join(name);
            let word = if name.starts_with("FAL") {
                "id:4f1c9a"
            } else {
                "4f1c9a7d20"
            };
            std::fs::write(&path, word).unwrap();
            *value = path.display().to_string();
        }
    }
    Settings::from_source(&source(environment)).unwrap();
}

#[test]
fn profile_prod_refuses_the_words_of_the_example() {
    let mut environment = filled("dev.yaml");
    environment.insert("APP_PROFILE".to_owned(), "prod".to_owned());
    let problems = Settings::from_source(&source(environment)).unwrap_err();
    let names: BTreeSet<_> = problems.iter().map(|problem| &*problem.name).collect();
    assert_eq!(
        names,
        BTreeSet::from(["FAL_KEY", "MINIO_SECRET_KEY", "REDIS_PASSWORD"])
    );
}

#[test]
fn every_service_is_pinned_and_checked() {
    for file in ["dev.yaml", "prod.yaml"] {
        with_document(file, |document| {
            for (name, service) in document["services"].as_mapping().unwrap() {
                let name = text(name);
                // A program that ends by itself is not watched, and neither is one that ends when it cannot go on.
                assert!(
                    service.contains_mapping_key("healthcheck") || PROGRAMS.contains(&&*name),
                    "{file}: {name}"
                );
                assert!(service.contains_mapping_key("volumes"), "{file}: {name}");
                if let Some(image) = service.as_mapping_get("image") {
                    let (_, tag) = text(image)
                        .rsplit_once(':')
                        .map(|(a, b)| (a.to_owned(), b.to_owned()))
                        .unwrap();
                    assert!(
                        tag != "latest" && tag.contains(|c: char| c.is_ascii_digit()),
                        "{tag}"
                    );
                }
            }
        });
    }
}

#[test]
fn what_is_published_is_on_loopback() {
    for file in ["dev.yaml", "prod.yaml"] {
        with_document(file, |document| {
            for (name, service) in document["services"].as_mapping().unwrap() {
                let ports = service.as_mapping_get("ports").and_then(Yaml::as_sequence);
                for port in ports.into_iter().flatten() {
                    assert!(
                        text(port).starts_with("127.0.0.1:"),
                        "{file}: {name:?} {port:?}"
                    );
                }
            }
        });
    }
}

#[test]
fn prod_holds_no_secret_and_takes_each_from_a_file() {
    let of_both = ["FAL_KEY", "MINIO_SECRET_KEY", "REDIS_PASSWORD"];
    for name in of_both {
        assert_from_a_file("generate", name);
        assert_from_a_file("telegram_bot", name);
    }
    assert_from_a_file("telegram_bot", "TELEGRAM_BOT_TOKEN");
}

fn assert_from_a_file(program: &str, name: &str) {
    let environment = environment_of(program, "prod.yaml");
    assert!(!environment.contains_key(name), "{program}: {name}");
    let file = &environment[&format!("{name}_FILE")];
    let secret = file.strip_prefix("/run/secrets/").unwrap();
    with_document("prod.yaml", |document| {
        assert!(document["secrets"].contains_mapping_key(secret), "{secret}");
        let of_the_program = &document["services"][program]["secrets"];
        let mut of_the_program = of_the_program.as_sequence().unwrap().iter();
        assert!(
            of_the_program.any(|one| text(one) == secret),
            "{program}: {secret}"
        );
    });
}
