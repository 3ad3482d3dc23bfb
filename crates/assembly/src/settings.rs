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

    /// Returns which FAL makes the pictures, as a person would say it.
    pub fn fal_at(&self) -> String {
        match &self.fal {
            Some(fal) => match fal.queue_url() {
                Some(url) => format!("the queue at {url}"),
                None => "its own queue".to_owned(),
            },
            None => "the simulator inside".to_owned(),
        }
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
mod tests;
