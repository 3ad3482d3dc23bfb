//! The settings of pictures, read from any text source.

use std::fmt::Display;
use std::str::FromStr;

use core_config::Reader;

use super::bucket_map::{BucketMap, Folder};
use super::key_policy::{KeyLayout, Tenant};
use super::kind::PictureKind;
use super::manifest::ManifestPolicy;
use crate::options::LinkLife;

/// Where pictures lie, what is written beside them and how long their links live.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PictureSettings {
    buckets: BucketMap,
    link_life: LinkLife,
    manifests: ManifestPolicy,
}

impl PictureSettings {
    /// Returns settings with these buckets, links of one day, and manifests with the prompt as text.
    pub fn new(buckets: BucketMap) -> Self {
        Self {
            buckets,
            link_life: LinkLife::DAY,
            manifests: ManifestPolicy::default(),
        }
    }

    /// Returns the settings with another life of links.
    #[must_use]
    pub fn with_link_life(mut self, life: LinkLife) -> Self {
        self.link_life = life;
        self
    }

    /// Returns the buckets and folders.
    pub fn buckets(&self) -> &BucketMap {
        &self.buckets
    }

    /// Returns how long links live.
    pub fn link_life(&self) -> LinkLife {
        self.link_life
    }

    /// Returns whether manifests are written, and what they say of a prompt.
    pub fn manifests(&self) -> &ManifestPolicy {
        &self.manifests
    }

    /// Reads the settings: those of [`BucketMap::read`]; `MINIO_PRESIGNED_EXPIRES`, the life of links
    /// in seconds, 1 to 604800, by default 86400; and `MINIO_MANIFESTS`, `MINIO_MANIFEST_PROMPT` and
    /// `MINIO_MANIFEST_PROMPT_KEY`, what is written beside pictures.
    ///
    /// Returns `None` when the reader has noted a problem.
    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let before = reader.problem_count();
        let buckets = BucketMap::read(reader);
        let seconds = reader.in_range("MINIO_PRESIGNED_EXPIRES", 86_400_u64, 1..=604_800);
        let link_life = LinkLife::from_secs(seconds).ok()?;
        let manifests = ManifestPolicy::read(reader);
        (reader.problem_count() == before).then_some(Self {
            buckets: buckets?,
            link_life,
            manifests: manifests?,
        })
    }
}

/// The names of a kind's bucket, the first of them preferred, and of its folder.
fn names(kind: PictureKind) -> (&'static [&'static str], &'static str) {
    match kind {
        PictureKind::Imagen4 => (&["MINIO_BUCKET_IMAGEN4"], "MINIO_FOLDER_IMAGEN4"),
        PictureKind::Generated => (
            &["MINIO_BUCKET_GENERATED", "MINIO_BUCKET_PHOTOS"],
            "MINIO_FOLDER_GENERATED",
        ),
        PictureKind::Avatar => (&["MINIO_BUCKET_AVATARS"], "MINIO_FOLDER_AVATARS"),
        PictureKind::Temporary => (&["MINIO_BUCKET_TEMP"], "MINIO_FOLDER_TEMP"),
    }
}

impl BucketMap {
    /// Reads the buckets `MINIO_BUCKET_IMAGEN4`, `MINIO_BUCKET_GENERATED` (or `MINIO_BUCKET_PHOTOS`, which
    /// means the same), `MINIO_BUCKET_AVATARS`, `MINIO_BUCKET_TEMP`, and the folders
    /// `MINIO_FOLDER_IMAGEN4`, `MINIO_FOLDER_GENERATED`, `MINIO_FOLDER_AVATARS`, `MINIO_FOLDER_TEMP`; and the
    /// layout of new keys: `MINIO_KEY_LAYOUT` (`date` or `sharded`) and `MINIO_KEY_TENANT`.
    ///
    /// What is not set keeps its default. Returns `None` when the reader has noted a problem.
    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let before = reader.problem_count();
        let mut builder = Self::builder();
        let defaults = Self::default();
        for kind in PictureKind::ALL {
            let (buckets, folder) = names(kind);
            let bucket =
                read_named(reader, buckets).unwrap_or_else(|| defaults.place(kind).bucket.clone());
            builder = builder.with(kind, bucket, reader.parse::<Folder>(folder));
        }
        let layout = read_layout(reader);
        if reader.problem_count() > before {
            return None;
        }
        match builder.build() {
            Ok(map) => Some(map.with_layout(layout)),
            Err(error) => {
                let (first, second) = error.kinds();
                let hint = format!("set {} and {}", names(first).1, names(second).1);
                reader.problem(names(second).0[0], error, hint);
                None
            }
        }
    }
}

fn read_layout(reader: &mut Reader<'_>) -> KeyLayout {
    let layout = reader.parse_or("MINIO_KEY_LAYOUT", KeyLayout::by_date());
    match reader.parse::<Tenant>("MINIO_KEY_TENANT") {
        Some(tenant) => layout.with_tenant(tenant),
        None => layout,
    }
}

fn read_named<T>(reader: &mut Reader<'_>, names: &[&'static str]) -> Option<T>
where
    T: FromStr<Err: Display>,
{
    reader.one_of(names)?;
    // All that are set agree, so the first of them speaks for all.
    let name = names.iter().find(|name| reader.text(name).is_some())?;
    reader.parse(name)
}

#[cfg(test)]
mod tests {
    use core_config::MapSource;

    use super::*;

