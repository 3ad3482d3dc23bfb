//! What one link of an earlier record names, and what is there.

use url::Url;

use crate::error::Result;
use crate::name::{ObjectKey, ObjectRef};
use crate::pictures::find::is_missing;
use crate::pictures::key::PictureKey;
use crate::pictures::link::PictureLink;
use crate::pictures::picture::StoredPicture;
use crate::pictures::service::PictureStorage;

/// The hosts from which FAL has served pictures; those that begin with a dot are any name below.
///
/// Source: `docs.fal.ai`, and the links of FAL's own clients over the years.
const PROVIDER_HOSTS: [&str; 3] = ["fal.media", ".fal.media", "storage.googleapis.com"];

/// What a link of an earlier record names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LegacyLink {
    /// This object of ours, if it is there.
    Object(ObjectRef),
    /// A key without a link around it, in whichever bucket it is.
    Key(ObjectKey),
    /// A picture that lies with the provider.
    Provider,
    /// Something else, or nothing beyond doubt.
    NotOurs,
    /// Nothing at all.
    Nothing,
}

/// What became of a picture that an earlier record names.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LegacyPicture {
    /// It is there, and is this by its bytes; its key is the old one.
    There(StoredPicture),
    /// It is named and is not there.
    Lost,
    /// It lies with the provider, as long as the link lives.
    Provider,
    /// The object is there and is no picture.
    NotAPicture(ObjectRef),
    /// The key is in several places, and nobody says which one is meant.
    Ambiguous(Vec<ObjectRef>),
    /// The link names nothing of ours and nothing of the provider's.
    NotOurs,
    /// The record has a gap here.
    Nothing,
}

impl PictureStorage {
    /// Returns what `entry` names: a link in any style and of any age, or the bare key of a picture, with its
    /// bucket before it or without.
    ///
    /// Nothing is sent. Which links are ours is said by [`with_hosts`](Self::with_hosts) and the bucket map:
    /// name the hosts and the bucket that the earlier program used.
    pub fn read_legacy_link(&self, entry: &str) -> LegacyLink {
        if entry.is_empty() {
            return LegacyLink::Nothing;
        }
        if let PictureLink::Ours(object) = self.parse_link(entry) {
            return LegacyLink::Object(object);
        }
        if is_provider(entry) {
            return LegacyLink::Provider;
        }
        // What has a scheme is a link, and no key that looks like one.
        if entry.contains("://") {
            return LegacyLink::NotOurs;
        }
        let key = entry.strip_prefix('/').unwrap_or(entry).parse().ok();
        match key.filter(|key| PictureKey::parse(key).is_some()) {
            Some(key) => LegacyLink::Key(key),
            None => LegacyLink::NotOurs,
        }
    }

    /// Looks for the picture that `entry` names; nothing is changed.
    ///
    /// # Errors
    ///
    /// The error of the store when it gave no answer: whether the picture is there is not known then.
    ///
    /// # Cancellation
    ///
    /// Nothing happened.
    pub async fn find_legacy(&self, entry: &str) -> Result<LegacyPicture> {
        let places = match self.read_legacy_link(entry) {
            LegacyLink::Object(object) => vec![object],
            LegacyLink::Key(key) => self.places_of_bare(&key),
            LegacyLink::Provider => return Ok(LegacyPicture::Provider),
            LegacyLink::NotOurs => return Ok(LegacyPicture::NotOurs),
            LegacyLink::Nothing => return Ok(LegacyPicture::Nothing),
        };
        let mut there = Vec::new();
        for place in places {
            match self.inspect(&place).await {
                Ok(found) => there.push((place, found)),
                Err(error) if is_missing(error.kind()) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(match there.len() {
            0 => LegacyPicture::Lost,
            1 => match there.swap_remove(0) {
                (_, Some(picture)) => LegacyPicture::There(picture),
                (object, None) => LegacyPicture::NotAPicture(object),
            },
            _ => LegacyPicture::Ambiguous(there.into_iter().map(|(object, _)| object).collect()),
        })
    }

    /// Returns where a bare key may lie: in each bucket, and in the bucket that it begins with.
    fn places_of_bare(&self, key: &ObjectKey) -> Vec<ObjectRef> {
        let buckets = self.buckets.buckets().into_iter();
        let mut places: Vec<_> = buckets
            .map(|bucket| ObjectRef::new(bucket.clone(), key.clone()))
            .collect();
        let with_bucket = key.as_str().parse::<ObjectRef>().ok();
        places.extend(with_bucket.filter(|object| self.buckets.contains(&object.bucket)));
        places
    }
}

fn is_provider(link: &str) -> bool {
    let Ok(url) = Url::parse(link) else {
        return false;
    };
    let is_plain = url.username().is_empty() && url.password().is_none() && url.port().is_none();
    let host = url.host_str().unwrap_or_default();
    let is_known = PROVIDER_HOSTS
        .iter()
        .any(|known| match known.strip_prefix('.') {
            Some(_) => host.ends_with(known),
            None => host == *known,
        });
    url.scheme() == "https" && is_plain && is_known
}
