//! Every filter and every number against brute force, with offsets and the ends of months.

use chrono::{DateTime, FixedOffset, NaiveDate, TimeDelta, Timelike, Utc};
use imagen4_domain::testing::user;
use imagen4_domain::{
    AspectRatio, Days, GalleryFilter, GalleryItem, GalleryKind, GalleryStats, GalleryStore,
    Imagen4Settings, MAX_DAYS, RECENT, UtcOffset,
};
use proptest::prelude::*;
use proptest::sample::select;

use super::{made_at, names};
use crate::world::World;

const MODELS: [&str; 4] = [
    "fal-ai/imagen4/preview",
    "fal-ai/imagen4/preview/fast",
    "fal-ai/nano-banana",
    "fal-ai/nano-banana-2",
];
const RATIOS: [&str; 3] = ["1:1", "16:9", "9:16"];

/// What is known of a generation before it is made: seconds before now, model, shape, and whether it is a favourite.
type Sketch = (i64, &'static str, &'static str, bool);

/// Days as the brute force counts them: by the difference of two dates.
#[derive(Debug, Clone, Copy)]
enum Ask {
    Named(Days),
    /// From so many days ago, for so many days.
    Range(i64, i64),
}

#[derive(Debug, Clone)]
struct Question {
    kind: Option<GalleryKind>,
    model: Option<&'static str>,
    ratio: Option<&'static str>,
    favourites: bool,
    recent: bool,
    days: Option<Ask>,
    offset: i32,
}

fn sketches(most: usize) -> impl Strategy<Value = Vec<Sketch>> {
    // Half of them close to the midnights of the last days, where offsets matter.
    let close = (0_i64..40, -50_400_i64..50_400).prop_map(|(day, off)| (day * 86_400 + off).max(0));
    let when = prop_oneof![close, 0_i64..10_000_000];
    let sketch = (
        when,
        select(&MODELS[..]),
        select(&RATIOS[..]),
        any::<bool>(),
    );
    proptest::collection::vec(sketch, 0..most)
}

fn questions() -> impl Strategy<Value = Question> {
    let named = select(&[Days::Today, Days::Yesterday, Days::Week, Days::Month][..]);
    let range = (0_i64..100, 1_i64..=MAX_DAYS).prop_map(|(ago, length)| Ask::Range(ago, length));
    let days = prop_oneof![named.prop_map(Ask::Named), range];
    (
        proptest::option::of(select(&GalleryKind::ALL[..])),
        proptest::option::of(select(&MODELS[..])),
        proptest::option::of(select(&RATIOS[..])),
        any::<bool>(),
        any::<bool>(),
        proptest::option::of(days),
        -840_i32..=840,
    )
        .prop_map(
            |(kind, model, ratio, favourites, recent, days, offset)| Question {
                kind,
                model,
                ratio,
                favourites,
                recent,
                days,
                offset,
            },
        )
}

/// The moments at which the questions are asked: ends of months, of a year and of a leap February among them.
fn moments() -> impl Strategy<Value = DateTime<Utc>> {
    let end = select(
        &[
            "2026-11-30T23:59:59Z",
            "2026-12-01T00:00:00Z",
            "2026-12-31T12:00:00Z",
            "2027-01-01T00:00:01Z",
            "2028-02-29T06:00:00Z",
            "2028-03-01T00:30:00Z",
            "2026-07-31T23:30:00Z",
        ][..],
    );
    let end = end.prop_map(|text| text.parse().unwrap());
    let any_time = (1_700_000_000_i64..2_000_000_000)
        .prop_map(|second| DateTime::from_timestamp(second, 0).unwrap());
    prop_oneof![end, any_time]
}

fn local_day(time: DateTime<Utc>, offset: i32) -> NaiveDate {
    let zone = FixedOffset::east_opt(offset * 60).unwrap();
    time.with_timezone(&zone).date_naive()
}

