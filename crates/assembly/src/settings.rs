//! Every setting of every part, read in one go.

mod prod;
mod unused;

use std::path::PathBuf;

use cache::redis::RedisSettings;
use core_config::{Problems, Reader, TextSource};
use fal_client::http::FalSettings;
use imagen4_domain::Imagen4Settings;
use records::sqlite::SqliteSettings;
use storage::filesystem::FilesystemSettings;
use storage::minio::MinioSettings;
use storage::pictures::PictureSettings;
use url::Url;

use crate::profile::Profile;

/// The starts of the names that are ours; a name with such a start that nobody reads is reported.
const OUR_PREFIXES: [&str; 4] = ["FAL_", "IMAGEN4_", "MINIO_", "REDIS_"];

/// Every setting of every part.
///
/// The table of names stands in `docs/CONFIGURATION.md`.
#[derive(Debug, Clone)]
pub struct Settings {
    pub(crate) profile: Profile,
    pub(crate) files: FilesystemSettings,
    pub(crate) fal: Option<FalSettings>,
    pub(crate) media_origins: Vec<Url>,
    pub(crate) minio: Option<MinioSettings>,
    pub(crate) redis: Option<RedisSettings>,
    pub(crate) records: SqliteSettings,
    pub(crate) pictures: PictureSettings,
    pub(crate) imagen4: Imagen4Settings,
    pub(crate) unused: Vec<(String, &'static str)>,
    pub(crate) unknown: Vec<(String, Option<String>)>,
}

impl Settings {
    /// Reads every setting from `source`.
    ///
    /// # Errors
    ///
    /// All problems at once, each with the name, the origin, what is wrong and what to do.
    pub fn from_source(source: &dyn TextSource) -> Result<Self, Problems> {
        let mut reader = Reader::new(source);
        let settings = Self::read(&mut reader);
        reader.finish()?;
        // Without a problem every part is there; the fallback keeps this free of a panic.
        settings.ok_or_else(incomplete)
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let profile = reader.parse_or("APP_PROFILE", Profile::Dev);
        let data_dir = reader
            .text("DATA_DIR")
            .map_or_else(|| PathBuf::from("./data"), PathBuf::from);
        let files = FilesystemSettings::read(reader);
        let fal = FalSettings::read(reader);
        let media_origins = read_media_origins(reader);
        let minio = MinioSettings::read(reader);
        let redis = RedisSettings::read(reader);
        let records = SqliteSettings::read(reader, &data_dir.join("records.sqlite"));
        let pictures = PictureSettings::read(reader);
        let imagen4 = Imagen4Settings::read(reader);
        if profile == Profile::Prod {
            prod::check(reader);
        }
        let (unused, unknown) = unread(reader);
        Some(Self {
            profile,
            files: files?,
            fal,
            media_origins,
            minio,
            redis,
            records: records?,
            pictures: pictures?,
            imagen4: imagen4?,
            unused,
            unknown,
        })
    }

    /// Returns whether stand-ins are allowed.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// Returns how pictures are made unless a request says otherwise.
    pub fn imagen4(&self) -> &Imagen4Settings {
        &self.imagen4
    }

    /// Returns where pictures are kept, as a person would say it.
    pub fn pictures_at(&self) -> String {
        match &self.minio {
            Some(minio) => format!("the object store at {}", minio.endpoint()),
            None => format!("files below {}", self.files.root().display()),
        }
    }

    /// Returns where records are kept, as a person would say it.
    pub fn records_at(&self) -> String {
        self.records.path().display().to_string()
    }

    /// Returns where copies are cached, as a person would say it.
    pub fn cache_at(&self) -> String {
        match &self.redis {
            Some(redis) => format!("Redis at {}", redis.address()),
            None => "memory".to_owned(),
        }
    }

    /// Returns the names that earlier programs read and that mean nothing here, each with what to do instead.
    pub fn unused_names(&self) -> &[(String, &'static str)] {
        &self.unused
    }

    /// Returns the names that look like ours and mean nothing here, each with the name that may be meant.
    pub fn unknown_names(&self) -> &[(String, Option<String>)] {
        &self.unknown
    }

    /// Returns one line that names every stand-in in use, or `None` when there is none.
    pub fn stand_ins(&self) -> Option<String> {
        let missing = [
            (
                self.fal.is_none(),
                "the FAL simulator (set FAL_KEY for the real one)",
            ),
            (
                self.minio.is_none(),
                "files instead of MinIO (MINIO_ENDPOINT)",
            ),
            (self.redis.is_none(), "memory instead of Redis (REDIS_HOST)"),
        ];
        let used: Vec<_> = missing
            .into_iter()
            .filter_map(|(stands_in, what)| stands_in.then_some(what))
            .collect();
        (!used.is_empty()).then(|| format!("profile {}: {}", self.profile, used.join(", ")))
    }
}

/// Reads `FAL_MEDIA_ORIGINS`: origins on loopback whose pictures may be fetched without TLS, for a simulator
/// that runs in another process.
fn read_media_origins(reader: &mut Reader<'_>) -> Vec<Url> {
    const NAME: &str = "FAL_MEDIA_ORIGINS";
    let text = reader.text(NAME).unwrap_or_default();
    let mut origins = Vec::new();
    for part in text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        match part.parse::<Url>() {
            Ok(url) if is_loopback_http(&url) => origins.push(url),
            _ => reader.problem(
                NAME,
                format!("{part:?} is no origin on loopback"),
                "write http://127.0.0.1:port, several with commas between",
            ),
        }
    }
    origins
}

fn is_loopback_http(url: &Url) -> bool {
    let on_loopback = match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        _ => false,
    };
    on_loopback && url.scheme() == "http" && url.path() == "/" && url.query().is_none()
}

/// Returns the names that nobody read: those that earlier programs knew, and those that nobody knows.
#[expect(
    clippy::type_complexity,
    reason = "each of the two is returned by a method of its own"
)]
fn unread(reader: &Reader<'_>) -> (Vec<(String, &'static str)>, Vec<(String, Option<String>)>) {
    let (mut unused, mut unknown) = (Vec::new(), Vec::new());
    for (name, nearest) in reader.unread(&OUR_PREFIXES) {
        match unused::instead_of(&name) {
            Some(instead) => unused.push((name, instead)),
            None => unknown.push((name, nearest)),
        }
    }
    (unused, unknown)
}

fn incomplete() -> Problems {
    let problem = core_config::Problem {
        name: "settings".to_owned(),
        origin: None,
        what: "incomplete".to_owned(),
        hint: "report this as a defect".to_owned(),
    };
    Problems::from(problem)
}

#[cfg(test)]
mod tests {
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
        let documented: BTreeSet<_> = include_str!("../../../docs/CONFIGURATION.md")
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
            // The bot's are read, and held to this page, by the bot.
            .filter(|name| !name.starts_with("TELEGRAM_"))
            .map(str::to_owned)
            .collect();
        assert_eq!(read, documented);
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

    #[test]
    fn names_of_the_earlier_service_are_known_and_unused() {
        let source =
            MapSource::from([("IMAGEN4_API_KEY", "x"), ("REDIS_RETRY_ON_TIMEOUT", "true")]);
        let settings = Settings::from_source(&source).unwrap();
        assert_eq!(settings.unknown_names(), []);
        let unused: Vec<_> = settings
            .unused_names()
            .iter()
            .map(|(name, _)| &**name)
            .collect();
        assert_eq!(unused, ["IMAGEN4_API_KEY", "REDIS_RETRY_ON_TIMEOUT"]);
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
}
