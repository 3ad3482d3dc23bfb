//! The rules of pages and neighbours.

use chrono::TimeDelta;

use super::{GalleryFixture, all, owner, start};
use crate::testing::conformance::WELL;
use crate::testing::samples::request;
use crate::{
    Cursor, GalleryItem, GalleryKind, GalleryQuery, Generation, GenerationId, Neighbours, TimeSpan,
};

const NANO: &str = "fal-ai/nano-banana";
const FAST: &str = "fal-ai/imagen4/preview/fast";

/// A gallery shows what is completed, and nothing that is under way or ended otherwise.
pub async fn only_what_is_completed_is_shown(fixture: &GalleryFixture) {
    let shown = fixture.shown("a", 0).await;
    for (second, steps) in (1..).zip([
        &[][..],
        &WELL[..1],
        &WELL[..3],
        &["failed"],
        &["cancelled"],
        &["submitting", "refused"],
        &["submitting", "unknown"],
        &["failed", "erased"],
    ]) {
        let generation = fixture.records().made("a", second).await;
        fixture.records().walk(&generation, steps).await;
    }
    let item = GalleryItem {
        generation: shown,
        favourite: false,
    };
    assert_eq!(fixture.page("a", &all(), None, 50).await, [item]);
}

/// The newest come first, whatever the order in which they were recorded.
pub async fn a_gallery_begins_with_the_newest(fixture: &GalleryFixture) {
    let middle = fixture.shown("a", 5).await;
    let newest = fixture.shown("a", 9).await;
    let oldest = fixture.shown("a", 1).await;
    let expected = [newest.id(), middle.id(), oldest.id()];
    assert_eq!(fixture.names("a", &all()).await, expected);
}

/// A gallery holds nobody else's.
pub async fn a_gallery_holds_no_other_users(fixture: &GalleryFixture) {
    let own = fixture.shown("a", 1).await;
    fixture.shown("b", 2).await;
    fixture.shown("aa", 3).await;
    assert_eq!(fixture.names("a", &all()).await, [own.id()]);
    assert_eq!(fixture.names("nobody", &all()).await, []);
}

/// A page has no more than its limit, also when that is zero.
pub async fn a_page_has_its_limit(fixture: &GalleryFixture) {
    for second in 0..3 {
        fixture.shown("a", second).await;
    }
    for (limit, found) in [(0, 0), (1, 1), (3, 3), (9, 3)] {
        assert_eq!(fixture.page("a", &all(), None, limit).await.len(), found);
    }
}

/// Pages one after the other hold each generation once that was there all the time, whatever comes and goes.
pub async fn pages_repeat_and_skip_nothing_while_others_come_and_go(fixture: &GalleryFixture) {
    let mut made = Vec::new();
    for second in 0..12 {
        made.insert(0, fixture.shown("a", second).await);
    }
    let (mut seen, mut after) = (Vec::new(), None);
    for round in 0_usize.. {
        let page = fixture.page("a", &all(), after, 3).await;
        let Some(last) = page.last() else { break };
        after = Some(Cursor::of(&last.generation));
        seen.extend(page.iter().map(GalleryItem::id));
        // One comes at the top; one of those that were seen goes, the very one that the next page begins after.
        fixture
            .shown("a", 100 + i64::try_from(round).unwrap())
            .await;
        fixture.delete(&last.generation).await;
    }
    let expected: Vec<_> = made.iter().map(Generation::id).collect();
    assert_eq!(seen, expected);
}

/// Generations of one and the same moment are told apart by their names.
pub async fn those_of_one_moment_are_paged_by_name(fixture: &GalleryFixture) {
    let at = start();
    let mut expected = Vec::new();
    for _ in 0..5 {
        let new = Generation::new(GenerationId::new(at), owner("a"), request(), at);
        expected.push(fixture.complete(new).await.id());
    }
    expected.sort_unstable();
    expected.reverse();
    assert_eq!(fixture.names("a", &all()).await, expected);
}

/// Records six generations of three models and two shapes, every second one a favourite.
pub(super) async fn mixed(fixture: &GalleryFixture) -> Vec<GalleryItem> {
    let mut items = Vec::new();
    for (second, (model, ratio)) in (0..).zip([
        (FAST, "1:1"),
        (NANO, "1:1"),
        (FAST, "16:9"),
        (NANO, "16:9"),
        ("fal-ai/imagen4/preview", "1:1"),
        (FAST, "1:1"),
    ]) {
        let generation = fixture.made_by("a", second, model, ratio).await;
        let favourite = second % 2 == 0;
        if favourite {
            fixture.mark(&generation).await;
        }
        let item = GalleryItem {
            generation,
            favourite,
        };
        items.insert(0, item);
    }
    items
}