impl Question {
    fn filter(&self, now: DateTime<Utc>) -> GalleryFilter {
        let mut filter = GalleryFilter::new()
            .with_favourites(self.favourites)
            .with_recent(self.recent);
        if let Some(kind) = self.kind {
            filter = filter.with_kind(kind);
        }
        if let Some(model) = self.model {
            filter = filter.with_model(model.parse().unwrap());
        }
        if let Some(ratio) = self.ratio {
            filter = filter.with_aspect_ratio(ratio.parse::<AspectRatio>().unwrap());
        }
        let Some(days) = self.days else {
            return filter;
        };
        let days = match days {
            Ask::Named(days) => days,
            Ask::Range(ago, length) => {
                let first = local_day(now, self.offset) - TimeDelta::days(ago);
                Days::between(first, first + TimeDelta::days(length - 1)).unwrap()
            }
        };
        filter.with_days(days, UtcOffset::from_minutes(self.offset).unwrap())
    }

    /// Tells by the words of a user whether an item is asked for.
    fn means(&self, item: &GalleryItem, now: DateTime<Utc>) -> bool {
        let model = item.generation.model_used().as_str();
        let is_imagen = model.starts_with("fal-ai/imagen4/");
        let kind = |kind| (kind == GalleryKind::Imagen4) == is_imagen;
        let ratio = item.generation.request().aspect_ratio().to_string();
        let day = local_day(item.generation.created_at(), self.offset);
        let ago = (local_day(now, self.offset) - day).num_days();
        self.kind.is_none_or(kind)
            && self.model.is_none_or(|wanted| wanted == model)
            && self.ratio.is_none_or(|wanted| wanted == ratio)
            && (!self.favourites || item.favourite)
            && self.days.is_none_or(|days| match days {
                Ask::Named(Days::Today) => ago == 0,
                Ask::Named(Days::Yesterday) => ago == 1,
                Ask::Named(Days::Week) => (0..7).contains(&ago),
                Ask::Named(Days::Month | Days::Range(_)) => (0..30).contains(&ago),
                Ask::Range(first, length) => ago <= first && ago > first - length,
            })
    }
}

/// Returns the world at `now` with these generations, and all of them as items, newest first.
async fn world(now: DateTime<Utc>, sketches: &[Sketch]) -> (World, Vec<GalleryItem>) {
    let world = World::new();
    world.clock.set(now);
    let mut items = Vec::new();
    for (ago, model, ratio, favourite) in sketches {
        let at = now - TimeDelta::seconds(*ago);
        let generation = made_at(&world.store, at, model, ratio).await;
        let id = generation.id();
        let marked = world.store.set_favourite(&user("7"), &id, *favourite).await;
        marked.unwrap();
        items.push(GalleryItem {
            generation,
            favourite: *favourite,
        });
    }
    items.sort_by_key(|item| std::cmp::Reverse((item.generation.created_at(), item.id())));
    (world, items)
}

