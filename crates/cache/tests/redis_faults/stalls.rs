//! Short silences of the server: callers may meet one, and nobody is refused because of it.

use std::time::Duration;

use cache::Cache;
use cache::testing::RedisServer;
use futures_util::future::join_all;
use tokio::time::{Instant, sleep};

use super::{cache, eventually, key};

const STALL: Duration = Duration::from_millis(130);
/// What the breaker has to bear; on a busy machine a stall of ours may last longer than we wanted.
const BEARABLE: Duration = Duration::from_millis(220);

/// A refusal comes at once; whoever waited was not refused.
const AT_ONCE: Duration = Duration::from_millis(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stall_of_130_ms_each_second_refuses_nobody() {
    let server = RedisServer::start();
    let cache = cache(&server);
    let (mut stalls, mut calls, mut failed, mut refused) = (0, 0, 0, 0);
    for _ in 0..20 {
        eventually("answers", async || cache.get(&key()).await.is_ok()).await;
        let start = Instant::now();
        server.freeze();
        let callers: Vec<_> = (0..32)
            .map(|_| tokio::spawn(calls_for(cache.clone(), STALL * 2)))
            .collect();
        sleep(STALL).await;
        server.thaw();
        let lasted = start.elapsed();
        let met: Vec<_> = join_all(callers)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        if lasted < BEARABLE {
            stalls += 1;
            for (all, errors, at_once) in met {
                calls += all;
                failed += errors;
                refused += at_once;
            }
        }
        if stalls == 4 {
            break;
        }
        sleep(Duration::from_secs(1).saturating_sub(start.elapsed())).await;
    }
    println!(
        "{stalls} stalls of {STALL:?}: {calls} calls, {failed} failed, {refused} refused without a try"
    );
    assert!(
        stalls > 0,
        "this machine is too busy for a stall of {STALL:?}"
    );
    assert_eq!(refused, 0);
}

/// Calls again and again for so long; returns all calls, failed ones, and those that failed at once.
async fn calls_for(cache: cache::redis::RedisCache, time: Duration) -> (u64, u64, u64) {
    let (mut all, mut failed, mut refused) = (0, 0, 0);
    let begin = Instant::now();
    while begin.elapsed() < time {
        let start = Instant::now();
        let outcome = cache.get(&key()).await;
        all += 1;
        if outcome.is_err() {
            failed += 1;
            refused += u64::from(start.elapsed() < AT_ONCE);
        }
        sleep(Duration::from_millis(1)).await;
    }
    (all, failed, refused)
}
