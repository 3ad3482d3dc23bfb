//! What a user wants to see of their gallery.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::days::{Days, UtcOffset};
use super::kind::GalleryKind;
use super::query::{GalleryQuery, RECENT};
use crate::AspectRatio;
use crate::catalogue::ModelId;

/// What a user wants to see of their gallery: all of it, unless something is asked for.
///
/// What is shown fulfils everything that is asked for. The JSON leaves out what is not; a field that is not known
/// is refused, since whoever wrote it wanted to see less.
///
/// # Examples
///
/// ```
/// use imagen4_domain::{Days, GalleryFilter, GalleryKind, UtcOffset};
///
/// let moscow = UtcOffset::from_minutes(180)?;
/// let filter = GalleryFilter::new().with_kind(GalleryKind::Imagen4).with_days(Days::Week, moscow);
/// let json = serde_json::to_value(&filter).unwrap();
/// assert_eq!(json, serde_json::json!({"kind": "imagen4", "days": {"range": "week", "utc_offset": 180}}));
/// # Ok::<(), imagen4_domain::InputError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GalleryFilter {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<GalleryKind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    model: Option<ModelId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    aspect_ratio: Option<AspectRatio>,
    #[serde(default, skip_serializing_if = "is_false")]
    favourites: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    recent: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    days: Option<DaysAt>,
}

/// Days of somebody with this offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DaysAt {
    range: Days,
    utc_offset: UtcOffset,
}

impl GalleryFilter {
    /// Returns the filter that shows everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Shows only what models of this kind made.
    #[must_use]
    pub fn with_kind(mut self, kind: GalleryKind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// Shows only what this model made, whichever was asked for.
    #[must_use]
    pub fn with_model(mut self, model: ModelId) -> Self {
        self.model = Some(model);
        self
    }

    /// Shows only pictures that were asked for in this shape.
    #[must_use]
    pub fn with_aspect_ratio(mut self, ratio: AspectRatio) -> Self {
        self.aspect_ratio = Some(ratio);
        self
    }

    /// Sets whether only favourites are shown.
    #[must_use]
    pub fn with_favourites(mut self, only: bool) -> Self {
        self.favourites = only;
        self
    }

    /// Sets whether only the newest [`RECENT`] of the whole gallery are shown; what else is asked for is looked
    /// for among them.
    #[must_use]
    pub fn with_recent(mut self, only: bool) -> Self {
        self.recent = only;
        self
    }

    /// Shows only what was asked for on these days of a user whose clock is ahead of UTC by `utc_offset`.
    #[must_use]
    pub fn with_days(mut self, days: Days, utc_offset: UtcOffset) -> Self {
        self.days = Some(DaysAt {
            range: days,
            utc_offset,
        });
        self
    }

    /// Shows any kind.
    #[must_use]
    pub fn without_kind(mut self) -> Self {
        self.kind = None;
        self
    }

    /// Shows all days.
    #[must_use]
    pub fn without_days(mut self) -> Self {
        self.days = None;
        self
    }

    /// Returns the kind that is asked for.
    pub fn kind(&self) -> Option<GalleryKind> {
        self.kind
    }

    /// Returns the model that is asked for.
    pub fn model(&self) -> Option<&ModelId> {
        self.model.as_ref()
    }

    /// Returns the shape that is asked for.
    pub fn aspect_ratio(&self) -> Option<AspectRatio> {
        self.aspect_ratio
    }

    /// Tells whether only favourites are shown.
    pub fn favourites(&self) -> bool {
        self.favourites
    }

    /// Tells whether only the newest are shown.
    pub fn recent(&self) -> bool {
        self.recent
    }

    /// Returns the days that are asked for.
    pub fn days(&self) -> Option<Days> {
        self.days.map(|days| days.range)
    }

    /// Returns what the record store is asked for when it is `now`: days have become times.
    pub fn at(&self, now: DateTime<Utc>) -> GalleryQuery {
        GalleryQuery {
            kind: self.kind,
            model: self.model.clone(),
            aspect_ratio: self.aspect_ratio,
            favourites: self.favourites,
            newest: self.recent.then_some(RECENT),
            created: self.days.map(|days| days.range.span(days.utc_offset, now)),
        }
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde gives a reference to the field"
)]
fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(json: &str) -> GalleryFilter {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn the_order_of_fields_changes_neither_filter_nor_hash() {
        let one = filter(
            r#"{"kind":"imagen4","favourites":true,"days":{"range":"today","utc_offset":-60}}"#,
        );
        let other = filter(
            r#"{"days":{"utc_offset":-60,"range":"today"},"favourites":true,"kind":"imagen4"}"#,
        );
        assert_eq!(one, other);
        let now = DateTime::from_timestamp(1_795_000_000, 0).unwrap();
        let hash = |filter: &GalleryFilter| cache::FilterHash::new(&filter.at(now), 7).unwrap();
        assert_eq!(hash(&one), hash(&other));
        assert_ne!(hash(&one), hash(&one.clone().with_recent(true)));
    }

    #[test]
    fn the_same_days_on_another_day_are_another_question() {
        let filter = filter(r#"{"days":{"range":"today","utc_offset":0}}"#);
        let morning = "2026-11-22T06:00:00Z".parse().unwrap();
        let evening = "2026-11-22T23:59:59Z".parse().unwrap();
        let midnight = "2026-11-23T00:00:00Z".parse().unwrap();
        assert_eq!(filter.at(morning), filter.at(evening));
        assert_ne!(filter.at(evening), filter.at(midnight));
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for json in [
            r#"{"favorites":true}"#,
            r#"{"kind":"avatar"}"#,
            r#"{"days":{"range":"today"}}"#,
            r#"{"days":{"range":"today","utc_offset":841}}"#,
            r#"{"days":{"range":"2026-01-01/2026-12-31","utc_offset":0}}"#,
        ] {
            assert!(
                serde_json::from_str::<GalleryFilter>(json).is_err(),
                "{json}"
            );
        }
        assert_eq!(filter("{}"), GalleryFilter::new());
    }
}