/// Returns everything that the filter shows, by pages of `limit`.
async fn shown(world: &World, filter: &GalleryFilter, limit: u32) -> Vec<GalleryItem> {
    let (mut items, mut after) = (Vec::new(), None);
    loop {
        let page = world
            .gallery
            .page(&user("7"), filter, after.as_ref(), limit)
            .await;
        let page = page.unwrap();
        items.extend(page.items);
        match page.next {
            Some(next) => after = Some(next),
            None => return items,
        }
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(work)
}

async fn check(now: DateTime<Utc>, sketches: &[Sketch], question: &Question, limit: u32) {
    let (world, items) = world(now, sketches).await;
    let filter = question.filter(now);
    let newest = if question.recent {
        RECENT as usize
    } else {
        usize::MAX
    };
    let looked_at = items.iter().take(newest);
    let meant = looked_at.filter(|item| question.means(item, now));
    let expected: Vec<_> = meant.cloned().collect();
    assert_eq!(
        names(&shown(&world, &filter, limit).await),
        names(&expected)
    );
    assert_eq!(shown(&world, &filter, 100).await, expected);
    for (place, item) in expected.iter().enumerate().take(5) {
        let beside = world
            .gallery
            .neighbours(&user("7"), &filter, &item.id())
            .await;
        let beside = beside.unwrap();
        let at = |place: Option<usize>| expected.get(place?).map(GalleryItem::id);
        assert_eq!(beside.previous, at(place.checked_sub(1)));
        assert_eq!(beside.next, at(Some(place + 1)));
        assert_eq!(beside.position, u32::try_from(place + 1).ok());
        assert_eq!(beside.total, u32::try_from(expected.len()).ok());
    }
}

async fn check_stats(now: DateTime<Utc>, sketches: &[Sketch], offset: i32) {
    let (world, items) = world(now, sketches).await;
    let zone = FixedOffset::east_opt(offset * 60).unwrap();
    let today = local_day(now, offset);
    let times = || items.iter().map(|item| item.generation.created_at());
    let in_month =
        |time: &DateTime<Utc>| (0..30).contains(&(today - local_day(*time, offset)).num_days());
    let of_hour = |hour: u32| {
        times()
            .filter(|time| time.with_timezone(&zone).hour() == hour)
            .count()
    };
    // The last of equals is the maximum, so the hours are looked at from the last one on.
    let busiest = (0..24_u8)
        .rev()
        .max_by_key(|hour| of_hour(u32::from(*hour)));
    let number = |count: usize| u64::try_from(count).unwrap();
    let expected = GalleryStats {
        total: number(items.len()),
        favourites: number(items.iter().filter(|item| item.favourite).count()),
        last_30_days: number(times().filter(in_month).count()),
        credits: number(items.len()) * Imagen4Settings::default().generation_cost(),
        last: times().max(),
        busiest_hour: busiest.filter(|_| !items.is_empty()),
    };
    let offset = UtcOffset::from_minutes(offset).unwrap();
    let stats = world.gallery.stats(&user("7"), offset).await.unwrap();
    assert_eq!(stats, expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_filter_shows_what_brute_force_finds(
        now in moments(), sketches in sketches(70), question in questions(), limit in 1_u32..9
    ) {
        block_on(check(now, &sketches, &question, limit));
    }

    #[test]
    fn each_part_alone_shows_what_brute_force_finds(
        now in moments(), sketches in sketches(40), question in questions(), part in 0..6
    ) {
        let question = Question {
            kind: question.kind.filter(|_| part == 0),
            model: question.model.filter(|_| part == 1),
            ratio: question.ratio.filter(|_| part == 2),
            favourites: part == 3,
            recent: part == 4,
            days: question.days.filter(|_| part == 5),
            offset: question.offset,
        };
        block_on(check(now, &sketches, &question, 7));
    }

    #[test]
    fn numbers_are_those_of_brute_force(now in moments(), sketches in sketches(40), offset in -840_i32..=840) {
        block_on(check_stats(now, &sketches, offset));
    }
}

#[tokio::test(start_paused = true)]
async fn the_busiest_hour_is_that_of_the_users_day() {
    let world = World::new();
    for text in [
        "2026-11-20T21:10:00Z",
        "2026-11-21T21:59:59Z",
        "2026-11-22T12:00:00Z",
    ] {
        made_at(&world.store, text.parse().unwrap(), MODELS[0], "1:1").await;
    }
    for (minutes, hour) in [(0, 21), (180, 0), (-300, 16), (330, 2)] {
        let offset = UtcOffset::from_minutes(minutes).unwrap();
        let stats = world.gallery.stats(&user("7"), offset).await.unwrap();
        assert_eq!(stats.busiest_hour, Some(hour), "{minutes}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_position_and_a_total_are_counted_to_a_thousand() {
    let world = World::new();
    let start = crate::world::start();
    let mut last = None;
    for second in 0..1_001 {
        let at = start + TimeDelta::seconds(second);
        let made = made_at(&world.store, at, MODELS[0], "1:1").await;
        last.get_or_insert(made.id());
        if second == 999 {
            let beside = world
                .gallery
                .neighbours(&user("7"), &GalleryFilter::new(), &last.unwrap())
                .await;
            let beside = beside.unwrap();
            assert_eq!((beside.position, beside.total), (Some(1_000), Some(1_000)));
        }
    }
    let beside = world
        .gallery
        .neighbours(&user("7"), &GalleryFilter::new(), &last.unwrap())
        .await;
    let beside = beside.unwrap();
    assert_eq!((beside.position, beside.total), (None, None));
    assert!(beside.previous.is_some());
}
