//! The steps of a staged delete; each can be repeated, by whoever comes.

use super::ticket::{self, Intent, Part, Ticket, Verdict};
use super::{DeletionTicket, StagedDeletion, is_missing};
use crate::error::{Result, StorageError, StorageErrorKind};
use crate::name::ObjectRef;
use crate::object::{Metadata, ObjectInfo, Sha256Digest};
use crate::options::{GetOptions, ListOptions, PutOptions};
use crate::pictures::delete::sidecar_place;
use crate::pictures::verify::digest_of;

/// Whether there was something to copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Copied {
    /// It stands at the other place.
    There,
    /// It stands at neither place.
    Nowhere,
}

impl StagedDeletion {
    /// Returns the staged deletes of `object`, in their order.
    pub(super) async fn tickets(&self, object: &ObjectRef) -> Result<Vec<Ticket>> {
        let mut tickets: Vec<Ticket> = Vec::new();
        let mut options = ListOptions {
            prefix: ticket::prefix(&object.key),
            ..ListOptions::default()
        };
        loop {
            let page = match self.store.list(&object.bucket, options.clone()).await {
                Ok(page) => page,
                Err(error) if is_missing(error.kind()) => return Ok(tickets),
                Err(error) => return Err(error),
            };
            for entry in page.entries {
                let Some((picture, number, part)) = ticket::parse(&entry.key) else {
                    continue;
                };
                if picture != object.key {
                    continue;
                }
                let known = tickets.last().is_some_and(|last| last.number == number);
                if !known {
                    tickets.push(Ticket::new(object, number));
                }
                if let Some(last) = tickets.last_mut() {
                    last.add(part, entry.last_modified);
                }
            }
            options.start_after = page.next_start_after;
            if options.start_after.is_none() {
                return Ok(tickets);
            }
        }
    }

    /// Returns the newest staged delete of `object` that was written down.
    pub(super) async fn newest(&self, object: &ObjectRef) -> Result<Option<Ticket>> {
        let tickets = self.tickets(object).await?;
        let real = |ticket: &Ticket| ticket.has(Part::Intent) || ticket.has(Part::Done);
        Ok(tickets.into_iter().rfind(real))
    }

    /// Makes an object that says something by being there; `false` when it was there already.
    pub(super) async fn mark(
        &self,
        ticket: &mut Ticket,
        part: Part,
        metadata: Metadata,
    ) -> Result<bool> {
        let place = ticket.place(part)?;
        let options = PutOptions::create_only().with_metadata(metadata);
        let made = match self.store.put(&place, "".into(), options).await {
            Ok(_) => true,
            Err(error) if error.kind() == StorageErrorKind::AlreadyExists => false,
            Err(error) => return Err(error),
        };
        ticket.add(part, None);
        Ok(made)
    }

    pub(super) async fn intent(&self, ticket: &Ticket) -> Result<Intent> {
        let place = ticket.place(Part::Intent)?;
        Intent::read(&place, &self.store.head(&place).await?)
    }

