//! The gallery's side of the record store in memory.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Timelike, Utc};

use super::shelves::{Place, Shelves, place_of};
use super::{MemoryGenerationStore, Record, Records};
use crate::gallery::{
    COUNTED, GalleryCounts, GalleryItem, GalleryQuery, GalleryStore, Neighbours, TimeSpan,
    UtcOffset,
};
use crate::generation::Generation;
use crate::store::{Cursor, StoreError, StoreErrorKind};
use crate::{GenerationId, UserId};

impl Record {
    fn item(&self) -> GalleryItem {
        GalleryItem {
            generation: self.generation.clone(),
            favourite: self.favourite,
        }
    }
}

impl Records {
    /// Returns what `query` means of the places from `from` on and before `until`, oldest first.
    fn meant<'a>(
        &'a self,
        owner: &'a UserId,
        query: &'a GalleryQuery,
        from: Option<Place>,
        until: Option<Place>,
    ) -> impl DoubleEndedIterator<Item = &'a Record> + 'a {
        let start = |time| (time, GenerationId::BEFORE_ALL);
        let span = query.created;
        let from = [
            from,
            span.map(|span| start(span.from)),
            self.oldest(owner, query),
        ];
        let until = [until, span.map(|span| start(span.until))];
        let places = Shelves::part(
            self.shelves.shortest(owner, query),
            from.into_iter().flatten().max(),
            until.into_iter().flatten().min(),
        );
        let records = places.filter_map(|(_, id)| self.by_id.get(id));
        records.filter(|record| query.matches(&record.generation, record.favourite))
    }

    /// Returns the oldest place that is looked at when only the newest are.
    fn oldest(&self, owner: &UserId, query: &GalleryQuery) -> Option<Place> {
        let newest = usize::try_from(query.newest?).unwrap_or(usize::MAX);
        let mut places = self.shelves.all(owner).iter().rev().take(newest);
        let nothing = (DateTime::<Utc>::MAX_UTC, GenerationId::BEFORE_ALL);
        Some(places.next_back().copied().unwrap_or(nothing))
    }

    fn neighbours(&self, owner: &UserId, query: &GalleryQuery, record: &Record) -> Neighbours {
        let place = place_of(&record.generation);
        let is_other = |other: &&Record| place_of(&other.generation) != place;
        let id = |record: &Record| record.generation.id();
        let mut newer = self.meant(owner, query, Some(place), None);
        let mut older = self.meant(owner, query, None, Some(place));
        Neighbours {
            previous: newer.find(is_other).map(id),
            next: older.next_back().map(id),
            position: self.position(owner, query, place),
            total: self.total(owner, query),
        }
    }

    fn position(&self, owner: &UserId, query: &GalleryQuery, place: Place) -> Option<u32> {
        let at_it_or_newer = self.meant(owner, query, Some(place), None).rev();
        let mut counted = (1..=COUNTED).zip(at_it_or_newer);
        let found = counted.find(|(_, record)| place_of(&record.generation) == place);
        found.map(|(position, _)| position)
    }

    fn total(&self, owner: &UserId, query: &GalleryQuery) -> Option<u32> {
        let counted = (0..=COUNTED).zip(self.meant(owner, query, None, None));
        let total = counted.map(|(before, _)| before + 1).last().unwrap_or(0);
        (total <= COUNTED).then_some(total)
    }
}

fn count(counts: &mut GalleryCounts, record: &Record, offset: UtcOffset, span: TimeSpan) {
    let at = record.generation.created_at();
    let local = at.naive_utc() + TimeDelta::minutes(offset.minutes().into());
    if let Some(hour) = counts.by_hour.get_mut(local.hour() as usize) {
        *hour += 1;
    }
    counts.favourites += u64::from(record.favourite);
    counts.in_span += u64::from(span.contains(at));
    counts.last = counts.last.max(Some(at));
}

#[async_trait]
impl GalleryStore for MemoryGenerationStore {
    async fn page(
        &self,
        owner: &UserId,
        query: &GalleryQuery,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Vec<GalleryItem>, StoreError> {
        let records = self.lock();
        let until = after.map(|end| (end.created_at, end.id));
        let found = records.meant(owner, query, None, until).rev();
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(found.take(limit).map(Record::item).collect())
    }

    async fn neighbours(
        &self,
        owner: &UserId,
        query: &GalleryQuery,
        id: &GenerationId,
    ) -> Result<Neighbours, StoreError> {
        let records = self.lock();
        match records.seen(owner, id) {
            Some(record) => Ok(records.neighbours(owner, query, record)),
            None => Err(StoreError::new(StoreErrorKind::NotFound, "neighbours").with_id(*id)),
        }
    }

    async fn item(
        &self,
        owner: &UserId,
        id: &GenerationId,
    ) -> Result<Option<GalleryItem>, StoreError> {
        Ok(self.lock().seen(owner, id).map(Record::item))
    }

    async fn counts(
        &self,
        owner: &UserId,
        offset: UtcOffset,
        span: TimeSpan,
    ) -> Result<GalleryCounts, StoreError> {
        let records = self.lock();
        let places = records.shelves.all(owner).iter();
        let shown = places.filter_map(|(_, id)| records.by_id.get(id));
        let mut counts = GalleryCounts::default();
        shown.for_each(|record| count(&mut counts, record, offset, span));
        Ok(counts)
    }

    async fn set_favourite(
        &self,
        owner: &UserId,
        id: &GenerationId,
        favourite: bool,
    ) -> Result<(), StoreError> {
        let mut records = self.lock();
        let records = &mut *records;
        let record = records.by_id.get_mut(id);
        let Some(record) = record.filter(|record| record.is_seen_by(owner)) else {
            return Err(StoreError::new(StoreErrorKind::NotFound, "set_favourite").with_id(*id));
        };
        records.shelves.take(record);
        record.favourite = favourite;
        records.shelves.put(record);
        Ok(())
    }

    async fn hide(&self, owner: &UserId, id: &GenerationId) -> Result<Generation, StoreError> {
        let error = |kind| Err(StoreError::new(kind, "hide").with_id(*id));
        let mut records = self.lock();
        let records = &mut *records;
        let record = records.by_id.get_mut(id);
        let Some(record) = record.filter(|record| record.generation.owner() == owner) else {
            return error(StoreErrorKind::NotFound);
        };
        if !record.generation.state().is_final() {
            return error(StoreErrorKind::IllegalStep);
        }
        records.shelves.take(record);
        record.hidden = true;
        Ok(record.generation.clone())
    }

    async fn remove(&self, owner: &UserId, id: &GenerationId) -> Result<(), StoreError> {
        let error = |kind| Err(StoreError::new(kind, "remove").with_id(*id));
        let mut records = self.lock();
        let record = records.by_id.get(id);
        match record.filter(|record| record.generation.owner() == owner) {
            None => return error(StoreErrorKind::NotFound),
            Some(record) if !record.hidden => return error(StoreErrorKind::IllegalStep),
            Some(_) => {}
        }
        records.by_id.remove(id);
        records.removed.insert(*id);
        Ok(())
    }
}
