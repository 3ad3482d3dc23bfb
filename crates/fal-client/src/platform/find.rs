//! Finding a request again whose answer was lost, in the account's own list.

use std::{collections::BTreeSet, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::timeout;

use super::{FalPlatform, RequestQuery, RequestRecord};
use crate::{FalError, FalErrorKind, InputHash, Operation, RequestId, UnknownSubmit};

/// How far FAL's clock and ours may be apart.
const SKEW: TimeDelta = TimeDelta::minutes(2);

/// How many pages are read at most: 2,500 requests to one model around one submit.
const MAX_PAGES: usize = 25;

/// How long a search may take in all.
const LIMIT: Duration = Duration::from_mins(2);

/// What a search for a lost request found.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum LostSearch {
    /// This one: the only request to the model in the time whose input is the same.
    Found(RequestId),
    /// None. While a job may still be under way this is no proof: it may be listed once it has ended.
    NotFound,
    /// It cannot be told: these have the same input, or their input is not kept.
    /// Guessing could give one user the pictures of another, so nothing is chosen.
    Ambiguous(Vec<RequestId>),
    /// The list cannot be read, or not to its end. Nothing is known; search again.
    Unreachable(FalError),
}

/// Searches over any [`FalPlatform`].
#[async_trait]
pub trait FalPlatformExt: FalPlatform {
    /// Searches the account's requests for the one that a lost submit became.
    ///
    /// A request matches when it went to the same model, when FAL took it between the beginning of the submit and
    /// its end, give or take two minutes, and when its input has the same hash. One that bears the id of a broken
    /// answer matches without its input. Nothing is paid and nothing changes.
    ///
    /// # Cancellation
    ///
    /// Safe: nothing changes.
    async fn find_lost(&self, lost: &UnknownSubmit) -> LostSearch {
        self.find_lost_except(lost, &BTreeSet::new()).await
    }

    /// Searches as [`find_lost`](Self::find_lost), leaving out requests that are known to be others'.
    ///
    /// Two submits of the same input at the same time are told apart by it: the one whose id is known is `known`.
    async fn find_lost_except(
        &self,
        lost: &UnknownSubmit,
        known: &BTreeSet<RequestId>,
    ) -> LostSearch {
        let mut found = Candidates::new(lost, known);
        match timeout(LIMIT, read_all(self, &mut found)).await {
            Ok(Ok(())) => found.verdict(),
            Ok(Err(error)) => LostSearch::Unreachable(error),
            Err(_) => {
                LostSearch::Unreachable(FalError::new(FalErrorKind::TimedOut, Operation::List))
            }
        }
    }
}

impl<P: FalPlatform + ?Sized> FalPlatformExt for P {}

/// Reads the list to its end: one match proves nothing while another page may hold a second.
async fn read_all<P: FalPlatform + ?Sized>(
    platform: &P,
    found: &mut Candidates<'_>,
) -> Result<(), FalError> {
    let mut query = found.query();
    for _ in 0..MAX_PAGES {
        let page = platform.list_requests(&query).await?;
        page.requests
            .iter()
            .for_each(|record| found.consider(record));
        match page.next_cursor {
            None => return Ok(()),
            // A cursor that does not move would go round for ever.
            Some(cursor) if query.cursor.as_ref() == Some(&cursor) => break,
            Some(cursor) => query.cursor = Some(cursor),
        }
    }
    Err(FalError::new(FalErrorKind::Exhausted, Operation::List).with_endpoint(&query.endpoint))
}

/// The requests that may be the lost one.
#[derive(Debug)]
struct Candidates<'a> {
    lost: &'a UnknownSubmit,
    known: &'a BTreeSet<RequestId>,
    told: bool,
    same: BTreeSet<RequestId>,
    unreadable: BTreeSet<RequestId>,
}

impl<'a> Candidates<'a> {
    fn new(lost: &'a UnknownSubmit, known: &'a BTreeSet<RequestId>) -> Self {
        Self {
            lost,
            known,
            told: false,
            same: BTreeSet::new(),
            unreadable: BTreeSet::new(),
        }
    }

    /// Returns the query for the time of the submit.
    ///
    /// It has no end: FAL does not say which time its limits apply to, and a job that was sent in time may end at
    /// any time later.
    fn query(&self) -> RequestQuery {
        RequestQuery::new(self.lost.endpoint.clone(), self.lost.not_before - SKEW)
    }

    fn consider(&mut self, record: &RequestRecord) {
        let other = record.endpoint != self.lost.endpoint
            || self.known.contains(&record.request_id)
            || !self.is_in_time(record.sent_at);
        if other {
            return;
        }
        // The id in the head of a failed answer proves nothing until a request bears it.
        if self.lost.request_id.as_ref() == Some(&record.request_id) {
            self.told = true;
            return;
        }
        match &record.input {
            Some(input) if InputHash::of(input) == self.lost.input_hash => {
                self.same.insert(record.request_id.clone());
            }
            Some(_) => {}
            None => {
                self.unreadable.insert(record.request_id.clone());
            }
        }
    }

    /// Returns whether FAL took the request while ours was on its way; a request without a time may be any.
    fn is_in_time(&self, sent_at: Option<DateTime<Utc>>) -> bool {
        sent_at
            .is_none_or(|at| at >= self.lost.not_before - SKEW && at <= self.lost.not_after + SKEW)
    }

    fn verdict(self) -> LostSearch {
        if let (true, Some(id)) = (self.told, &self.lost.request_id) {
            return LostSearch::Found(id.clone());
        }
        let mut all = self.same;
        let only = all.len() == 1 && self.unreadable.is_empty();
        match all.pop_first() {
            Some(id) if only => LostSearch::Found(id),
            first => {
                let all: Vec<_> = first
                    .into_iter()
                    .chain(all)
                    .chain(self.unreadable)
                    .collect();
                if all.is_empty() {
                    LostSearch::NotFound
                } else {
                    LostSearch::Ambiguous(all)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