/// Asserts that just those of `items` are found that are meant, in their order.
async fn assert_found(
    fixture: &GalleryFixture,
    items: &[GalleryItem],
    query: &GalleryQuery,
    number: usize,
) {
    let meant = items
        .iter()
        .filter(|item| query.matches(&item.generation, item.favourite));
    let meant: Vec<_> = meant.map(GalleryItem::id).collect();
    assert_eq!(meant.len(), number, "{query:?}");
    assert_eq!(fixture.names("a", query).await, meant, "{query:?}");
}

/// Each part of a query is kept by itself.
pub async fn each_part_of_a_query_is_kept(fixture: &GalleryFixture) {
    let items = mixed(fixture).await;
    let kind = |kind| GalleryQuery {
        kind: Some(kind),
        ..all()
    };
    let ratio = |text: &str| GalleryQuery {
        aspect_ratio: Some(text.parse().unwrap()),
        ..all()
    };
    let model = |text: &str| GalleryQuery {
        model: Some(text.parse().unwrap()),
        ..all()
    };
    let favourites = GalleryQuery {
        favourites: true,
        ..all()
    };
    for (query, number) in [
        (all(), 6),
        (kind(GalleryKind::Imagen4), 4),
        (kind(GalleryKind::Generated), 2),
        (ratio("16:9"), 2),
        (ratio("9:16"), 0),
        (model(FAST), 3),
        (model("fal-ai/imagen4"), 0),
        (favourites, 3),
    ] {
        assert_found(fixture, &items, &query, number).await;
    }
}

/// What a query of several parts finds fulfils all of them.
pub async fn a_query_of_several_parts_keeps_all_of_them(fixture: &GalleryFixture) {
    let items = mixed(fixture).await;
    let created = Some(TimeSpan {
        from: start() + TimeDelta::seconds(1),
        until: start() + TimeDelta::seconds(5),
    });
    let query = |model: Option<&str>, favourites| GalleryQuery {
        kind: Some(GalleryKind::Imagen4),
        model: model.map(|text| text.parse().unwrap()),
        favourites,
        created,
        ..all()
    };
    assert_found(fixture, &items, &query(None, false), 2).await;
    assert_found(fixture, &items, &query(Some(FAST), true), 1).await;
    assert_found(fixture, &items, &query(Some(NANO), true), 0).await;
}

/// Of the newest so many, those are found that are meant; older ones do not move up.
pub async fn the_newest_are_counted_before_anything_else(fixture: &GalleryFixture) {
    let items = mixed(fixture).await;
    let newest = |newest, favourites| GalleryQuery {
        newest: Some(newest),
        favourites,
        ..all()
    };
    let names: Vec<_> = items.iter().map(GalleryItem::id).collect();
    assert_eq!(fixture.names("a", &newest(4, false)).await, names[..4]);
    assert_eq!(fixture.names("a", &newest(9, false)).await, names);
    assert_eq!(fixture.names("a", &newest(0, false)).await, []);
    // The favourites are the second, the fourth and the sixth.
    let favourites = fixture.names("a", &newest(4, true)).await;
    assert_eq!(favourites, [names[1], names[3]]);
}

/// A span holds its first moment, and no more the one that ends it.
pub async fn the_ends_of_a_span_are_kept(fixture: &GalleryFixture) {
    let mut names = Vec::new();
    for second in 0..4 {
        names.insert(0, fixture.shown("a", second).await.id());
    }
    let span = |from, until| GalleryQuery {
        created: Some(TimeSpan {
            from: start() + from,
            until: start() + until,
        }),
        ..all()
    };
    let second = TimeDelta::seconds;
    let query = span(second(1), second(3));
    assert_eq!(fixture.names("a", &query).await, names[1..3]);
    let query = span(second(1), second(3) + TimeDelta::microseconds(1));
    assert_eq!(fixture.names("a", &query).await, names[..3]);
    let query = span(second(3), second(3));
    assert_eq!(fixture.names("a", &query).await, []);
    let query = span(second(3), second(1));
    assert_eq!(fixture.names("a", &query).await, []);
}

