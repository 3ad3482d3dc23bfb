//! Batches of a record, a list and a version are cut after each byte: what stands in the server is all old or all new.

use cache::testing::RedisServer;
use cache::{Batch, Cache, CacheKey, RecentList, Step};

use super::cuts::{Proxy, Way, fill, key as list, limits, over_a_cut, state};
use super::minute;

fn key(name: &str) -> CacheKey {
    CacheKey::new(format!("cut:{name}")).unwrap()
}

fn steps() -> [Step; 3] {
    [
        Step::Set {
            key: key("record"),
            value: "new".into(),
            ttl: minute(),
        },
        Step::Push {
            key: list(),
            id: "d".to_owned(),
            limits: limits(),
        },
        Step::Bump {
            key: key("version"),
            ttl: minute(),
        },
    ]
}

/// The record, the version, and the list with what is noted beside it.
type All = (String, String, (String, String, String));

fn all(server: &RedisServer) -> All {
    let record = server.ask(&["GET", "cut:record"]);
    let version = server.ask(&["GET", "cut:version"]);
    for name in ["cut:record", "cut:version"] {
        assert_ne!(server.ask(&["PTTL", name]), "-1", "{name}");
    }
    (record, version, state(server))
}

#[tokio::test]
async fn a_batch_that_is_cut_after_any_byte_is_all_old_or_all_new() {
    let is_new = |before: &All, after: &All| {
        after.0 == "new" && after.1 != before.1 && is_pushed(before, after)
    };
    cut_everywhere("a batch", &steps(), is_new, 200).await;
}

/// What the beginning of a generation tells the cache: its id first in the list, and the gallery's pages old.
#[tokio::test]
async fn a_push_with_a_bump_that_is_cut_after_any_byte_is_all_old_or_all_new() {
    let is_new = |before: &All, after: &All| {
        after.0 == before.0 && after.1 != before.1 && is_pushed(before, after)
    };
    cut_everywhere("a push with a bump", &steps()[1..], is_new, 150).await;
}

fn is_pushed(before: &All, after: &All) -> bool {
    after.2.0.contains("$1\r\nd\r\n$1\r\nc\r\n$1\r\nb") && after.2.2 != before.2.2
}

/// Cuts the connection after each byte of the exchange, in both ways; more than `least` cuts come before the server has
/// all of it.
async fn cut_everywhere(
    what: &str,
    steps: &[Step],
    is_new: impl Fn(&All, &All) -> bool,
    least: u32,
) {
    let server = RedisServer::start();
    let direct = super::patient(&server);
    fill(&direct).await;
    // The script is known to the server before the first cut, so that the exchange is one.
    direct.apply(steps).await.unwrap();
    let proxy = Proxy::before(&server).await;
    for way in [Way::ToServer, Way::ToClient] {
        let (mut old, mut new) = (0, 0);
        for bytes in 0.. {
            fill(&direct).await;
            direct
                .set(&key("record"), "old".into(), minute())
                .await
                .unwrap();
            let before = all(&server);
            let outcome = over_a_cut(&server, &proxy, way, bytes, async |cache| {
                cache.apply(steps).await
            });
            let acknowledged = outcome.await.is_ok();
            let after = all(&server);
            let (is_old, is_new) = (after == before, is_new(&before, &after));
            assert!(is_old != is_new, "{way:?} {bytes}: {before:?} {after:?}");
            (old, new) = (old + u32::from(is_old), new + u32::from(is_new));
            // The whole exchange went through before the cut.
            if acknowledged {
                assert!(is_new);
                break;
            }
        }
        println!("cuts of {what} {way:?}: {old} left all old, {new} all new, none mixed");
        assert!(new > 0);
        assert!(old > least || way == Way::ToClient);
    }
}

#[tokio::test]
async fn a_batch_is_one_command_of_the_server() {
    let server = RedisServer::start();
    let cache = super::patient(&server);
    fill(&cache).await;
    // The first batch tells the server the script.
    cache.apply(&steps()).await.unwrap();
    server.call(&["CONFIG", "RESETSTAT"]);
    cache.apply(&steps()).await.unwrap();
    let statistics = server.call(&["INFO", "commandstats"]);
    assert!(
        statistics.contains("cmdstat_evalsha:calls=1,"),
        "{statistics}"
    );
    for other in ["eval", "script|load", "multi", "exec"] {
        assert!(
            !statistics.contains(&format!("cmdstat_{other}:")),
            "{statistics}"
        );
    }
    let page = cache.page(&list(), 0, 3).await.unwrap().unwrap();
    assert_eq!(page.ids, ["d", "c", "b"]);
}
