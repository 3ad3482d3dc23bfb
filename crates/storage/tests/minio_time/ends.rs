//! The end that a link reports: whatever ends first, by the server's clock and by ours.

use chrono::{DateTime, NaiveDateTime, Utc};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use storage::LinkLife;

use super::*;

/// So many seconds may an answer take on a busy machine; the slower it is, the less it says of the time.
const SLOW: i64 = 10;

/// What may end a link, in seconds from the moment of signing, and how far our clock is off.
#[derive(Debug, Clone)]
struct Ends {
    asked: u64,
    session: Option<i64>,
    object: Option<i64>,
    skew: i64,
    /// How far the end of the link lies ahead of the moment when it is opened, in milliseconds.
    left: i64,
}

fn ends() -> impl Strategy<Value = Ends> {
    let life = || prop_oneof![1_i64..=5, 60_i64..=90_000, 600_000_i64..=700_000];
    (
        prop_oneof![1_u64..=5, 60_u64..=604_800],
        prop::option::of(life()),
        prop::option::of(life()),
        prop_oneof![-900_i64..=900, Just(0)],
        prop_oneof![-3_000_i64..=3_000, Just(900), Just(-900)],
    )
        .prop_map(|(asked, session, object, skew, left)| Ends {
            asked,
            session,
            object,
            skew,
            left,
        })
}

impl Ends {
    /// Returns how long the link can live at most, in seconds.
    fn life(&self) -> i64 {
        let asked = i64::try_from(self.asked).unwrap();
        [Some(asked), self.session, self.object]
            .into_iter()
            .flatten()
            .min()
            .unwrap()
    }
}

/// Returns when the server refuses the link: what it computes from the link itself.
fn end_by_the_link(link: &SignedUrl) -> DateTime<Utc> {
    let value = |name: &str| {
        let (_, rest) = link.expose().split_once(name).unwrap();
        rest.split('&').next().unwrap().to_owned()
    };
    let date = NaiveDateTime::parse_from_str(&value("X-Amz-Date="), "%Y%m%dT%H%M%SZ").unwrap();
    date.and_utc() + TimeDelta::seconds(value("X-Amz-Expires=").parse().unwrap())
}

/// Lets a store with a skewed clock hear the server, and then sign as if that had been long ago, so that the
/// link ends about now.
async fn judge(scene: &Scene, ends: &Ends) -> Result<(), TestCaseError> {
    let skew = TimeDelta::seconds(ends.skew);
    let signed =
        SystemClock.now() + TimeDelta::milliseconds(ends.left) - TimeDelta::seconds(ends.life());
    let at = |seconds: i64| signed + TimeDelta::seconds(seconds);
    let mut keys = credentials().with_session_token(Secret::new("token"));
    keys.ends_at = ends.session.map(at);
    scene.clock.set(SystemClock.now() + skew);
    let store = scene.store(keys);
    store.head(&object()).await.unwrap();
    scene.clock.set(signed + skew);
    let options = SignOptions {
        life: LinkLife::from_secs(ends.asked).unwrap(),
        object_ends_at: ends.object.map(at),
        ..SignOptions::default()
    };
    let Ok(link) = store.sign_get(&object(), options).await else {
        // Clocks that are close are taken for the same, and then a session of a second may be over.
        prop_assert!(ends.life() <= SLOW, "refused: {ends:?}");
        return Ok(());
    };
    let (told, truth) = (link.expires_at(), end_by_the_link(&link));
    let real = [Some(truth), ends.session.map(at), ends.object.map(at)];
    let real = real.into_iter().flatten().min().unwrap();
    prop_assert!(told <= real, "by the server's clock: {told} and {real}");
    // While our clock differs by less than is tolerated, nothing is known of it.
    let tolerated = TimeDelta::seconds(2 + SLOW);
    prop_assert!(
        told <= real + skew + tolerated,
        "by our clock: {told} and {real}"
    );
    let lost = TimeDelta::seconds(ends.skew.min(0).abs() + SLOW);
    prop_assert!(told + lost >= at(ends.life()), "too early: {told}");

    let before = SystemClock.now();
    let status = scene.open(&link).await;
    let after = SystemClock.now();
    match status {
        200 => prop_assert!(before <= truth, "opened after {truth}"),
        403 => prop_assert!(after > told, "refused before {told}"),
        status => prop_assert!(false, "a link is either open or dead, not {status}"),
    }
    Ok(())
}

#[test]
fn the_reported_end_is_never_later_than_the_real_one() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let scene = runtime.block_on(Scene::with_keys(&[credentials()]));
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(200));
    let judged = runner.run(&ends(), |ends| runtime.block_on(judge(&scene, &ends)));
    judged.unwrap();
}

#[tokio::test]
async fn a_link_lives_as_long_as_asked_on_the_servers_clock() {
    for minutes in SKEWS {
        let scene = Scene::skewed(TimeDelta::minutes(minutes)).await;
        let store = scene.store(credentials());
        store.head(&object()).await.unwrap();
        let link = store
            .sign_get(&object(), SignOptions::default())
            .await
            .unwrap();
        let life = end_by_the_link(&link) - SystemClock.now();
        let off = (life - TimeDelta::days(1)).abs();
        assert!(off < TimeDelta::seconds(4), "{minutes} minutes: {life}");
    }
}