/// When a successor took over, the generation counts as what that one made.
pub async fn a_gallery_goes_by_the_model_that_was_used(fixture: &GalleryFixture) {
    let generation = fixture.records().made("a", 0).await;
    let steps = [
        "submitting",
        "submitting_successor",
        "submitted",
        "generated",
        "completed",
    ];
    fixture.records().walk(&generation, &steps).await;
    let of = |kind, model: &str| GalleryQuery {
        kind: Some(kind),
        model: Some(model.parse().unwrap()),
        ..all()
    };
    let asked = of(GalleryKind::Imagen4, "fal-ai/imagen4/preview");
    assert_eq!(fixture.names("a", &asked).await, []);
    let used = of(GalleryKind::Generated, NANO);
    assert_eq!(fixture.names("a", &used).await, [generation.id()]);
}

async fn beside(fixture: &GalleryFixture, query: &GalleryQuery, item: GenerationId) -> Neighbours {
    let neighbours = fixture
        .gallery()
        .neighbours(&owner("a"), query, &item)
        .await;
    neighbours.unwrap()
}

/// Beside a generation stand the next newer and the next older one, and its place among all is told.
pub async fn neighbours_are_the_next_newer_and_the_next_older(fixture: &GalleryFixture) {
    let mut names = Vec::new();
    for second in 0..4 {
        names.insert(0, fixture.shown("a", second).await.id());
        fixture.shown("b", second).await;
    }
    for (place, name) in names.iter().enumerate() {
        let expected = Neighbours {
            previous: place.checked_sub(1).map(|place| names[place]),
            next: names.get(place + 1).copied(),
            position: u32::try_from(place + 1).ok(),
            total: Some(4),
        };
        assert_eq!(beside(fixture, &all(), *name).await, expected);
    }
}

/// Neighbours are those that the query means.
pub async fn neighbours_are_those_that_are_meant(fixture: &GalleryFixture) {
    let items = mixed(fixture).await;
    let names: Vec<_> = items.iter().map(GalleryItem::id).collect();
    let favourites = GalleryQuery {
        favourites: true,
        ..all()
    };
    let expected = Neighbours {
        previous: Some(names[1]),
        next: Some(names[5]),
        position: Some(2),
        total: Some(3),
    };
    assert_eq!(beside(fixture, &favourites, names[3]).await, expected);
    let newest = GalleryQuery {
        newest: Some(4),
        ..favourites
    };
    let expected = Neighbours {
        next: None,
        total: Some(2),
        ..expected
    };
    assert_eq!(beside(fixture, &newest, names[3]).await, expected);
}

/// What the query does not mean has the neighbours of its place, and no position.
pub async fn what_is_not_meant_has_neighbours_and_no_position(fixture: &GalleryFixture) {
    let items = mixed(fixture).await;
    let favourites = GalleryQuery {
        favourites: true,
        ..all()
    };
    let expected = Neighbours {
        previous: Some(items[1].id()),
        next: Some(items[3].id()),
        position: None,
        total: Some(3),
    };
    assert_eq!(beside(fixture, &favourites, items[2].id()).await, expected);
    let failed = fixture.records().made("a", 60).await;
    fixture.records().walk(&failed, &["failed"]).await;
    let expected = Neighbours {
        previous: None,
        next: Some(items[0].id()),
        position: None,
        total: Some(6),
    };
    assert_eq!(beside(fixture, &all(), failed.id()).await, expected);
}

/// A single generation is told in any state.
pub async fn an_item_is_told_in_any_state(fixture: &GalleryFixture) {
    let new = fixture.records().made("a", 0).await;
    let over = fixture.shown("a", 1).await;
    for generation in [new, over] {
        let id = generation.id();
        let found = fixture.gallery().item(&owner("a"), &id).await.unwrap();
        let item = GalleryItem {
            generation,
            favourite: false,
        };
        assert_eq!(found, Some(item));
    }
}

/// The generation whose settings were used again is kept.
pub async fn a_parent_is_kept(fixture: &GalleryFixture) {
    let parent = fixture.shown("a", 0).await.id();
    let at = start() + TimeDelta::seconds(1);
    let new = Generation::new(GenerationId::new(at), owner("a"), request(), at);
    let child = fixture.complete(new.with_parent(parent)).await;
    let page = fixture.page("a", &all(), None, 2).await;
    assert_eq!(page[0].generation, child);
    assert_eq!((page[0].parent(), page[1].parent()), (Some(parent), None));
}
