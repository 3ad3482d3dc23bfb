//! Which bucket and folder each kind of picture has.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;

use super::format::ImageFormat;
use super::key::{PictureKey, PictureName};
use super::key_policy::{KeyLayout, broken_folder_rule};
use super::kind::PictureKind;
use super::staged::is_quarantine;
use crate::name::{BucketName, NameError, ObjectKey, ObjectRef};

/// The longest folder, in bytes; the rest of a key fits beside it.
const MAX_FOLDER_BYTES: usize = 512;

/// A folder within a bucket, such as `imagen4` or `pictures/imagen4`.
///
/// - keeps the rules of [`ObjectKey`], and has at most 512 bytes
/// - is written without a `/` at its end; one that is given is dropped
/// - its last segment is neither two lower-case hexadecimal digits nor begins with `tenant-`: these are the
///   places of [`Shard`](super::Shard) and [`Tenant`](super::Tenant)
/// - it does not lie in `.quarantine`, the place of staged deletes
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Folder(String);

impl Folder {
    /// Returns the folder as text, without a `/` at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the folder that was read from a key; whoever wrote it may have had other rules for the last
    /// segment. `None` for one that is too long.
    pub(super) fn of_key(text: &str) -> Option<Self> {
        (text.len() <= MAX_FOLDER_BYTES).then(|| Self(text.to_owned()))
    }
}

impl FromStr for Folder {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let text = text.strip_suffix('/').unwrap_or(text);
        if text.len() > MAX_FOLDER_BYTES {
            return Err(NameError::new(
                text,
                "folder",
                "it must have at most 512 bytes",
            ));
        }
        let broken = match ObjectKey::from_str(text) {
            Ok(_) if is_quarantine(text) => {
                Some("it must not lie in .quarantine, where staged deletes keep pictures")
            }
            Ok(_) => broken_folder_rule(text),
            Err(error) => Some(error.rule()),
        };
        match broken {
            None => Ok(Self(text.to_owned())),
            Some(rule) => Err(NameError::new(text, "folder", rule)),
        }
    }
}

impl fmt::Display for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where the pictures of one kind lie.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// The bucket.
    pub bucket: BucketName,
    /// The folder within it; needed where kinds share a bucket.
    pub folder: Option<Folder>,
}

/// The bucket and folder of every kind of picture, and how the keys within are laid out.
///
/// - every kind has a place
/// - kinds that share a bucket have folders, and different ones
///
/// The default is `imagen4`, `generated`, `avatars` and `temp`, without folders, laid out by date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketMap {
    layout: KeyLayout,
    imagen4: Place,
    generated: Place,
    avatar: Place,
    temporary: Place,
}

/// Two kinds of pictures would lie in one place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{first} and {second} share the bucket {bucket}: give each a folder of its own")]
pub struct InvalidBucketMap {
    first: PictureKind,
    second: PictureKind,
    bucket: BucketName,
}

impl InvalidBucketMap {
    /// Returns the two kinds.
    pub fn kinds(&self) -> (PictureKind, PictureKind) {
        (self.first, self.second)
    }
}

impl BucketMap {
    /// Returns a builder that starts with the default places.
    pub fn builder() -> BucketMapBuilder {
        BucketMapBuilder(Self::default())
    }

    /// Returns the map with another layout of the keys of new pictures.
    ///
    /// Those of pictures that are stored already are read in whichever layout they have.
    #[must_use]
    pub fn with_layout(mut self, layout: KeyLayout) -> Self {
        self.layout = layout;
        self
    }

    /// Returns how the keys of new pictures are laid out.
    pub fn layout(&self) -> &KeyLayout {
        &self.layout
    }

    /// Returns the place of `kind`.
    pub fn place(&self, kind: PictureKind) -> &Place {
        match kind {
            PictureKind::Imagen4 => &self.imagen4,
            PictureKind::Generated => &self.generated,
            PictureKind::Avatar => &self.avatar,
            PictureKind::Temporary => &self.temporary,
        }
    }

    /// Returns each bucket once, in the order of [`PictureKind::ALL`].
    pub fn buckets(&self) -> Vec<&BucketName> {
        let mut buckets = Vec::with_capacity(PictureKind::ALL.len());
        for kind in PictureKind::ALL {
            let bucket = &self.place(kind).bucket;
            if !buckets.contains(&bucket) {
                buckets.push(bucket);
            }
        }
        buckets
    }

    /// Tells whether some kind lies in `bucket`.
    pub fn contains(&self, bucket: &BucketName) -> bool {
        PictureKind::ALL
            .into_iter()
            .any(|kind| self.place(kind).bucket == *bucket)
    }

    /// Returns the identity of a picture: where it lies, or would lie.
    ///
    /// `date` is the UTC date of the generation's creation, fixed once.
    ///
    /// # Errors
    ///
    /// [`NameError`] when the id, the number or the year cannot stand in a key.
    pub fn object(
        &self,
        kind: PictureKind,
        date: NaiveDate,
        generation_id: &str,
        number: u8,
        format: ImageFormat,
    ) -> Result<ObjectRef, NameError> {
        let place = self.place(kind);
        let name = PictureName::new(generation_id, number, format)?;
        let key =
            PictureKey::new(place.folder.clone(), date, name).with_layout(self.layout.clone());
        Ok(ObjectRef::new(place.bucket.clone(), key.to_object_key()?))
    }

