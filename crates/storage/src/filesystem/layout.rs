//! Where everything stands below the root.
//!
//! ```text
//! root/{bucket}/{key as path}              the bytes, as a plain file
//! root/.meta/{bucket}/{key as path}.json   type, metadata, digest
//! root/.tmp/{random}                       bodies on their way in
//! root/.locks/{00…3f}                      locks among processes, by hash of bucket and key
//! root/.layout                             version and spelling of this layout
//! ```
//!
//! No name of a bucket starts with a dot, so nothing of ours meets a bucket.

mod name;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub(super) use self::name::{Name, Spelling, decode};
use crate::name::{BucketName, ObjectKey, ObjectRef};
use crate::object::Sha256Digest;

/// How many locks there are.
const LOCKS: u8 = 64;

/// The paths of a root.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    root: PathBuf,
    spelling: Spelling,
}

impl Layout {
    /// Returns the layout below `root`, which is canonical: absolute and without symbolic links.
    pub(super) fn new(root: PathBuf, spelling: Spelling) -> Self {
        Self { root, spelling }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn temporary(&self) -> PathBuf {
        self.root.join(".tmp")
    }

    pub(super) fn locks(&self) -> PathBuf {
        self.root.join(".locks")
    }

    pub(super) fn bucket(&self, bucket: &BucketName) -> PathBuf {
        self.root.join(bucket.as_str())
    }

    /// Returns the directory that everything of `bucket` but the bytes lies in.
    pub(super) fn meta_bucket(&self, bucket: &BucketName) -> PathBuf {
        self.root.join(".meta").join(bucket.as_str())
    }

    pub(super) fn data(&self, object: &ObjectRef) -> PathBuf {
        self.bucket(&object.bucket).join(self.relative(&object.key))
    }

    pub(super) fn meta(&self, object: &ObjectRef) -> PathBuf {
        let mut path: OsString = self
            .meta_bucket(&object.bucket)
            .join(self.relative(&object.key))
            .into();
        path.push(".json");
        path.into()
    }

    /// Returns the lock that writers of `object` take; others may share it.
    pub(super) fn lock(&self, object: &ObjectRef) -> PathBuf {
        let hash = Sha256Digest::of(object.to_string().as_bytes()).as_bytes()[0];
        self.locks().join(format!("{:02x}", hash % LOCKS))
    }

    /// Returns the directory for keys that start with `segments`, each of them lawful and whole.
    pub(super) fn directory(&self, bucket: &BucketName, segments: &[&str]) -> PathBuf {
        let names = segments
            .iter()
            .flat_map(|segment| name::directories(segment, self.spelling));
        self.bucket(bucket).join(names.collect::<PathBuf>())
    }

    /// Tells whether the object's file is the one at `path`, as opposed to a file that only looks like it.
    pub(super) fn is_at(&self, bucket: &BucketName, key: &ObjectKey, path: &Path) -> bool {
        self.bucket(bucket).join(self.relative(key)) == path
    }

    fn relative(&self, key: &ObjectKey) -> PathBuf {
        let (before, last) = key.as_str().rsplit_once('/').unwrap_or(("", key.as_str()));
        before
            .split('/')
            .filter(|segment| !segment.is_empty())
            .flat_map(|segment| name::directories(segment, self.spelling))
            .chain(name::file(last, self.spelling))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Component;

    use proptest::prelude::*;

    use super::*;

    fn layout(spelling: Spelling) -> Layout {
        Layout::new("/root".into(), spelling)
    }

    fn relative(key: &str, spelling: Spelling) -> PathBuf {
        layout(spelling).relative(&key.parse().unwrap())
    }

    /// Reads a path back as a listing does.
    fn read_back(path: &Path) -> Option<String> {
        let count = path.components().count();
        let mut key = String::new();
        for (at, component) in path.components().enumerate() {
            let is_directory = at + 1 < count;
            match decode(component.as_os_str().to_str()?, is_directory)? {
                Name::File(text) | Name::Part(text) => key.push_str(&text),
                Name::Directory(text) => key = key + &text + "/",
            }
        }
        Some(key)
    }

    #[test]
    fn the_key_of_a_picture_is_its_path() {
        let key = "imagen4/2026/01/31/0190b7a4-0000-7000-8000-000000000000_1.png";
        for spelling in [Spelling::Exact, Spelling::Folded] {
            assert_eq!(relative(key, spelling), Path::new(key));
        }
    }

    #[test]
    fn a_key_and_keys_below_it_do_not_clash() {
        for (above, below) in [("a", "a/b"), ("a.b", "a.b/c"), ("a.%", "a.%/c")] {
            let above = relative(above, Spelling::Exact);
            let below = relative(below, Spelling::Exact);
            assert!(!below.starts_with(&above), "{below:?}");
        }
    }

    #[test]
    fn the_metadata_of_keys_do_not_clash() {
        let layout = layout(Spelling::Exact);
        let meta = |key: &str| layout.meta(&format!("bucket/{key}").parse().unwrap());
        assert!(!meta("a.png.json").starts_with(meta("a.png")));
        assert!(!meta("a.png.json/b").starts_with(meta("a.png")));
        assert_ne!(meta("a"), meta("a.json"));
    }

    fn key() -> impl Strategy<Value = String> {
        let sign = prop_oneof![
            4 => "[a-z0-9A-Z]",
            3 => "[.% +&=#?:*<>|\"~-]",
            1 => "[äßÉ東🌲\u{308}]",
        ];
        let piece = prop_oneof![
            6 => prop::collection::vec(sign, 1..12).prop_map(|signs| signs.concat()),
            1 => (1..300_usize, "[a-zA.%ü]").prop_map(|(times, sign)| sign.repeat(times)),
            1 => "(con|NUL|com1|lpt9|aux)([.][a-z]{1,3})?",
        ];
        prop::collection::vec(piece, 1..6)
            .prop_map(|segments| segments.join("/"))
            .prop_filter("a lawful key", |key| key.parse::<ObjectKey>().is_ok())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn every_key_comes_back_from_its_path(key in key(), folded in any::<bool>()) {
            let spelling = if folded { Spelling::Folded } else { Spelling::Exact };
            let path = relative(&key, spelling);
            prop_assert_eq!(read_back(&path), Some(key), "{:?}", path);
        }

        #[test]
        fn every_path_stays_below_its_bucket(key in key(), folded in any::<bool>()) {
            let spelling = if folded { Spelling::Folded } else { Spelling::Exact };
            for component in relative(&key, spelling).components() {
                let Component::Normal(name) = component else {
                    return Err(TestCaseError::fail("not a plain name"));
                };
                let name = name.to_str().unwrap();
                prop_assert!(name.len() <= 210 && !name.starts_with('.'), "{}", name);
                if folded {
                    let spelt = name.replace(|c: char| c.is_ascii_hexdigit(), "");
                    prop_assert!(name.is_ascii());
                    prop_assert_eq!(spelt.to_lowercase(), spelt);
                }
            }
        }

    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn no_path_leads_through_the_file_of_another_key(one in key(), other in key()) {
            let (first, second) = (relative(&one, Spelling::Exact), relative(&other, Spelling::Exact));
            prop_assert_eq!(first == second, one == other);
            prop_assert!(first == second || !(first.starts_with(&second) || second.starts_with(&first)));
        }
    }
}
