//! Reading a link back to the object that it names.

mod authority;

use std::borrow::Cow;
use std::sync::Arc;

use percent_encoding::percent_decode_str;

use self::authority::Authority;
use super::bucket_map::BucketMap;
use super::service::PictureStorage;
use crate::name::{BucketName, ObjectKey, ObjectRef};
use crate::sigv4::SignedHost;

/// What a link names.
///
/// The text of the link is not kept, so neither `Debug` nor a log can show its signature.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PictureLink {
    /// The link names this object of ours; whether it exists is not known.
    Ours(ObjectRef),
    /// The link names nothing of ours, or not beyond doubt.
    NotOurs,
}

impl PictureLink {
    /// Returns the object, if it is ours.
    pub fn into_object(self) -> Option<ObjectRef> {
        match self {
            Self::Ours(object) => Some(object),
            Self::NotOurs => None,
        }
    }
}

/// Reads links to what they name, and never guesses.
///
/// A link is ours when all of this holds:
/// - its scheme is `http` or `https`, and it has no user-info
/// - its host and port are those of a configured host (path style, `host/bucket/key`) or have the bucket
///   before them (virtual-host style, `bucket.host/key`); a port that is left out is that of the scheme,
///   and upper case and the spelling of an IPv6 address do not matter
/// - the bucket is one of the [`BucketMap`]
/// - the path, percent-decoded once and never twice, gives a lawful [`ObjectKey`]: no empty or dot
///   segments, no control characters, no backslash; a slash must not be encoded
/// - it has one reading only, over all configured hosts and both styles
///
/// Query and fragment are ignored, so an expired link is read like one without a signature.
/// The key is taken as it stands: the older prefix `generated/` and the older numbers `_01` stay, since the
/// object lies under that key.
///
/// # Examples
///
/// ```
/// use storage::pictures::{BucketMap, LinkParser, PictureLink};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let links = LinkParser::new(["https://img.example".parse()?], BucketMap::default());
/// let ours = links.parse("https://img.example/imagen4/2026/03/01/abc_1.png?X-Amz-Expires=60");
/// assert_eq!(ours, PictureLink::Ours("imagen4/2026/03/01/abc_1.png".parse()?));
///
/// let foreign = links.parse("https://img.example.evil.test/imagen4/2026/03/01/abc_1.png");
/// assert_eq!(foreign, PictureLink::NotOurs);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct LinkParser {
    hosts: Arc<[Authority]>,
    buckets: Arc<BucketMap>,
}

impl LinkParser {
    /// Returns a parser of links to `hosts`: the working host, the public host, and any that were in use
    /// when older links were saved.
    ///
    /// Without hosts no link is ours.
    pub fn new(
        hosts: impl IntoIterator<Item = SignedHost>,
        buckets: impl Into<Arc<BucketMap>>,
    ) -> Self {
        let hosts = hosts.into_iter().filter_map(|host| Authority::of(&host));
        Self {
            hosts: hosts.collect(),
            buckets: buckets.into(),
        }
    }

    /// Returns what `link` names; nothing is sent.
    pub fn parse(&self, link: &str) -> PictureLink {
        match self.read(link) {
            Some(object) => PictureLink::Ours(object),
            None => PictureLink::NotOurs,
        }
    }

    fn read(&self, link: &str) -> Option<ObjectRef> {
        let (authority, path) = split(link)?;
        let path = decode(path)?;
        let mut readings = self
            .hosts
            .iter()
            .flat_map(|base| {
                [
                    self.below(base, &authority, &path),
                    self.at(base, &authority, &path),
                ]
            })
            .flatten();
        let first = readings.next()?;
        readings.all(|other| other == first).then_some(first)
    }

    /// Reads path style.
    fn at(&self, base: &Authority, authority: &Authority, path: &str) -> Option<ObjectRef> {
        let (bucket, key) = path.split_once('/').filter(|_| authority == base)?;
        self.object(bucket.parse().ok()?, key)
    }

    /// Reads virtual-host style.
    fn below(&self, base: &Authority, authority: &Authority, path: &str) -> Option<ObjectRef> {
        self.object(authority.bucket_before(base)?, path)
    }

    fn object(&self, bucket: BucketName, key: &str) -> Option<ObjectRef> {
        let key: ObjectKey = key.parse().ok()?;
        self.buckets
            .contains(&bucket)
            .then(|| ObjectRef::new(bucket, key))
    }
}

impl PictureStorage {
    /// Returns the service with the hosts whose links are ours; see [`LinkParser::new`].
    ///
    /// Without hosts every link is [`PictureLink::NotOurs`].
    #[must_use]
    pub fn with_hosts(mut self, hosts: impl IntoIterator<Item = SignedHost>) -> Self {
        self.link_parser = LinkParser::new(hosts, Arc::clone(&self.buckets));
        self
    }

    /// Returns what `link` names; nothing is sent.
    pub fn parse_link(&self, link: &str) -> PictureLink {
        self.link_parser.parse(link)
    }
}

/// Returns the authority and the path, still encoded and without its first slash.
///
/// The text itself is read, since parsers of URLs repair what is wrong in one: they turn backslashes into
/// slashes, drop line breaks and resolve dot segments, and so name another object than the text does.
fn split(link: &str) -> Option<(Authority, &str)> {
    let (scheme, rest) = link.split_once("://")?;
    let secure = scheme.eq_ignore_ascii_case("https");
    if !secure && !scheme.eq_ignore_ascii_case("http") {
        return None;
    }
    let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let path = rest.split(['?', '#']).next()?.strip_prefix('/')?;
    let unlawful = |c: char| c.is_control() || matches!(c, ' ' | '\\');
    if path.contains(unlawful) {
        return None;
    }
    Some((Authority::parse(authority, secure)?, path))
}

/// Decodes a path once.
fn decode(path: &str) -> Option<String> {
    let segments: Vec<_> = path.split('/').map(decode_segment).collect::<Option<_>>()?;
    let decoded = segments.join("/");
    // A link that was encoded as a whole has its query in its path, and a key ends up in logs.
    let carries_signature = decoded.to_ascii_lowercase().contains("x-amz-signature");
    (!carries_signature).then_some(decoded)
}

fn decode_segment(segment: &str) -> Option<Cow<'_, str>> {
    // The decoder would pass a `%` that begins no byte through as it is.
    let well_encoded = segment.split('%').skip(1).all(|part| {
        let digits = part.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    let text = percent_decode_str(segment).decode_utf8().ok()?;
    // An encoded slash is a slash to some servers and a part of a name to others.
    (well_encoded && !text.contains('/')).then_some(text)
}
