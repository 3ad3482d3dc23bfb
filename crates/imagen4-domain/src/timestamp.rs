//! How times are written: RFC 3339 in UTC with microseconds and `Z`.

use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};
use serde::{Deserialize, Deserializer, Serializer, de::Error};

/// Returns `time` to the microsecond, so that it equals what is read back from its text.
pub(crate) fn truncate(time: DateTime<Utc>) -> DateTime<Utc> {
    time.trunc_subsecs(6)
}

/// Returns the text of `time`; texts of one width sort like their times.
pub(crate) fn text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Writes a time for serde.
pub(crate) fn serialize<S: Serializer>(time: &DateTime<Utc>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&text(*time))
}

/// Reads a time for serde; any offset is taken and turned into UTC.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<DateTime<Utc>, D::Error> {
    let text = String::deserialize(from)?;
    match DateTime::parse_from_rfc3339(&text) {
        Ok(time) => Ok(truncate(time.to_utc())),
        Err(error) => Err(D::Error::custom(error)),
    }
}