    fn place_mut(&mut self, kind: PictureKind) -> &mut Place {
        match kind {
            PictureKind::Imagen4 => &mut self.imagen4,
            PictureKind::Generated => &mut self.generated,
            PictureKind::Avatar => &mut self.avatar,
            PictureKind::Temporary => &mut self.temporary,
        }
    }
}

impl Default for BucketMap {
    fn default() -> Self {
        let bucket = |name: &str| Place {
            bucket: lawful(name),
            folder: None,
        };
        Self {
            layout: KeyLayout::by_date(),
            imagen4: bucket("imagen4"),
            generated: bucket("generated"),
            avatar: bucket("avatars"),
            temporary: bucket("temp"),
        }
    }
}

#[expect(
    clippy::expect_used,
    reason = "only the four constant names above come here, and a test builds them"
)]
fn lawful(name: &str) -> BucketName {
    name.parse().expect("the default names keep the rules")
}

/// Builds a [`BucketMap`].
#[derive(Debug, Clone)]
pub struct BucketMapBuilder(BucketMap);

impl BucketMapBuilder {
    /// Returns the builder with the place of `kind` set.
    #[must_use]
    pub fn with(mut self, kind: PictureKind, bucket: BucketName, folder: Option<Folder>) -> Self {
        *self.0.place_mut(kind) = Place { bucket, folder };
        self
    }

    /// Returns the map.
    ///
    /// # Errors
    ///
    /// [`InvalidBucketMap`] when two kinds share a bucket without a folder of its own for each.
    pub fn build(self) -> Result<BucketMap, InvalidBucketMap> {
        for (index, first) in PictureKind::ALL.into_iter().enumerate() {
            for &second in &PictureKind::ALL[index + 1..] {
                let (a, b) = (self.0.place(first), self.0.place(second));
                let apart = a.folder.is_some() && b.folder.is_some() && a.folder != b.folder;
                if a.bucket == b.bucket && !apart {
                    return Err(InvalidBucketMap {
                        first,
                        second,
                        bucket: a.bucket.clone(),
                    });
                }
            }
        }
        Ok(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(first: Option<&str>, second: Option<&str>) -> Result<BucketMap, InvalidBucketMap> {
        let folder = |text: Option<&str>| text.map(|text| text.parse().unwrap());
        BucketMap::builder()
            .with(PictureKind::Imagen4, lawful("one"), folder(first))
            .with(PictureKind::Generated, lawful("one"), folder(second))
            .build()
    }

    #[test]
    fn the_defaults_are_the_documented_ones() {
        let map = BucketMap::default();
        for (kind, bucket) in [
            (PictureKind::Imagen4, "imagen4"),
            (PictureKind::Generated, "generated"),
            (PictureKind::Avatar, "avatars"),
            (PictureKind::Temporary, "temp"),
        ] {
            assert_eq!(map.place(kind).bucket.as_str(), bucket);
            assert_eq!(map.place(kind).folder, None);
        }
        assert_eq!(BucketMap::builder().build(), Ok(map));
    }

    #[test]
    fn the_generation_type_decides_the_bucket() {
        let map = BucketMap::default();
        for (text, bucket) in [
            ("imagen4", "imagen4"),
            ("flux", "generated"),
            ("nano-banana", "generated"),
            ("avatar", "generated"),
            ("IMAGEN4", "generated"),
            ("", "generated"),
        ] {
            let kind = PictureKind::of_generation_type(text);
            assert_eq!(map.place(kind).bucket.as_str(), bucket, "{text:?}");
        }
    }

    #[test]
    fn a_shared_bucket_needs_two_folders() {
        assert!(shared(Some("imagen4/"), Some("generated")).is_ok());
        for (first, second) in [
            (None, None),
            (Some("a"), None),
            (None, Some("a")),
            (Some("a"), Some("a/")),
        ] {
            let error = shared(first, second).unwrap_err();
            assert_eq!(
                error.kinds(),
                (PictureKind::Imagen4, PictureKind::Generated)
            );
        }
    }

    #[test]
    fn a_shared_bucket_is_named_once() {
        let map = shared(Some("a"), Some("b")).unwrap();
        let names: Vec<_> = map.buckets().into_iter().map(BucketName::as_str).collect();
        assert_eq!(names, ["one", "avatars", "temp"]);
        assert!(map.contains(&lawful("one")) && !map.contains(&lawful("imagen4")));
    }

    #[test]
    fn keys_have_the_documented_form() {
        let date = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap();
        let object = |map: &BucketMap| {
            map.object(PictureKind::Imagen4, date, "abc", 1, ImageFormat::Png)
                .unwrap()
                .to_string()
        };
        assert_eq!(
            object(&BucketMap::default()),
            "imagen4/2026/03/01/abc_1.png"
        );
        let map = shared(Some("imagen4/"), Some("generated")).unwrap();
        assert_eq!(object(&map), "one/imagen4/2026/03/01/abc_1.png");
    }

    #[test]
    fn bad_folders_name_the_rule() {
        for (text, rule) in [
            ("", "1 to 1024"),
            ("/", "1 to 1024"),
            ("/a", "segments"),
            ("a//", "segments"),
            ("a/../b", "segments"),
            ("a\\b", "backslash"),
            ("ab", "shard"),
            ("a/0f/", "shard"),
            ("a/tenant-b", "tenant"),
            (".quarantine", "staged"),
            (".quarantine/a", "staged"),
            (&*"a".repeat(513), "512"),
        ] {
            let error = text.parse::<Folder>().unwrap_err();
            assert!(error.rule().contains(rule), "{error}");
        }
    }
}
