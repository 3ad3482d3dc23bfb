//! How keys are laid out: by date always, below a tenant and a shard by choice.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use crate::name::NameError;

/// Begins the segment of a tenant; what follows is its name.
const TENANT_MARK: &str = "tenant-";

/// The longest name of a tenant, in bytes.
const MAX_TENANT_BYTES: usize = 63;

/// The name of a tenant, whose pictures lie below a prefix of their own: `tenant-{name}/`.
///
/// - 1 to 63 of `a-z`, `0-9` and `-`
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tenant(String);

impl Tenant {
    /// Returns the name as text, without the mark that it has in a key.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the tenant that a segment of a key names.
    pub(super) fn of_segment(segment: &str) -> Option<Self> {
        segment.strip_prefix(TENANT_MARK)?.parse().ok()
    }
}

impl FromStr for Tenant {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        let lawful = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(1..=MAX_TENANT_BYTES).contains(&name.len()) || !name.bytes().all(lawful) {
            let rule = "it must be 1 to 63 of a-z, 0-9 and '-'";
            return Err(NameError::new(name, "tenant", rule));
        }
        Ok(Self(name.to_owned()))
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One of 256 parts of a bucket, written as two lower-case hexadecimal digits.
///
/// It follows from the id of the generation and the number of the picture and from nothing else, so a reader
/// tells it from a folder that looks like one.
/// It is the first byte of a SHA-256: the ids themselves begin with a time and would all fall together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard(u8);

impl Shard {
    /// Returns the shard of picture `number` of a generation.
    pub fn of(generation_id: &str, number: u8) -> Self {
        let digest = Sha256::digest(format!("{generation_id}_{number}"));
        Self(digest[0])
    }

    /// Returns the shard as a number, 0 to 255.
    pub fn index(self) -> u8 {
        self.0
    }

    /// Tells whether `segment` is this shard as a key has it.
    pub(super) fn is(self, segment: &str) -> bool {
        looks_like_shard(segment) && segment == self.to_string()
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02x}", self.0)
    }
}

/// What stands before the date in the keys of new pictures.
///
/// | Layout | Key after the folder |
/// |---|---|
/// | by date, the default | `YYYY/MM/DD/{generation_id}_{number}.{extension}` |
/// | sharded | `{hh}/YYYY/MM/DD/…` |
/// | with a tenant | `tenant-{name}/YYYY/MM/DD/…`, or `tenant-{name}/{hh}/YYYY/MM/DD/…` |
///
/// The layout decides where new pictures go and nothing else: a key tells its own layout, so whatever was
/// written under another one is still read, found, linked and deleted.
/// A picture that is saved again after a change of layout gets a second object under its new key.
///
/// S3 takes 3,500 writes a second for one prefix, and all of today's keys share theirs; with shards they
/// share 256. Source: AWS, "Best practices design patterns: optimizing Amazon S3 performance".
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct KeyLayout {
    tenant: Option<Tenant>,
    is_sharded: bool,
}

impl KeyLayout {
    /// Returns the layout by date alone.
    pub fn by_date() -> Self {
        Self::default()
    }

    /// Returns the layout with a shard before the date.
    pub fn sharded() -> Self {
        Self {
            is_sharded: true,
            ..Self::default()
        }
    }

    /// Returns the layout with everything below `tenant`.
    #[must_use]
    pub fn with_tenant(mut self, tenant: Tenant) -> Self {
        self.tenant = Some(tenant);
        self
    }

    /// Returns the tenant, if there is one.
    pub fn tenant(&self) -> Option<&Tenant> {
        self.tenant.as_ref()
    }

    /// Tells whether a shard stands before the date.
    pub fn is_sharded(&self) -> bool {
        self.is_sharded
    }

    /// Writes what stands before the date of a picture's key, each segment with its slash.
    pub(super) fn prefix(&self, generation_id: &str, number: u8) -> String {
        let tenant = self.tenant.as_ref();
        let tenant = tenant.map(|name| format!("{TENANT_MARK}{name}/"));
        let shard = || format!("{}/", Shard::of(generation_id, number));
        let shard = self.is_sharded.then(shard);
        tenant.into_iter().chain(shard).collect()
    }
}

impl FromStr for KeyLayout {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        match name {
            "date" => Ok(Self::by_date()),
            "sharded" => Ok(Self::sharded()),
            _ => Err(NameError::new(name, "key layout", "write date or sharded")),
        }
    }
}

/// Returns the rule that a folder breaks when its last segment could be taken for a tenant or a shard.
pub(super) fn broken_folder_rule(folder: &str) -> Option<&'static str> {
    let last = folder.rsplit('/').next().unwrap_or_default();
    if looks_like_shard(last) {
        return Some("it must not end in a segment of two hexadecimal digits, which is a shard");
    }
    last.starts_with(TENANT_MARK)
        .then_some("its last segment must not begin with tenant-, which is a tenant")
}

fn looks_like_shard(segment: &str) -> bool {
    let hex = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
    segment.len() == 2 && segment.bytes().all(hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenants_keep_their_rules() {
        for name in ["acme", "a", "7-up", &"x".repeat(63)] {
            let tenant: Tenant = name.parse().unwrap();
            assert_eq!(Tenant::of_segment(&format!("tenant-{name}")), Some(tenant));
        }
        for name in ["", "Acme", "a/b", "a.b", "..", "ä", &*"x".repeat(64)] {
            assert!(name.parse::<Tenant>().is_err(), "{name:?}");
        }
        assert_eq!(Tenant::of_segment("acme"), None);
        assert_eq!(Tenant::of_segment("tenant-"), None);
    }

    #[test]
    fn a_shard_is_told_from_a_folder_that_looks_like_one() {
        // Fixed for ever: records hold keys with it.
        assert_eq!(Shard::of("abc", 1).to_string(), "d4");
        let shard = Shard::of("abc", 1);
        assert!(shard.is("d4"));
        for other in ["d5", "0d4", "6", "", "d4/", "tenant-68"] {
            assert!(!shard.is(other), "{other:?}");
        }
        assert_ne!(Shard::of("abc", 1), Shard::of("abc", 2));
    }

    #[test]
    fn layouts_are_read_from_their_names() {
        assert_eq!("date".parse(), Ok(KeyLayout::by_date()));
        assert_eq!("sharded".parse(), Ok(KeyLayout::sharded()));
        for name in ["", "Date", "tenant", "hash"] {
            assert!(name.parse::<KeyLayout>().is_err(), "{name:?}");
        }
    }
}
