//! Lengths of time in scripts, written as in settings: `150ms`, `2s`, `1h`.

use std::time::Duration;

use core_config::parse_duration;
use serde::{Deserialize, Deserializer, Serializer, de};

pub(super) fn serialize<S: Serializer>(span: &Duration, to: S) -> Result<S::Ok, S::Error> {
    // A span of whole seconds may have more milliseconds than can be read again.
    match span.subsec_nanos() {
        0 => to.serialize_str(&format!("{}s", span.as_secs())),
        _ => to.serialize_str(&format!("{}ms", span.as_millis())),
    }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(from)?;
    parse_duration(&text).map_err(|error| de::Error::custom(format!("{text:?}: {error}")))
}
