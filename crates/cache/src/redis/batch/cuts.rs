//! On a Cluster a batch is cut between any two of its pieces: readers find all old or all new, and misses.
#![expect(clippy::unwrap_used, reason = "the helpers of tests panic as tests do")]

use bytes::Bytes;

use super::part;
use crate::redis::{RedisCache, RedisSettings};
use crate::testing::RedisCluster;
use crate::{Batch, Cache, CacheKey, ListLimits, RecentList, Step, Ttl};

/// What a reader finds under each key.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    record: Option<Bytes>,
    other: Option<Bytes>,
    list: Option<Vec<String>>,
    shorter: Option<Vec<String>>,
    version: u64,
}

struct Keys {
    record: CacheKey,
    other: CacheKey,
    list: CacheKey,
    shorter: CacheKey,
    version: CacheKey,
    removed: CacheKey,
}

fn keys() -> Keys {
    let key = |name: &str| CacheKey::new(format!("cut:{name}")).unwrap();
    Keys {
        record: key("record"),
        other: key("other"),
        list: key("list"),
        shorter: key("shorter"),
        version: key("version"),
        removed: key("removed"),
    }
}

fn limits() -> ListLimits {
    ListLimits {
        cap: 3.try_into().unwrap(),
        ttl: Ttl::MAX,
    }
}

fn steps(keys: &Keys) -> [Step; 6] {
    let set = |key: &CacheKey| Step::Set {
        key: key.clone(),
        value: "new".into(),
        ttl: Ttl::MAX,
    };
    [
        set(&keys.record),
        Step::Push {
            key: keys.list.clone(),
            id: "d".to_owned(),
            limits: limits(),
        },
        Step::Bump {
            key: keys.version.clone(),
            ttl: Ttl::MAX,
        },
        Step::Remove {
            key: keys.shorter.clone(),
            id: "b".to_owned(),
            limits: limits(),
        },
        Step::Delete {
            key: keys.removed.clone(),
        },
        set(&keys.other),
    ]
}

async fn fill(cache: &RedisCache, key: &CacheKey) {
    let token = cache.token(key).await.unwrap();
    let ids = ["c", "b", "a"].map(str::to_owned);
    assert!(cache.fill(key, &token, &ids, &limits()).await.unwrap());
}

async fn make_old(cache: &RedisCache, keys: &Keys) {
    for key in [&keys.record, &keys.other, &keys.removed] {
        cache.set(key, "old".into(), Ttl::MAX).await.unwrap();
    }
    fill(cache, &keys.list).await;
    fill(cache, &keys.shorter).await;
    cache.bump(&keys.version, Ttl::MAX).await.unwrap();
}

async fn look(cache: &RedisCache, keys: &Keys) -> Seen {
    let list = async |key| {
        let page = cache.page(key, 0, 3).await.unwrap();
        page.map(|page| page.ids)
    };
    let version = cache.get(&keys.version).await.unwrap().unwrap();
    Seen {
        record: cache.get(&keys.record).await.unwrap(),
        other: cache.get(&keys.other).await.unwrap(),
        list: list(&keys.list).await,
        shorter: list(&keys.shorter).await,
        version: std::str::from_utf8(&version).unwrap().parse().unwrap(),
    }
}

/// Whether each key that is no miss is in the state of `whole`; a raised version is a miss of what was kept.
fn is_part_of(seen: &Seen, whole: &Seen) -> bool {
    let values = [(&seen.record, &whole.record), (&seen.other, &whole.other)];
    let lists = [(&seen.list, &whole.list), (&seen.shorter, &whole.shorter)];
    values
        .iter()
        .all(|(seen, whole)| seen.is_none() || seen == whole)
        && lists
            .iter()
            .all(|(seen, whole)| seen.is_none() || seen == whole)
}

