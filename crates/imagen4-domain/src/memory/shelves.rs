//! What galleries show, in order, once for each thing that may be asked for.

use std::collections::btree_set::Range;
use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use super::Record;
use crate::catalogue::ModelId;
use crate::gallery::{GalleryKind, GalleryQuery};
use crate::generation::{Generation, State};
use crate::{AspectRatio, GenerationId, UserId};

/// Where a generation stands in its owner's gallery.
pub(super) type Place = (DateTime<Utc>, GenerationId);

pub(super) fn place_of(generation: &Generation) -> Place {
    (generation.created_at(), generation.id())
}

/// What the generations of one shelf have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Shelf {
    All,
    Favourites,
    Kind(GalleryKind),
    Model(ModelId),
    AspectRatio(AspectRatio),
}

impl Shelf {
    /// Returns the shelves on which `record` stands.
    fn of(record: &Record) -> Vec<Self> {
        let generation = &record.generation;
        let model = generation.model_used();
        let mut shelves = vec![
            Self::All,
            Self::Kind(GalleryKind::of(model)),
            Self::Model(model.clone()),
            Self::AspectRatio(generation.request().aspect_ratio()),
        ];
        shelves.extend(record.favourite.then_some(Self::Favourites));
        shelves
    }

    /// Returns the shelves that hold all that `query` means.
    fn holding(query: &GalleryQuery) -> Vec<Self> {
        let mut shelves = vec![Self::All];
        shelves.extend(query.favourites.then_some(Self::Favourites));
        shelves.extend(query.kind.map(Self::Kind));
        shelves.extend(query.model.clone().map(Self::Model));
        shelves.extend(query.aspect_ratio.map(Self::AspectRatio));
        shelves
    }
}

/// The shelves of each user.
#[derive(Debug, Default)]
pub(super) struct Shelves(HashMap<UserId, HashMap<Shelf, BTreeSet<Place>>>);

/// A shelf on which nothing stands.
static NOTHING: BTreeSet<Place> = BTreeSet::new();

impl Shelves {
    /// Puts `record` where it is to be seen, if it is.
    pub(super) fn put(&mut self, record: &Record) {
        if !is_shown(record) {
            return;
        }
        let place = place_of(&record.generation);
        let owner = record.generation.owner().clone();
        let shelves = self.0.entry(owner).or_default();
        for shelf in Shelf::of(record) {
            shelves.entry(shelf).or_default().insert(place);
        }
    }

    /// Takes `record` from where it was to be seen; call it before the record changes.
    pub(super) fn take(&mut self, record: &Record) {
        let place = place_of(&record.generation);
        let Some(shelves) = self.0.get_mut(record.generation.owner()) else {
            return;
        };
        for shelf in Shelf::of(record) {
            if let Some(places) = shelves.get_mut(&shelf) {
                places.remove(&place);
            }
        }
    }

    /// Returns everything in the gallery of `owner`.
    pub(super) fn all(&self, owner: &UserId) -> &BTreeSet<Place> {
        self.places(owner, &Shelf::All)
    }

    /// Returns the shortest shelf that holds all that `query` means; others may stand on it, too.
    pub(super) fn shortest(&self, owner: &UserId, query: &GalleryQuery) -> &BTreeSet<Place> {
        let shelves = Shelf::holding(query);
        let shelves = shelves.iter().map(|shelf| self.places(owner, shelf));
        shelves
            .min_by_key(|places| places.len())
            .unwrap_or(&NOTHING)
    }

    /// Returns the places from `from` on and before `until`, oldest first.
    pub(super) fn part(
        places: &BTreeSet<Place>,
        from: Option<Place>,
        until: Option<Place>,
    ) -> Range<'_, Place> {
        // A set has no range that ends before it begins.
        match (from, until) {
            (Some(from), Some(until)) if from < until => places.range(from..until),
            (Some(_), Some(_)) => NOTHING.range(..),
            (Some(from), None) => places.range(from..),
            (None, Some(until)) => places.range(..until),
            (None, None) => places.range(..),
        }
    }

    fn places(&self, owner: &UserId, on: &Shelf) -> &BTreeSet<Place> {
        let shelves = self.0.get(owner);
        let places = shelves.and_then(|shelves| shelves.get(on));
        places.unwrap_or(&NOTHING)
    }
}

fn is_shown(record: &Record) -> bool {
    matches!(record.generation.state(), State::Completed { .. }) && !record.hidden
}
