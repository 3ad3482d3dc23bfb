//! How the values of a manifest are written.

use chrono::{DateTime, Datelike, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::pictures::format::ImageFormat;

/// Values that are their text.
pub(super) mod as_text {
    use std::fmt::Display;
    use std::str::FromStr;

    use super::{Deserialize, Deserializer, Error, Serializer};

    pub(in crate::pictures::manifest::document) fn serialize<T: Display, S: Serializer>(
        value: &T,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub(in crate::pictures::manifest::document) fn deserialize<'de, T, D>(
        from: D,
    ) -> Result<T, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// Formats by their extension.
pub(super) mod as_extension {
    use super::{Deserialize, Deserializer, Error, ImageFormat, Serializer};

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde's `with` gives a reference to the field"
    )]
    pub(in crate::pictures::manifest::document) fn serialize<S: Serializer>(
        format: &ImageFormat,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(format.extension())
    }

    pub(in crate::pictures::manifest::document) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<ImageFormat, D::Error> {
        let extension = String::deserialize(from)?;
        ImageFormat::of_extension(&extension).ok_or_else(|| D::Error::custom("no format"))
    }
}

/// Times as RFC 3339 in UTC, with as many digits as they have.
pub(super) mod time {
    use super::{DateTime, Deserialize, Deserializer, Error, SecondsFormat, Serializer, Utc};

    pub(in crate::pictures::manifest::document) fn serialize<S: Serializer>(
        time: &DateTime<Utc>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(&time.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }

    pub(in crate::pictures::manifest::document) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<DateTime<Utc>, D::Error> {
        let text = String::deserialize(from)?;
        let time = DateTime::parse_from_rfc3339(&text).map_err(D::Error::custom)?;
        Ok(time.to_utc())
    }
}

/// Times that may be absent.
pub(super) mod optional_time {
    use super::{DateTime, Deserialize, Deserializer, Serialize, Serializer, Utc};

    #[derive(Serialize, Deserialize)]
    struct Time(#[serde(with = "super::time")] DateTime<Utc>);

    #[expect(
        clippy::ref_option,
        reason = "serde's `with` gives a reference to the field"
    )]
    pub(in crate::pictures::manifest::document) fn serialize<S: Serializer>(
        time: &Option<DateTime<Utc>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        time.map(Time).serialize(to)
    }

    pub(in crate::pictures::manifest::document) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<DateTime<Utc>>, D::Error> {
        Ok(Option::<Time>::deserialize(from)?.map(|Time(time)| time))
    }
}

/// Tells whether a time has a text that reads as the same time: RFC 3339 has the years 0 to 9999.
pub(super) fn can_be_read_back(time: Option<DateTime<Utc>>) -> bool {
    time.is_none_or(|time| (0..=9999).contains(&time.year()))
}
