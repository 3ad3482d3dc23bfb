//! From any form of a link to the record that it belongs to.

use std::collections::BTreeSet;

use super::format::ImageFormat;
use super::index::{KnownPicture, PictureIndex};
use super::key::{ParsedKey, PictureKey, date_path};
use super::link::PictureLink;
use super::service::PictureStorage;
use crate::error::Result;
use crate::name::{BucketName, ObjectKey, ObjectRef};
use crate::signed_url::SignedUrl;

/// Whose picture a link shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// That of one record; its object is the one that the record names, which may have another key than the link.
    Found(KnownPicture),
    /// That of several records, sorted.
    Ambiguous(Vec<KnownPicture>),
    /// No record names it.
    Unknown,
    /// The text is neither a link of ours nor a key.
    NotOurs,
}

impl PictureStorage {
    /// Returns the record that `text` belongs to.
    ///
    /// The text is a link of ours in any form, signed or not, expired or not, for any of the configured hosts; or
    /// `bucket/key`; or a key alone, which is looked for in every bucket.
    /// What the records name exactly comes first. Otherwise the older spellings of the same picture are tried, in every
    /// bucket: with and without a folder such as `generated/`, with and without a shard, `_01` for `_1`, `jpeg` for
    /// `jpg`. The tenant stays that of the text.
    /// The store is not asked, so a picture that is gone is found as long as its record stands.
    ///
    /// # Errors
    ///
    /// The failures of the index.
    ///
    /// # Cancellation
    ///
    /// Nothing happened.
    pub async fn lookup(&self, index: &dyn PictureIndex, text: &str) -> Result<Lookup> {
        let exact = self.readings(text);
        if exact.is_empty() {
            return Ok(Lookup::NotOurs);
        }
        let mut found = index.find(&exact).await?;
        if found.is_empty() {
            let keys: BTreeSet<_> = exact
                .iter()
                .flat_map(|object| spellings(&object.key))
                .collect();
            let others: Vec<_> = keys.iter().flat_map(|key| self.everywhere(key)).collect();
            found = index.find(&others).await?;
        }
        found.sort();
        found.dedup();
        Ok(match found.len() {
            0 => Lookup::Unknown,
            1 => Lookup::Found(found.swap_remove(0)),
            _ => Lookup::Ambiguous(found),
        })
    }

    /// Returns a new link for the picture of an old one, in whichever form that is; `None` unless exactly one record
    /// has it.
    ///
    /// # Errors
    ///
    /// The failures of the index, and those of [`link`](Self::link).
    ///
    /// # Cancellation
    ///
    /// Nothing happened.
    pub async fn refresh(&self, index: &dyn PictureIndex, text: &str) -> Result<Option<SignedUrl>> {
        match self.lookup(index, text).await? {
            Lookup::Found(picture) => self.link(&picture.object).await.map(Some),
            _ => Ok(None),
        }
    }

    /// Returns the objects that a text may name.
    fn readings(&self, text: &str) -> Vec<ObjectRef> {
        if text.contains("://") {
            return match self.parse_link(text) {
                PictureLink::Ours(object) => vec![object],
                PictureLink::NotOurs => Vec::new(),
            };
        }
        let text = text.strip_prefix('/').unwrap_or(text);
        let Ok(key) = text.parse::<ObjectKey>() else {
            return Vec::new();
        };
        let mut readings = self.everywhere(&key);
        let whole: Option<ObjectRef> = text.parse().ok();
        readings.extend(whole.filter(|object| self.buckets.contains(&object.bucket)));
        readings
    }

    fn everywhere(&self, key: &ObjectKey) -> Vec<ObjectRef> {
        let buckets = self.buckets.buckets().into_iter();
        buckets
            .map(|bucket: &BucketName| ObjectRef::new(bucket.clone(), key.clone()))
            .collect()
    }
}

/// Returns the keys that writers, today's and earlier ones, give the picture of `key`.
fn spellings(key: &ObjectKey) -> Vec<ObjectKey> {
    let Some(parsed) = PictureKey::parse(key) else {
        return Vec::new();
    };
    let mut folders = vec![String::new(), "generated/".to_owned()];
    folders.extend(parsed.folder.as_ref().map(|folder| format!("{folder}/")));
    let id = &parsed.generation_id;
    let befores = parsed
        .layouts()
        .map(|layout| layout.prefix(id, parsed.number));
    let before = |folder: String| befores.each_ref().map(|before| format!("{folder}{before}"));
    let day = date_path(parsed.date);
    let mut keys = Vec::new();
    for before in folders.into_iter().flat_map(before) {
        for number in [
            format!("{}", parsed.number),
            format!("{:02}", parsed.number),
        ] {
            for extension in extensions(&parsed) {
                keys.extend(format!("{before}{day}/{id}_{number}.{extension}").parse());
            }
        }
    }
    keys
}

fn extensions(parsed: &ParsedKey) -> &'static [&'static str] {
    match parsed.format {
        ImageFormat::Jpeg => &["jpg", "jpeg"],
        ImageFormat::Png => &["png"],
        ImageFormat::WebP => &["webp"],
        ImageFormat::Gif => &["gif"],
        ImageFormat::Avif => &["avif"],
    }
}