fn patient(cluster: &RedisCluster) -> RedisCache {
    let limit = std::time::Duration::from_secs(20);
    let nodes = cluster.servers().iter();
    let settings = RedisSettings::cluster(nodes.map(|server| ("127.0.0.1", server.port())))
        .with_call_limit(limit)
        .with_response_limit(limit)
        .with_connect_limit(limit);
    RedisCache::new(settings).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_between_any_two_pieces_leaves_all_old_or_all_new_and_misses() {
    let cluster = tokio::task::spawn_blocking(RedisCluster::start);
    let cluster = cluster.await.unwrap();
    let (cache, keys) = (patient(&cluster), keys());
    make_old(&cache, &keys).await;
    let old = look(&cache, &keys).await;
    cache.apply(&steps(&keys)).await.unwrap();
    let new = look(&cache, &keys).await;
    assert!(new.version > old.version);
    assert_eq!(new.list.as_deref().unwrap(), ["d", "c", "b"]);
    assert_eq!(new.shorter.as_deref().unwrap(), ["c", "a"]);

    let steps = steps(&keys);
    let count = part::pieces(&steps).len();
    // Two steps are done whole, and one of the four that are seen; the other three in two halves.
    assert_eq!(count, 9);
    let (mut olds, mut news) = (0, 0);
    for cut in 0..=count {
        make_old(&cache, &keys).await;
        let before = look(&cache, &keys).await;
        assert!(is_part_of(&before, &old) && before.list.is_some());
        let deadline = cache.calls().deadline();
        let pieces = part::pieces(&steps);
        cache.do_pieces(&pieces[..cut], deadline).await.unwrap();
        let seen = look(&cache, &keys).await;
        let (is_old, is_new) = (is_part_of(&seen, &old), is_part_of(&seen, &new));
        assert!(is_old || is_new, "{cut}: {seen:?}");
        // What is new is read only when nothing that was kept under the old version can be.
        assert!(is_old || seen.version > before.version, "{cut}: {seen:?}");
        let removed = cache.get(&keys.removed).await.unwrap();
        assert!(is_old || removed.is_none(), "{cut}: {seen:?}");
        (olds, news) = (olds + u32::from(is_old), news + u32::from(is_new));
    }
    assert_eq!(look(&cache, &keys).await.list, new.list);
    assert!(olds >= 5 && news >= 4, "{olds} {news}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_another_changed_while_it_was_hidden_stays_cold_until_it_is_filled() {
    let cluster = tokio::task::spawn_blocking(RedisCluster::start);
    let cluster = cluster.await.unwrap();
    let (cache, keys) = (patient(&cluster), keys());
    let push = |id: &str| Step::Push {
        key: keys.list.clone(),
        id: id.to_owned(),
        limits: limits(),
    };
    let record = &steps(&keys)[0];
    let (first, second) = ([push("d"), record.clone()], [push("e"), record.clone()]);
    fill(&cache, &keys.list).await;
    let (one, other) = (part::pieces(&first), part::pieces(&second));
    let deadline = cache.calls().deadline();
    // Both hide the list, so the change of the second is in nothing; neither may show it.
    for pieces in [&one[..1], &other[..1], &one[1..], &other[1..]] {
        cache.do_pieces(pieces, deadline).await.unwrap();
        assert_eq!(cache.page(&keys.list, 0, 3).await.unwrap(), None);
    }
    fill(&cache, &keys.list).await;
    cache.apply(&first).await.unwrap();
    let page = cache.page(&keys.list, 0, 3).await.unwrap().unwrap();
    assert_eq!(page.ids, ["d", "c", "b"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_with_a_bump_that_is_cut_leaves_the_old_list_and_misses_or_the_new_one() {
    let cluster = tokio::task::spawn_blocking(RedisCluster::start);
    let cluster = cluster.await.unwrap();
    let (cache, keys) = (patient(&cluster), keys());
    // What the beginning of a generation tells the cache.
    let all = steps(&keys);
    let pieces = part::pieces(&all[1..3]);
    assert_eq!(pieces.len(), 2);
    for cut in 0..=2 {
        make_old(&cache, &keys).await;
        let before = look(&cache, &keys).await;
        let deadline = cache.calls().deadline();
        cache.do_pieces(&pieces[..cut], deadline).await.unwrap();
        let seen = look(&cache, &keys).await;
        // A raised version is a miss of the pages, and no more than that.
        let listed = if cut == 2 {
            ["d", "c", "b"]
        } else {
            ["c", "b", "a"]
        };
        assert_eq!(seen.list.as_deref().unwrap(), listed);
        assert_eq!(seen.version > before.version, cut > 0, "{cut}");
    }
}
