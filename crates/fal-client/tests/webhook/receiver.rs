//! Keys that change, fetches that fail, and deliveries that come again.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use fal_client::{
    TimeSource,
    layer::Traced,
    webhook::{
        KeySource, KeysPolicy, MemoryReplayGuard, Received, WebhookErrorKind, WebhookReceiver,
    },
};
use futures_util::future::{join, join_all};
use tokio::time::{Instant, advance, sleep, timeout};

use crate::support::{OK, Published, USER, headers, now, signed};

pub(crate) fn receiver(source: &Arc<Published>) -> WebhookReceiver {
    // The layers are worn, so that every test here runs through them.
    let source = Arc::new(Traced::new(Arc::clone(source)));
    WebhookReceiver::new(source, Arc::new(Traced::new(MemoryReplayGuard::default())))
        .with_user_id(USER)
        .with_clock(TimeSource::new(now))
}

async fn receive(receiver: &WebhookReceiver, number: u8) -> Result<Received, WebhookErrorKind> {
    let headers = headers(&signed(number, OK.as_bytes(), now())).unwrap();
    let outcome = receiver.receive(&headers, OK.as_bytes()).await;
    outcome.map_err(|error| error.kind())
}

#[tokio::test(start_paused = true)]
async fn a_delivery_is_first_once_and_again_however_often() {
    let source = Published::of(&[1]);
    let receiver = receiver(&source);
    let Ok(Received::First(delivery)) = receive(&receiver, 1).await else {
        panic!("the first is the first");
    };
    assert_eq!(
        delivery.request_id.as_str(),
        "484ccb37-02f6-4a5a-9b8e-2d3b6a1d1a10"
    );
    for _ in 0..31 {
        assert_eq!(
            receive(&receiver, 1).await,
            Ok(Received::Again(delivery.clone()))
        );
    }
    receiver.forget(&delivery).await.unwrap();
    assert_eq!(receive(&receiver, 1).await, Ok(Received::First(delivery)));
    assert_eq!(source.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn of_many_at_once_one_is_first_and_the_keys_are_fetched_once() {
    let source = Published::of(&[1]);
    let receiver = receiver(&source);
    let all = join_all((0..50).map(|_| receive(&receiver, 1))).await;
    let first = all
        .iter()
        .filter(|one| matches!(one, Ok(Received::First(_))));
    assert_eq!(first.count(), 1);
    assert_eq!(source.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_new_key_is_fetched_when_a_signature_does_not_match() {
    let source = Published::of(&[1]);
    let receiver = receiver(&source);
    receive(&receiver, 1).await.unwrap();
    source.change(&[2, 1]);
    advance(Duration::from_mins(1)).await;
    receive(&receiver, 2).await.unwrap();
    assert_eq!(source.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn nonsense_makes_us_ask_for_keys_once_a_minute_and_no_more() {
    let source = Published::of(&[1]);
    let receiver = receiver(&source);
    receive(&receiver, 1).await.unwrap();
    for _ in 0..3 {
        advance(Duration::from_mins(1)).await;
        for _ in 0..100 {
            assert_eq!(
                receive(&receiver, 9).await,
                Err(WebhookErrorKind::BadSignature)
            );
        }
    }
    assert_eq!(source.asked(), 4);
    receive(&receiver, 1).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn keys_are_kept_for_their_life_and_never_beyond_a_day() {
    for (asked, kept) in [
        (Duration::from_hours(1), Duration::from_hours(1)),
        (Duration::from_hours(900), Duration::from_hours(24)),
    ] {
        let source = Published::of(&[1]);
        let receiver = receiver(&source).with_keys_policy(KeysPolicy::default().with_life(asked));
        receive(&receiver, 1).await.unwrap();
        // The key is withdrawn, and FAL cannot be reached.
        *source.set.lock().unwrap() = None;
        advance(kept.mul_f64(0.99)).await;
        receive(&receiver, 1).await.unwrap();
        advance(kept.mul_f64(0.01)).await;
        assert_eq!(
            receive(&receiver, 1).await,
            Err(WebhookErrorKind::Unavailable)
        );
        source.change(&[2]);
        advance(Duration::from_mins(1)).await;
        assert_eq!(
            receive(&receiver, 1).await,
            Err(WebhookErrorKind::BadSignature)
        );
        receive(&receiver, 2).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_does_not_come_or_gives_nonsense_is_unavailable() {
    #[derive(Debug)]
    struct Never;

    #[async_trait::async_trait]
    impl KeySource for Never {
        async fn fetch(&self) -> Result<Vec<u8>, fal_client::FalError> {
            std::future::pending().await
        }
    }

    let never = WebhookReceiver::new(Arc::new(Never), Arc::new(MemoryReplayGuard::default()))
        .with_clock(TimeSource::new(now));
    let start = Instant::now();
    assert_eq!(receive(&never, 1).await, Err(WebhookErrorKind::Unavailable));
    assert_eq!(start.elapsed().as_secs(), 10);

    let source = Published::of(&[1]);
    *source.set.lock().unwrap() = Some(b"<html>".to_vec());
    assert_eq!(
        receive(&receiver(&source), 1).await,
        Err(WebhookErrorKind::Unavailable)
    );
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_during_the_fetch_costs_nobody_the_keys() {
    let source = Published::of(&[1]);
    let receiver = receiver(&source);
    // Whoever sends nonsense and hangs up at once begins the fetch and drops it.
    let hung_up = timeout(Duration::from_millis(1), receive(&receiver, 9)).await;
    assert!(hung_up.is_err());
    receive(&receiver, 1).await.unwrap();
    assert_eq!(source.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn good_deliveries_do_not_wait_while_nonsense_makes_us_ask() {
    let source = Published::of(&[1]);
    let receiver = receiver(&source);
    receive(&receiver, 1).await.unwrap();
    advance(Duration::from_mins(1)).await;
    let good = async {
        // The fetch that the nonsense began takes 5 ms.
        sleep(Duration::from_millis(1)).await;
        let start = Instant::now();
        receive(&receiver, 1).await.unwrap();
        start.elapsed()
    };
    let (nonsense, waited) = join(receive(&receiver, 9), good).await;
    assert_eq!(nonsense, Err(WebhookErrorKind::BadSignature));
    assert_eq!((waited, source.asked()), (Duration::ZERO, 2));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_fals_reaches_neither_the_reader_nor_the_memory() {
    let source = Published::of(&[1]);
    let receiver = receiver(&source).with_max_body(OK.len());
    let stale = headers(&signed(1, OK.as_bytes(), now() - TimeDelta::hours(1))).unwrap();
    let error = receiver.receive(&stale, OK.as_bytes()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (WebhookErrorKind::OutOfTime, 401)
    );
    let bad = headers(&signed(1, b"{}", now())).unwrap();
    let error = receiver.receive(&bad, b"{}").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (WebhookErrorKind::BadBody, 400)
    );
    let large = vec![b' '; OK.len() + 1];
    let error = receiver.receive(&bad, &large).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (WebhookErrorKind::TooLarge, 413)
    );
    assert!(matches!(
        receive(&receiver, 1).await,
        Ok(Received::First(_))
    ));
}
