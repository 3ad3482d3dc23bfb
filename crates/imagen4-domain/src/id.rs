//! Who asked, and which generation is meant.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use storage::Sha256Digest;
use uuid::{NoContext, Timestamp, Uuid};

use crate::InputError;

/// The name of a generation: a UUID of version 7, written in lower case with hyphens.
///
/// Names sort like the times of their creation, to the millisecond.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GenerationId(Uuid);

impl GenerationId {
    /// No name sorts before it, and no generation has it.
    pub(crate) const BEFORE_ALL: Self = Self(Uuid::nil());

    /// Returns a new name for a generation that begins `now`.
    pub fn new(now: DateTime<Utc>) -> Self {
        // Before 1970 no generation begins; a clock that says so gets the first names there are.
        let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
        let time = Timestamp::from_unix(NoContext, seconds, now.timestamp_subsec_nanos());
        Self(Uuid::new_v7(time))
    }

    /// Returns the name with these bytes, if they are those of one.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let uuid = Uuid::from_slice(bytes).ok()?;
        (uuid.get_version_num() == 7).then_some(Self(uuid))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Returns the name of a generation that an earlier program called `name`: always the same for the same
    /// user, name and time, and in the order of the times.
    pub(crate) fn of_earlier(owner: &UserId, name: &str, created_at: DateTime<Utc>) -> Self {
        let digest = Sha256Digest::of(format!("{owner}\n{name}").as_bytes());
        let mut chance = [0; 10];
        chance.copy_from_slice(&digest.as_bytes()[..10]);
        let millis = u64::try_from(created_at.timestamp_millis()).unwrap_or(0);
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &chance).into_uuid())
    }
}

impl FromStr for GenerationId {
    type Err = InputError;

    fn from_str(text: &str) -> Result<Self, InputError> {
        let wrong = || InputError::new("id", "must be a UUID of version 7 with hyphens");
        if text.len() != 36 {
            return Err(wrong());
        }
        match Uuid::try_parse(text) {
            Ok(uuid) if uuid.get_version_num() == 7 => Ok(Self(uuid)),
            _ => Err(wrong()),
        }
    }
}

impl TryFrom<String> for GenerationId {
    type Error = InputError;

    fn try_from(text: String) -> Result<Self, InputError> {
        text.parse()
    }
}

impl From<GenerationId> for String {
    fn from(id: GenerationId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for GenerationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.hyphenated())
    }
}

impl fmt::Debug for GenerationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GenerationId({self})")
    }
}

/// The name of a user, as the program around us knows them.
///
/// - 1 to 64 of ASCII letters, digits, `_`, `.`, `:`, `-`
/// - so never a brace, which would choose the node in Redis Cluster, and never white space
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserId(String);

impl UserId {
    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UserId {
    type Err = InputError;

    fn from_str(text: &str) -> Result<Self, InputError> {
        let lawful = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
        if !(1..=64).contains(&text.len()) || !text.bytes().all(lawful) {
            let rule = "must be 1 to 64 ASCII letters, digits, '_', '.', ':' or '-'";
            return Err(InputError::new("user_id", rule));
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for UserId {
    type Error = InputError;

    fn try_from(text: String) -> Result<Self, InputError> {
        text.parse()
    }
}

impl From<UserId> for String {
    fn from(id: UserId) -> Self {
        id.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserId({:?})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_from_their_text_and_sort_by_time() {
        let early = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let first = GenerationId::new(early);
        let second = GenerationId::new(early + chrono::TimeDelta::milliseconds(1));
        assert!(first < second && first.to_string() < second.to_string());
        assert_eq!(first.to_string().parse(), Ok(first));
        assert_ne!(GenerationId::new(early), first);
    }

    #[test]
    fn a_generation_of_an_earlier_program_has_one_name_for_ever() {
        let at = DateTime::from_timestamp(1_735_787_045, 0).unwrap();
        let owner: UserId = "42".parse().unwrap();
        let name = GenerationId::of_earlier(&owner, "17", at);
        assert_eq!(name.to_string(), "019424f8-6088-7138-9cd3-1b14189913c6");
        assert_eq!(name.to_string().parse(), Ok(name));
        for other in [
            GenerationId::of_earlier(&owner, "18", at),
            GenerationId::of_earlier(&"4".parse().unwrap(), "217", at),
            GenerationId::of_earlier(&owner, "17", at + chrono::TimeDelta::seconds(1)),
        ] {
            assert_ne!(other, name);
        }
    }

    #[test]
    fn only_version_seven_with_hyphens_is_a_name() {
        for text in [
            "",
            "17",
            "484ccb37-02f6-4a5a-9b8e-2d3b6a1d1a10",
            "0192f0c1d2e37abc8def0123456789ab",
            "../../../../../../../../etc/passwd....",
        ] {
            assert_eq!(text.parse::<GenerationId>().unwrap_err().field(), "id");
        }
        let upper = "0192F0C1-D2E3-7ABC-8DEF-0123456789AB".parse::<GenerationId>();
        assert_eq!(
            upper.unwrap().to_string(),
            "0192f0c1-d2e3-7abc-8def-0123456789ab"
        );
    }

    #[test]
    fn users_have_plain_names() {
        for text in ["7", "tg:12345", "a.b_c-D", &*"x".repeat(64)] {
            assert_eq!(text.parse::<UserId>().unwrap().as_str(), text);
        }
        for text in ["", " a", "a{b}", "a/b", "ü", "a\n", &*"x".repeat(65)] {
            assert_eq!(
                text.parse::<UserId>().unwrap_err().field(),
                "user_id",
                "{text:?}"
            );
        }
    }
}
