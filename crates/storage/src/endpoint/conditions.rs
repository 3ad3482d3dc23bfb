//! The conditions of a get or head.

use s3s::dto::{ETag, ETagCondition, GetObjectInput, HeadObjectInput, Timestamp};
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

use super::convert::{etag, set_header, timestamp};
use crate::object::ObjectInfo;

/// What a request asks of the object before it wants to see it (RFC 9110, section 13).
#[derive(Debug)]
pub(super) struct Conditions {
    tag_is: Option<ETagCondition>,
    tag_is_not: Option<ETagCondition>,
    changed_since: Option<Timestamp>,
    unchanged_since: Option<Timestamp>,
}

impl Conditions {
    pub(super) fn of_get(input: &GetObjectInput) -> Self {
        Self {
            tag_is: input.if_match.clone(),
            tag_is_not: input.if_none_match.clone(),
            changed_since: input.if_modified_since.clone(),
            unchanged_since: input.if_unmodified_since.clone(),
        }
    }

    pub(super) fn of_head(input: &HeadObjectInput) -> Self {
        Self {
            tag_is: input.if_match.clone(),
            tag_is_not: input.if_none_match.clone(),
            changed_since: input.if_modified_since.clone(),
            unchanged_since: input.if_unmodified_since.clone(),
        }
    }

    /// Checks the conditions in the order of the RFC: an entity tag outweighs a date.
    pub(super) fn check(&self, info: &ObjectInfo) -> S3Result<()> {
        let modified = info.last_modified.map(timestamp);
        let later_than = |limit: &Timestamp| modified.as_ref().is_some_and(|time| time > limit);
        let refused = match (&self.tag_is, &self.unchanged_since) {
            (Some(condition), _) => !matches(condition, info),
            (None, Some(limit)) => later_than(limit),
            (None, None) => false,
        };
        if refused {
            return Err(s3_error!(PreconditionFailed));
        }
        let unchanged = match (&self.tag_is_not, &self.changed_since) {
            (Some(condition), _) => matches(condition, info),
            (None, Some(limit)) => modified.is_some() && !later_than(limit),
            (None, None) => false,
        };
        if unchanged {
            return Err(not_modified(info));
        }
        Ok(())
    }
}

fn matches(condition: &ETagCondition, info: &ObjectInfo) -> bool {
    match condition.as_etag() {
        None => true,
        Some(wanted) => etag(info).is_some_and(|etag: ETag| etag.weak_cmp(wanted)),
    }
}

fn not_modified(info: &ObjectInfo) -> S3Error {
    let mut error = S3Error::new(S3ErrorCode::NotModified);
    if let Some(etag) = etag(info) {
        set_header(&mut error, "etag", &format!("\"{}\"", etag.value()));
    }
    error
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::object::Metadata;

    fn check(conditions: &Conditions) -> Option<String> {
        let info = ObjectInfo {
            size_bytes: 1,
            content_type: None,
            etag: Some("a".to_owned()),
            last_modified: DateTime::from_timestamp(1000, 0),
            sha256: None,
            metadata: Metadata::new(),
        };
        let error = conditions.check(&info).err()?;
        Some(error.code().as_str().to_owned())
    }

    fn none() -> Conditions {
        Conditions {
            tag_is: None,
            tag_is_not: None,
            changed_since: None,
            unchanged_since: None,
        }
    }

    fn tag(text: &str) -> Option<ETagCondition> {
        ETagCondition::parse_http_header(text.as_bytes()).ok()
    }

    fn at(seconds: i64) -> Option<Timestamp> {
        DateTime::from_timestamp(seconds, 0).map(timestamp)
    }

    #[test]
    fn entity_tags_are_compared() {
        assert_eq!(check(&none()), None);
        for (text, expected) in [
            ("\"a-1\"", Some("NotModified")),
            ("*", Some("NotModified")),
            ("\"b\"", None),
        ] {
            let conditions = Conditions {
                tag_is_not: tag(text),
                ..none()
            };
            assert_eq!(check(&conditions).as_deref(), expected, "{text}");
        }
        let conditions = Conditions {
            tag_is: tag("\"b\""),
            ..none()
        };
        assert_eq!(check(&conditions).as_deref(), Some("PreconditionFailed"));
    }

    #[test]
    fn dates_are_compared() {
        for (since, expected) in [(999, None), (1000, Some("NotModified"))] {
            let conditions = Conditions {
                changed_since: at(since),
                ..none()
            };
            assert_eq!(check(&conditions).as_deref(), expected);
        }
        for (since, expected) in [(999, Some("PreconditionFailed")), (1000, None)] {
            let conditions = Conditions {
                unchanged_since: at(since),
                ..none()
            };
            assert_eq!(check(&conditions).as_deref(), expected);
        }
    }
}