    fn read<const N: usize>(values: [(&str, &str); N]) -> Result<PictureSettings, Vec<String>> {
        let source = MapSource::from(values);
        let mut reader = Reader::new(&source);
        let settings = PictureSettings::read(&mut reader);
        match reader.finish() {
            Ok(()) => Ok(settings.expect("no problem, so settings")),
            Err(problems) => {
                assert_eq!(settings, None);
                Err(problems
                    .iter()
                    .map(|problem| problem.name.clone())
                    .collect())
            }
        }
    }

    #[test]
    fn nothing_set_is_the_default() {
        assert_eq!(read([]), Ok(PictureSettings::default()));
    }

    #[test]
    fn each_name_moves_its_own_kind() {
        for (name, kind) in [
            ("MINIO_BUCKET_IMAGEN4", PictureKind::Imagen4),
            ("MINIO_BUCKET_GENERATED", PictureKind::Generated),
            ("MINIO_BUCKET_PHOTOS", PictureKind::Generated),
            ("MINIO_BUCKET_AVATARS", PictureKind::Avatar),
            ("MINIO_BUCKET_TEMP", PictureKind::Temporary),
        ] {
            let settings = read([(name, "elsewhere")]).unwrap();
            for other in PictureKind::ALL {
                let moved = settings.buckets().place(other).bucket.as_str() == "elsewhere";
                assert_eq!(moved, other == kind, "{name} {other}");
            }
        }
    }

    #[test]
    fn each_folder_name_moves_its_own_kind() {
        for (name, kind) in [
            ("MINIO_FOLDER_IMAGEN4", PictureKind::Imagen4),
            ("MINIO_FOLDER_GENERATED", PictureKind::Generated),
            ("MINIO_FOLDER_AVATARS", PictureKind::Avatar),
            ("MINIO_FOLDER_TEMP", PictureKind::Temporary),
        ] {
            let settings = read([(name, "within/")]).unwrap();
            for other in PictureKind::ALL {
                let folder = settings.buckets().place(other).folder.as_ref();
                let expected = (other == kind).then_some("within");
                assert_eq!(folder.map(Folder::as_str), expected, "{name} {other}");
            }
        }
    }

    #[test]
    fn folders_are_read() {
        let settings = read([
            ("MINIO_BUCKET_IMAGEN4", "one"),
            ("MINIO_BUCKET_GENERATED", "one"),
            ("MINIO_FOLDER_IMAGEN4", "imagen4/"),
            ("MINIO_FOLDER_GENERATED", "generated"),
            ("MINIO_PRESIGNED_EXPIRES", "60"),
        ])
        .unwrap();
        let place = settings.buckets().place(PictureKind::Imagen4);
        assert_eq!(place.folder.as_ref().map(Folder::as_str), Some("imagen4"));
        assert_eq!(settings.link_life().as_secs(), 60);
    }

    #[test]
    fn the_layout_of_keys_is_read() {
        for (layout, tenant, expected) in [
            ("", "", KeyLayout::by_date()),
            ("date", "", KeyLayout::by_date()),
            ("sharded", "", KeyLayout::sharded()),
            (
                "",
                "acme",
                KeyLayout::by_date().with_tenant("acme".parse().unwrap()),
            ),
            (
                "sharded",
                "acme",
                KeyLayout::sharded().with_tenant("acme".parse().unwrap()),
            ),
        ] {
            let settings = read([("MINIO_KEY_LAYOUT", layout), ("MINIO_KEY_TENANT", tenant)]);
            assert_eq!(settings.unwrap().buckets().layout(), &expected);
        }
        for (name, value) in [("MINIO_KEY_LAYOUT", "hashed"), ("MINIO_KEY_TENANT", "A B")] {
            assert_eq!(read([(name, value)]), Err(vec![name.to_owned()]));
        }
    }

    #[test]
    fn wrong_values_are_problems_with_their_name() {
        assert_eq!(
            read([("MINIO_BUCKET_AVATARS", "Not_A_Bucket")]),
            Err(vec!["MINIO_BUCKET_AVATARS".to_owned()])
        );
        assert_eq!(
            read([("MINIO_BUCKET_PHOTOS", "x")]),
            Err(vec!["MINIO_BUCKET_PHOTOS".to_owned()])
        );
        assert_eq!(
            read([
                ("MINIO_BUCKET_PHOTOS", "aaa"),
                ("MINIO_BUCKET_GENERATED", "bbb")
            ]),
            Err(vec!["MINIO_BUCKET_PHOTOS".to_owned()])
        );
        assert_eq!(
            read([("MINIO_BUCKET_GENERATED", "imagen4")]),
            Err(vec!["MINIO_BUCKET_GENERATED".to_owned()])
        );
        assert_eq!(
            read([
                ("MINIO_FOLDER_TEMP", "../up"),
                ("MINIO_PRESIGNED_EXPIRES", "604801")
            ]),
            Err(vec![
                "MINIO_FOLDER_TEMP".to_owned(),
                "MINIO_PRESIGNED_EXPIRES".to_owned()
            ])
        );
    }

    #[test]
    fn the_older_name_may_agree_with_the_newer() {
        let settings = read([
            ("MINIO_BUCKET_PHOTOS", "photos"),
            ("MINIO_BUCKET_GENERATED", "photos"),
        ]);
        let place = settings
            .unwrap()
            .buckets()
            .place(PictureKind::Generated)
            .clone();
        assert_eq!(place.bucket.as_str(), "photos");
    }
}
