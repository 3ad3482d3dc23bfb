//! Values as JSON objects that say which version of their form they have.

use std::marker::PhantomData;
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::meters::{Meter, count};
use crate::{Cache, CacheError, FamilyKey};

/// The field beside the record's own that holds the version.
const VERSION_FIELD: &str = "v";

/// Why a value cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// It has no JSON form.
    #[error("the value has no JSON form")]
    NoJson(#[source] serde_json::Error),
    /// Its JSON form is no object, so the version has no place beside its fields.
    #[error("the value is no JSON object")]
    NoObject,
    /// It has a field `v` of its own.
    #[error("the value has a field v, which is the place of the version")]
    VersionField,
}

/// Returns `value` as a JSON object with `version` beside its fields.
pub(crate) fn encode<T: Serialize>(value: &T, version: u32) -> Result<Bytes, CodecError> {
    let Value::Object(mut fields) = serde_json::to_value(value).map_err(CodecError::NoJson)? else {
        return Err(CodecError::NoObject);
    };
    let before = fields.insert(VERSION_FIELD.to_owned(), version.into());
    if before.is_some() {
        return Err(CodecError::VersionField);
    }
    let bytes = serde_json::to_vec(&fields).map_err(CodecError::NoJson)?;
    Ok(bytes.into())
}

/// Returns the value, or `None` for garbage and for any other version.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8], version: u32) -> Option<T> {
    let mut fields: Map<String, Value> = serde_json::from_slice(bytes).ok()?;
    let found = fields.remove(VERSION_FIELD)?;
    if found.as_u64() != Some(version.into()) {
        return None;
    }
    serde_json::from_value(Value::Object(fields)).ok()
}

/// Reads and writes values of one type, and reports the cache's failures.
///
/// A value stands under its key as a plain JSON object with a field `v`, the family's value version, beside its
/// own fields: people and other languages read it as it is. What cannot be read, or has another version, is a
/// miss and raises the counter `cache.unreadable`; it is never an error.
///
/// Services use [`ReadThrough`](crate::ReadThrough), which makes failures a miss as well.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
///
/// use cache::memory::MemoryCache;
/// use cache::{Cache, FamilyKey, TypedCache};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct Record {
///     prompt: String,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let cache: Arc<dyn Cache> = Arc::new(MemoryCache::new());
/// let records = TypedCache::<Record>::new(Arc::clone(&cache));
/// let key = FamilyKey::generation(17)?;
/// records.set(&key, &Record { prompt: "a fox".into() }).await?;
///
/// let text = cache.get(key.key()).await?;
/// assert_eq!(text.as_deref(), Some(br#"{"prompt":"a fox","v":1}"#.as_slice()));
/// assert_eq!(records.get(&key).await?, Some(Record { prompt: "a fox".into() }));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct TypedCache<T> {
    cache: Arc<dyn Cache>,
    value: PhantomData<fn() -> T>,
}

impl<T: Serialize + DeserializeOwned + Sync> TypedCache<T> {
    /// Returns the typed form of `cache`.
    pub fn new(cache: Arc<dyn Cache>) -> Self {
        Self {
            cache,
            value: PhantomData,
        }
    }

    /// Returns the value under `key`; what cannot be read is a miss.
    ///
    /// # Errors
    ///
    /// What the cache reports.
    ///
    /// # Cancellation
    ///
    /// Nothing is changed.
    pub async fn get(&self, key: &FamilyKey) -> Result<Option<T>, CacheError> {
        let bytes = self.cache.get(key.key()).await?;
        Ok(bytes.and_then(|bytes| read(key, &bytes)))
    }

    /// Returns the values under `keys` in their order, in one round trip.
    ///
    /// # Errors
    ///
    /// What the cache reports.
    ///
    /// # Cancellation
    ///
    /// Nothing is changed.
    pub async fn get_many(&self, keys: &[FamilyKey]) -> Result<Vec<Option<T>>, CacheError> {
        let plain: Vec<_> = keys.iter().map(|key| key.key().clone()).collect();
        let values = self.cache.get_many(&plain).await?;
        let pairs = keys.iter().zip(values);
        Ok(pairs
            .map(|(key, bytes)| bytes.and_then(|bytes| read(key, &bytes)))
            .collect())
    }

    /// Writes `value` under `key` for the key's life.
    ///
    /// A value that has no place for a version is not written and counted; see [`CodecError`].
    ///
    /// # Errors
    ///
    /// What the cache reports.
    ///
    /// # Cancellation
    ///
    /// The value is written wholly or not at all.
    pub async fn set(&self, key: &FamilyKey, value: &T) -> Result<(), CacheError> {
        match write(key, value) {
            Some(bytes) => self.cache.set(key.key(), bytes, key.ttl()).await,
            None => Ok(()),
        }
    }
}

/// Decodes what stood under `key`, and counts what cannot be read.
pub(crate) fn read<T: DeserializeOwned>(key: &FamilyKey, bytes: &[u8]) -> Option<T> {
    let spec = key.family().spec();
    let value = decode(bytes, spec.value_version);
    if value.is_none() {
        count(key.family(), Meter::Unreadable);
    }
    value
}

/// Encodes what is to stand under `key`, and counts what has no such form.
pub(crate) fn write<T: Serialize>(key: &FamilyKey, value: &T) -> Option<Bytes> {
    let spec = key.family().spec();
    match encode(value, spec.value_version) {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            count(key.family(), Meter::Unwritable);
            tracing::debug!(family = spec.name, %error, "value is not cached");
            None
        }
    }
}

#[cfg(test)]
mod noise;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Record {
        id: u64,
        prompt: String,
    }

    fn record() -> Record {
        Record {
            id: 7,
            prompt: "a fox".to_owned(),
        }
    }

    #[test]
    fn a_value_is_a_plain_object_with_its_version() {
        let bytes = encode(&record(), 3).unwrap();
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(value, json!({"id": 7, "prompt": "a fox", "v": 3}));
        assert_eq!(decode(&bytes, 3), Some(record()));
    }

    #[test]
    fn garbage_and_other_versions_are_a_miss() {
        for text in [
            "",
            "null",
            "[]",
            "7",
            "NaN",
            "{",
            r#"{"id":7,"prompt":"a fox"}"#,
            r#"{"id":7,"prompt":"a fox","v":2}"#,
            r#"{"id":7,"prompt":"a fox","v":"3"}"#,
            r#"{"id":7,"prompt":"a fox","v":-3}"#,
            r#"{"id":"seven","prompt":"a fox","v":3}"#,
            r#"{"id":NaN,"prompt":"a fox","v":3}"#,
            r#"{"v":3}"#,
        ] {
            assert_eq!(decode::<Record>(text.as_bytes(), 3), None, "{text}");
        }
    }

    #[test]
    fn what_has_no_place_for_the_version_is_not_written() {
        assert!(matches!(encode(&[1, 2], 1), Err(CodecError::NoObject)));
        assert!(matches!(
            encode(&json!({"v": 1}), 1),
            Err(CodecError::VersionField)
        ));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = decode::<Record>(&bytes, 1);
        }

        #[test]
        fn every_record_comes_back(id: u64, prompt in "\\PC{0,30}", version: u32) {
            let record = Record { id, prompt };
            let bytes = encode(&record, version).unwrap();
            prop_assert_eq!(decode(&bytes, version), Some(record.clone()));
            prop_assert_eq!(decode::<Record>(&bytes, version.wrapping_add(1)), None);
        }
    }
}
