//! The other pictures of a generation, which a page may not have.

use std::collections::BTreeMap;

use super::survey::{FoundPicture, Unusable, UnusableReason};
use crate::error::{Result, StorageError};
use crate::name::ObjectRef;
use crate::options::ListOptions;
use crate::pictures::key::{ParsedKey, PictureKey, date_path};
use crate::pictures::service::PictureStorage;

impl PictureStorage {
    /// Returns all pictures of the generation that `found` is of, by number, each with a manifest that holds.
    ///
    /// They are looked for in the same bucket, folder and tenant, with a shard and without one: one listing,
    /// and one more for each picture of the generation.
    ///
    /// # Errors
    ///
    /// Those of [`ObjectStore::list`](crate::ObjectStore::list), and of a sibling that gave no answer: which
    /// pictures there are is not known then.
    ///
    /// # Cancellation
    ///
    /// Nothing happened.
    pub async fn siblings(&self, found: &FoundPicture) -> Result<Vec<FoundPicture>> {
        let Some(parsed) = PictureKey::parse(&found.object.key) else {
            return Ok(vec![found.clone()]);
        };
        let mut by_number = BTreeMap::new();
        for prefix in prefixes(&parsed, found.manifest.count) {
            for one in self.found_below(&found.object, prefix).await? {
                if one.manifest.generation_id == found.manifest.generation_id {
                    by_number.entry(one.manifest.number).or_insert(one);
                }
            }
        }
        Ok(by_number.into_values().collect())
    }

    async fn found_below(&self, like: &ObjectRef, prefix: String) -> Result<Vec<FoundPicture>> {
        let options = ListOptions {
            prefix,
            ..ListOptions::default()
        };
        let listed = self.store.list(&like.bucket, options).await?;
        let keys = listed.entries.into_iter().map(|entry| entry.key).collect();
        let page = self.examine(&like.bucket, keys).await;
        for Unusable { object, reason } in &page.unusable {
            if let UnusableReason::NoAnswer(kind) = reason {
                return Err(StorageError::new(*kind, "siblings", object));
            }
        }
        Ok(page.found)
    }
}

/// Returns what the keys of a generation's pictures begin with: first without a shard, then in each shard.
fn prefixes(parsed: &ParsedKey, count: u8) -> Vec<String> {
    let folder = parsed.folder.as_ref();
    let folder = folder.map_or_else(String::new, |folder| format!("{folder}/"));
    let [by_date, sharded] = parsed.layouts();
    let (id, date) = (&parsed.generation_id, date_path(parsed.date));
    let mut prefixes = vec![format!("{folder}{}{date}/{id}_", by_date.prefix(id, 1))];
    prefixes.extend((1..=count).map(|number| {
        let before = sharded.prefix(id, number);
        format!("{folder}{before}{date}/{id}_{number}.")
    }));
    prefixes
}
