//! The platform of a scripted queue: it lists what was accepted.

use async_trait::async_trait;

use super::{ScriptedFalQueue, State};
use crate::{
    FalError, FalPlatform, Operation, PayloadDeletion, RequestId, RequestPage, RequestQuery,
    RequestRecord,
};

#[async_trait]
impl FalPlatform for ScriptedFalQueue {
    async fn list_requests(&self, query: &RequestQuery) -> Result<RequestPage, FalError> {
        self.call(Operation::List, |state| Ok(state.page(query)))
    }

    async fn delete_payload(&self, request_id: &RequestId) -> Result<PayloadDeletion, FalError> {
        self.call(Operation::DeletePayload, |state| {
            Ok(match state.jobs.get_mut(request_id) {
                Some(job) if !job.is_deleted => {
                    job.is_deleted = true;
                    PayloadDeletion::Deleted {
                        files: 0,
                        left: Vec::new(),
                    }
                }
                _ => PayloadDeletion::AlreadyGone,
            })
        })
    }
}

impl State {
    /// Returns one page; the cursor is the number of requests before it.
    fn page(&self, query: &RequestQuery) -> RequestPage {
        let start = query.cursor.as_deref().and_then(|text| text.parse().ok());
        let (start, limit) = (start.unwrap_or(0), usize::from(query.limit.max(1)));
        let all: Vec<_> = self.records(query);
        let requests: Vec<_> = all.iter().skip(start).take(limit).cloned().collect();
        let end = start + requests.len();
        RequestPage {
            requests,
            next_cursor: (end < all.len()).then(|| end.to_string()),
        }
    }

    fn records(&self, query: &RequestQuery) -> Vec<RequestRecord> {
        let jobs = self.jobs.iter().filter_map(|(id, job)| {
            let (endpoint, input, options) = self.submitted.get(job.number)?;
            let is_kept = !options.no_store_io() && !job.is_deleted;
            Some(RequestRecord {
                request_id: id.clone(),
                endpoint: endpoint.clone(),
                sent_at: Some(job.accepted_at),
                ended_at: None,
                status_code: None,
                input: (is_kept && query.with_inputs).then(|| input.clone()),
            })
        });
        let is_asked = |record: &RequestRecord| {
            let in_time = |at| at >= query.since && query.until.is_none_or(|until| at < until);
            record.endpoint == query.endpoint && record.sent_at.is_some_and(in_time)
        };
        jobs.filter(is_asked).collect()
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};
    use serde_json::json;

    use super::*;
    use crate::{
        Endpoint, FalErrorKind, FalPlatformExt, FalQueue, InputHash, LostSearch, SubmitOptions,
        TimeSource, UnknownSubmit,
    };

    fn now() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
    }

    #[tokio::test]
    async fn a_submit_whose_answer_was_lost_is_listed_and_found() {
        let queue = ScriptedFalQueue::default().with_clock(TimeSource::new(now));
        let endpoint: Endpoint = "fal-ai/imagen4/preview".parse().unwrap();
        let (input, options) = (json!({ "prompt": "a cat" }), SubmitOptions::default());
        let lost = FalError::new(FalErrorKind::Unacknowledged, Operation::Submit);
        queue.lose_next(Operation::Submit, lost);
        queue.submit(&endpoint, &input, &options).await.unwrap_err();
        for seed in 0..3 {
            let other = json!({ "prompt": "a cat", "seed": seed });
            queue.submit(&endpoint, &other, &options).await.unwrap();
        }

        let mut query = RequestQuery::new(endpoint.clone(), now());
        query.limit = 3;
        let first = queue.list_requests(&query).await.unwrap();
        query.cursor = first.next_cursor;
        let second = queue.list_requests(&query).await.unwrap();
        assert_eq!((first.requests.len(), second.requests.len()), (3, 1));
        assert_eq!(second.next_cursor, None);

        let lost = UnknownSubmit::new(endpoint, InputHash::of(&input), now(), now());
        let LostSearch::Found(id) = queue.find_lost(&lost).await else {
            panic!("it is the only one with this input");
        };
        let deleted = queue.delete_payload(&id).await.unwrap();
        assert_ne!(deleted, PayloadDeletion::AlreadyGone);
        let again = queue.delete_payload(&id).await.unwrap();
        assert_eq!(again, PayloadDeletion::AlreadyGone);
        let found = queue.find_lost(&lost).await;
        assert!(matches!(found, LostSearch::Ambiguous(_)), "{found:?}");
    }
}
