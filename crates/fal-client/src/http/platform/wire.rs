//! The JSON of FAL's platform. Source: its reference, `models/requests/by-endpoint` and `…/payloads`, 2026-08.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Endpoint, PayloadDeletion, RequestId, RequestPage, RequestRecord};

/// A page of requests.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Listed {
    pub(crate) items: Vec<Item>,
    #[serde(default)]
    pub(crate) next_cursor: Option<String>,
    #[serde(default)]
    pub(crate) has_more: bool,
}

/// One request of a page. Only its id is relied on to be there.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) request_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) endpoint_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sent_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ended_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) status_code: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) json_input: Option<Value>,
}

impl Listed {
    /// Returns the page, or `None` when it contradicts itself or names a request that cannot be one.
    ///
    /// Leaving such a request out could make another one look like the only match.
    pub(crate) fn into_page(self, asked: &Endpoint) -> Option<RequestPage> {
        let next_cursor = self.next_cursor.filter(|cursor| !cursor.is_empty());
        if self.has_more && next_cursor.is_none() {
            return None;
        }
        let items = self.items.into_iter();
        let requests = items
            .map(|item| item.into_record(asked))
            .collect::<Option<_>>()?;
        Some(RequestPage {
            requests,
            next_cursor,
        })
    }
}

impl Item {
    fn into_record(self, asked: &Endpoint) -> Option<RequestRecord> {
        Some(RequestRecord {
            request_id: RequestId::try_from(self.request_id).ok()?,
            endpoint: match self.endpoint_id {
                Some(endpoint) => endpoint.parse().ok()?,
                None => asked.clone(),
            },
            sent_at: self.sent_at.as_deref().and_then(moment),
            ended_at: self.ended_at.as_deref().and_then(moment),
            status_code: self.status_code,
            // An input is an object; anything else stands for one that is not told.
            input: self.json_input.filter(Value::is_object),
        })
    }
}

/// Reads a time, with its offset or, without one, in UTC.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    match DateTime::parse_from_rfc3339(text) {
        Ok(time) => Some(time.to_utc()),
        Err(_) => NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f")
            .ok()
            .map(|time| time.and_utc()),
    }
}

/// The answer to a delete.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Deleted {
    #[serde(default)]
    pub(crate) cdn_delete_results: Vec<DeletedFile>,
}

/// What became of one file.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeletedFile {
    pub(crate) link: String,
    #[serde(default)]
    pub(crate) exception: Option<Value>,
}

impl Deleted {
    pub(crate) fn into_deletion(self) -> PayloadDeletion {
        let results = self.cdn_delete_results.into_iter();
        let (gone, left): (Vec<_>, Vec<_>) =
            results.partition(|file| file.exception.as_ref().is_none_or(Value::is_null));
        PayloadDeletion::Deleted {
            files: gone.len(),
            left: left.into_iter().map(|file| file.link).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint() -> Endpoint {
        "fal-ai/imagen4/preview".parse().unwrap()
    }

    fn page(text: &str) -> Option<RequestPage> {
        serde_json::from_str::<Listed>(text)
            .ok()?
            .into_page(&endpoint())
    }

    #[test]
    fn a_recorded_page_is_read_and_written() {
        let recorded = include_str!("../../../tests/wire/platform/requests.json");
        let listed: Listed = serde_json::from_str(recorded).unwrap();
        let written = serde_json::to_value(&listed).unwrap();
        assert!(serde_json::from_value::<Listed>(written).unwrap() == listed);
        let page = listed.into_page(&endpoint()).unwrap();
        assert_eq!(page.next_cursor.as_deref(), Some("Mg=="));
        let [done, waiting] = &page.requests[..] else {
            panic!("two requests");
        };
        assert_eq!(done.status_code, Some(200));
        assert_eq!(
            done.sent_at.unwrap().to_rfc3339(),
            "2026-11-20T10:00:01+00:00"
        );
        assert_eq!(
            done.input.as_ref().unwrap()["prompt"],
            "a lighthouse at dawn"
        );
        assert!(waiting.ended_at.is_none() && waiting.input.is_none());
        assert!(
            waiting.sent_at.is_some(),
            "a time without an offset is in UTC"
        );
    }

    #[test]
    fn a_recorded_delete_is_read_and_written() {
        let recorded = include_str!("../../../tests/wire/platform/payload_deleted.json");
        let deleted: Deleted = serde_json::from_str(recorded).unwrap();
        let written = serde_json::to_value(&deleted).unwrap();
        assert_eq!(
            written,
            serde_json::from_str::<Value>(recorded).unwrap(),
            "nothing is lost on the way"
        );
        let PayloadDeletion::Deleted { files, left } = deleted.into_deletion() else {
            panic!("it is deleted");
        };
        assert_eq!((files, left.len()), (1, 1));
    }

    #[test]
    fn a_page_that_contradicts_itself_is_none() {
        assert!(page(r#"{"items":[],"next_cursor":null,"has_more":false}"#).is_some());
        assert!(page(r#"{"items":[]}"#).is_some());
        for bad in [
            r#"{"items":[],"next_cursor":null,"has_more":true}"#,
            r#"{"items":[{"request_id":"../x"}]}"#,
            r#"{"items":[{"request_id":"1","endpoint_id":"https://x"}]}"#,
            r#"{"items":{}}"#,
            r"{}",
            "[]",
        ] {
            assert!(page(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn an_input_that_is_no_object_is_not_told() {
        let page = page(r#"{"items":[{"request_id":"1","json_input":"canary"}]}"#).unwrap();
        assert_eq!(page.requests[0].input, None);
    }
}