    /// Returns what was decided, if anything was.
    pub(super) async fn verdict(&self, ticket: &Ticket) -> Result<Option<Verdict>> {
        let place = ticket.place(Part::Verdict)?;
        match self.store.head(&place).await {
            Ok(info) => Verdict::read(&place, &info).map(Some),
            Err(error) if is_missing(error.kind()) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Decides, unless somebody else has decided already.
    pub(super) async fn decide(&self, ticket: &mut Ticket, verdict: Verdict) -> Result<()> {
        self.mark(ticket, Part::Verdict, verdict.to_metadata()?)
            .await
            .map(drop)
    }

    /// Hides the record and moves the picture and its sidecar away.
    pub(super) async fn move_away(&self, ticket: &mut Ticket) -> Result<()> {
        if ticket.has(Part::Moved) {
            return Ok(());
        }
        let names = self.names(ticket).await?;
        self.records.hide(&names).await?;
        let sidecar = sidecar_place(&ticket.object);
        let copied = self.keep(ticket, Part::Picture, &ticket.object).await?;
        if let Some(sidecar) = &sidecar {
            self.keep(ticket, Part::Sidecar, sidecar).await?;
        }
        if copied == Copied::Nowhere {
            tracing::info!(object.key = %ticket.object, "a picture vanished before it was moved");
            self.decide(ticket, Verdict::Purge).await?;
        }
        // Decided already means that others were faster: then the picture may be back and must stay.
        if self.verdict(ticket).await? != Some(Verdict::Restore) {
            self.store.delete(&ticket.object).await?;
            if let Some(sidecar) = &sidecar {
                self.store.delete(sidecar).await?;
            }
        }
        self.mark(ticket, Part::Moved, Metadata::new()).await?;
        // An undo that came between the look and the delete has its copy still.
        if self.verdict(ticket).await? == Some(Verdict::Restore) {
            self.bring_back(ticket, &names).await?;
        }
        Ok(())
    }

    /// Does what was decided, and says what it was.
    pub(super) async fn carry_out(&self, ticket: &mut Ticket) -> Result<Verdict> {
        let Some(verdict) = self.verdict(ticket).await? else {
            let error = StorageError::new(StorageErrorKind::Unexpected, "stage", &ticket.object);
            return Err(error.with_detail("its verdict has vanished"));
        };
        let names = self.names(ticket).await?;
        match verdict {
            Verdict::Restore => self.bring_back(ticket, &names).await?,
            Verdict::Purge => {
                self.records.remove(&names).await?;
                self.store.delete(&ticket.place(Part::Picture)?).await?;
                self.store.delete(&ticket.place(Part::Sidecar)?).await?;
            }
        }
        self.mark(ticket, Part::Done, Metadata::new()).await?;
        tracing::info!(object.key = %ticket.object, ?verdict, "a staged delete has ended");
        Ok(verdict)
    }

    /// Puts the picture and its sidecar back and shows the record.
    async fn bring_back(&self, ticket: &Ticket, names: &DeletionTicket) -> Result<()> {
        if let Some(sidecar) = sidecar_place(&ticket.object) {
            let copy = ticket.place(Part::Sidecar)?;
            self.copy(&copy, &sidecar).await?;
        }
        let copy = ticket.place(Part::Picture)?;
        if self.copy(&copy, &ticket.object).await? == Copied::Nowhere {
            let error = StorageError::new(StorageErrorKind::NotFound, "undo", &ticket.object);
            return Err(error.with_detail("neither the picture nor its copy is there"));
        }
        self.records.show(names).await
    }

    /// Copies an original to its part, unless that was done already.
    async fn keep(&self, ticket: &Ticket, part: Part, original: &ObjectRef) -> Result<Copied> {
        if ticket.has(part) {
            return Ok(Copied::There);
        }
        self.copy(original, &ticket.place(part)?).await
    }

    /// Copies an object with all that is known of it; what stands there already stays, and must be the same.
    async fn copy(&self, from: &ObjectRef, to: &ObjectRef) -> Result<Copied> {
        let found = match self.store.get(from, GetOptions::default()).await {
            Ok(found) => found,
            Err(error) if is_missing(error.kind()) => {
                // Somebody else has perhaps moved it a moment ago.
                return Ok(if self.exists(to).await? {
                    Copied::There
                } else {
                    Copied::Nowhere
                });
            }
            Err(error) => return Err(error),
        };
        let mut options = PutOptions::create_only().with_metadata(found.info.metadata.clone());
        options.content_type.clone_from(&found.info.content_type);
        options.sha256 = found.info.sha256;
        match self.store.put(to, found.body, options).await {
            Ok(_) => Ok(Copied::There),
            Err(error) if error.kind() == StorageErrorKind::AlreadyExists => {
                if self.is_same((from, &found.info), to).await? {
                    return Ok(Copied::There);
                }
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    /// Tells whether two objects have the same bytes.
    async fn is_same(
        &self,
        (from, info): (&ObjectRef, &ObjectInfo),
        to: &ObjectRef,
    ) -> Result<bool> {
        let there = self.store.head(to).await?;
        if info.size_bytes != there.size_bytes {
            return Ok(false);
        }
        let digest = match self.digest(from, info).await {
            // Whoever has moved it meanwhile has compared the two.
            Err(error) if is_missing(error.kind()) => return Ok(true),
            digest => digest?,
        };
        Ok(digest == self.digest(to, &there).await?)
    }

    /// Returns the digest that the store keeps of an object, and otherwise reads the object for it.
    async fn digest(&self, object: &ObjectRef, info: &ObjectInfo) -> Result<Sha256Digest> {
        match info.sha256 {
            Some(digest) => Ok(digest),
            None => Ok(digest_of(&*self.store, object).await?.1),
        }
    }

    async fn names(&self, ticket: &Ticket) -> Result<DeletionTicket> {
        Ok(DeletionTicket {
            object: ticket.object.clone(),
            id: self.intent(ticket).await?.id,
        })
    }
}
