//! What is found, what is not, and what cannot be told.

use std::sync::Mutex;

use serde_json::{Value, json};

use super::*;
use crate::{Endpoint, PayloadDeletion, RequestPage};

/// A platform with scripted pages.
#[derive(Debug)]
struct Pages {
    pages: Vec<Result<RequestPage, FalError>>,
    asked: Mutex<Vec<RequestQuery>>,
}

impl Pages {
    fn new(pages: impl IntoIterator<Item = Vec<RequestRecord>>) -> Self {
        let mut pages: Vec<_> = pages.into_iter().collect();
        let last = pages.len().saturating_sub(1);
        let page = |(index, requests)| {
            let next_cursor = (index < last).then(|| format!("page-{}", index + 1));
            Ok(RequestPage {
                requests,
                next_cursor,
            })
        };
        Self {
            pages: pages.drain(..).enumerate().map(page).collect(),
            asked: Mutex::default(),
        }
    }
}

#[async_trait]
impl FalPlatform for Pages {
    async fn list_requests(&self, query: &RequestQuery) -> Result<RequestPage, FalError> {
        let mut asked = self.asked.lock().unwrap();
        asked.push(query.clone());
        self.pages[asked.len() - 1].clone()
    }

    async fn delete_payload(&self, _: &RequestId) -> Result<PayloadDeletion, FalError> {
        panic!("no delete is expected")
    }
}

fn start() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

fn endpoint() -> Endpoint {
    "fal-ai/imagen4/preview".parse().unwrap()
}

fn input() -> Value {
    json!({ "prompt": "a lighthouse", "seed": 17 })
}

fn lost() -> UnknownSubmit {
    let end = start() + TimeDelta::seconds(30);
    UnknownSubmit::new(endpoint(), InputHash::of(&input()), start(), end)
}

fn record(id: &str) -> RequestRecord {
    RequestRecord {
        request_id: id.parse().unwrap(),
        endpoint: endpoint(),
        sent_at: Some(start() + TimeDelta::seconds(5)),
        ended_at: None,
        status_code: None,
        input: Some(input()),
    }
}

fn ids(names: &[&str]) -> Vec<RequestId> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

/// Returns what a search over one page finds, as ids: one that is found, or those it cannot choose among.
async fn search(records: Vec<RequestRecord>) -> Result<Vec<RequestId>, Vec<RequestId>> {
    match Pages::new([records]).find_lost(&lost()).await {
        LostSearch::Found(id) => Ok(vec![id]),
        LostSearch::NotFound => Ok(Vec::new()),
        LostSearch::Ambiguous(ids) => Err(ids),
        LostSearch::Unreachable(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn the_only_request_with_the_same_input_in_the_time_is_found() {
    let mut reordered = record("mine");
    reordered.input = Some(json!({ "seed": 17.0, "prompt": "a lighthouse" }));
    let mut other = record("other");
    other.input = Some(json!({ "prompt": "a lighthouse", "seed": 18 }));
    assert_eq!(search(vec![other, reordered]).await, Ok(ids(&["mine"])));
}

#[tokio::test]
async fn another_model_another_time_and_another_input_are_not_it() {
    let at = |offset: TimeDelta| RequestRecord {
        sent_at: Some(start() + offset),
        ..record("late")
    };
    let mut elsewhere = record("elsewhere");
    elsewhere.endpoint = "fal-ai/imagen4/preview/fast".parse().unwrap();
    let early = at(-SKEW - TimeDelta::milliseconds(1));
    let late = at(TimeDelta::seconds(30) + SKEW + TimeDelta::milliseconds(1));
    assert_eq!(search(vec![elsewhere, early, late]).await, Ok(Vec::new()));
    for edge in [-SKEW, TimeDelta::seconds(30) + SKEW] {
        assert_eq!(search(vec![at(edge)]).await, Ok(ids(&["late"])));
    }
}

#[tokio::test]
async fn two_that_match_are_not_chosen_between_unless_one_is_known() {
    let records = || vec![record("a"), record("b")];
    assert_eq!(search(records()).await, Err(ids(&["a", "b"])));
    let known = BTreeSet::from(["a".parse().unwrap()]);
    let found = Pages::new([records()])
        .find_lost_except(&lost(), &known)
        .await;
    assert!(
        matches!(&found, LostSearch::Found(id) if id.as_str() == "b"),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_request_whose_input_or_time_is_not_told_may_be_it_and_is_named() {
    let blank = RequestRecord {
        input: None,
        ..record("blank")
    };
    assert_eq!(search(vec![blank.clone()]).await, Err(ids(&["blank"])));
    assert_eq!(
        search(vec![record("a"), blank]).await,
        Err(ids(&["a", "blank"]))
    );
    let timeless = RequestRecord {
        sent_at: None,
        ..record("b")
    };
    assert_eq!(
        search(vec![record("a"), timeless]).await,
        Err(ids(&["a", "b"]))
    );
}

#[tokio::test]
async fn every_page_is_read_and_one_request_on_two_pages_is_one() {
    let platform = Pages::new([vec![record("a")], vec![], vec![record("a")]]);
    let found = platform.find_lost(&lost()).await;
    assert!(matches!(found, LostSearch::Found(_)), "{found:?}");
    let asked = platform.asked.lock().unwrap().clone();
    let cursors: Vec<_> = asked.iter().map(|query| query.cursor.as_deref()).collect();
    assert_eq!(cursors, [None, Some("page-1"), Some("page-2")]);
    assert!(asked.iter().all(|query| {
        query.since == start() - SKEW && query.until.is_none() && query.with_inputs
    }));

    let platform = Pages::new([vec![record("a")], vec![record("b")]]);
    let found = platform.find_lost(&lost()).await;
    assert!(matches!(found, LostSearch::Ambiguous(_)), "{found:?}");
}

#[tokio::test]
async fn a_list_that_cannot_be_read_to_its_end_proves_nothing() {
    let endless = Pages::new((0..30).map(|_| vec![]));
    let found = endless.find_lost(&lost()).await;
    assert!(
        matches!(&found, LostSearch::Unreachable(error) if error.kind() == FalErrorKind::Exhausted)
    );
    assert_eq!(endless.asked.lock().unwrap().len(), MAX_PAGES);

    let mut stuck = Pages::new([vec![record("a")], vec![], vec![]]);
    for page in stuck.pages.iter_mut().flatten() {
        page.next_cursor = Some("same".to_owned());
    }
    let found = stuck.find_lost(&lost()).await;
    assert!(matches!(found, LostSearch::Unreachable(_)), "{found:?}");
    assert_eq!(stuck.asked.lock().unwrap().len(), 2);

    let mut down = Pages::new([vec![]]);
    down.pages = vec![Err(FalError::new(
        FalErrorKind::Unauthorized,
        Operation::List,
    ))];
    let found = down.find_lost(&lost()).await;
    assert!(
        matches!(&found, LostSearch::Unreachable(error) if error.kind() == FalErrorKind::Unauthorized)
    );
}

#[tokio::test]
async fn the_id_of_a_broken_answer_counts_once_a_request_bears_it() {
    let id: RequestId = "told".parse().unwrap();
    let lost = lost().with_request_id(Some(&id));
    let blank = RequestRecord {
        input: None,
        ..record("told")
    };
    let found = Pages::new([vec![record("a"), blank]])
        .find_lost(&lost)
        .await;
    assert!(
        matches!(&found, LostSearch::Found(found) if *found == id),
        "{found:?}"
    );
    let found = Pages::new([vec![]]).find_lost(&lost).await;
    assert!(matches!(found, LostSearch::NotFound), "{found:?}");
}
