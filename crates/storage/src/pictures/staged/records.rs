//! The record side of a staged delete, as a port.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::error::Result;
use crate::name::ObjectRef;

/// One staged delete of one picture.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DeletionTicket {
    /// The picture.
    pub object: ObjectRef,
    /// The id of this delete; a later delete of the same picture has another one.
    pub id: String,
}

/// Hides, shows and removes the record of a picture while it is deleted in stages.
///
/// # Contract
///
/// - **Repeats** are safe: after a crash, and when several workers go on at once, each call comes again.
/// - **A picture without a record** is fine: there is nothing to do.
/// - **Late calls change nothing**: once `show` or `remove` was confirmed for a ticket, a further call with the same id
///   comes from a worker that stood still, and must neither hide the picture nor show it, since a later delete may
///   have begun. So the ids of deletes that have ended are kept, for longer than a worker can stand still.
/// - **Durable**: what was confirmed survives the process, since the object goes right after it.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait DeletionRecords: fmt::Debug + Send + Sync + 'static {
    /// Sees to it that nobody is shown the picture any more; that it can come back is kept.
    ///
    /// # Errors
    ///
    /// The failures of the record store; nothing happens to the picture then.
    ///
    /// # Cancellation
    ///
    /// It is hidden or not; the call comes again.
    async fn hide(&self, ticket: &DeletionTicket) -> Result<()>;

    /// Shows the picture again; its object is back.
    ///
    /// # Errors
    ///
    /// The failures of the record store; the call comes again.
    ///
    /// # Cancellation
    ///
    /// It is shown or not; the call comes again.
    async fn show(&self, ticket: &DeletionTicket) -> Result<()>;

    /// Removes what the records know of the picture; it will not come back.
    ///
    /// # Errors
    ///
    /// The failures of the record store; the call comes again.
    ///
    /// # Cancellation
    ///
    /// It is removed or not; the call comes again.
    async fn remove(&self, ticket: &DeletionTicket) -> Result<()>;
}

/// The record side where there are no records to keep: every call is done at once.
#[derive(Debug, Clone, Copy, Default)]
pub struct WithoutRecords;

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl DeletionRecords for WithoutRecords {
    async fn hide(&self, _ticket: &DeletionTicket) -> Result<()> {
        Ok(())
    }

    async fn show(&self, _ticket: &DeletionTicket) -> Result<()> {
        Ok(())
    }

    async fn remove(&self, _ticket: &DeletionTicket) -> Result<()> {
        Ok(())
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<R: DeletionRecords + ?Sized> DeletionRecords for Arc<R> {
    async fn hide(&self, ticket: &DeletionTicket) -> Result<()> {
        (**self).hide(ticket).await
    }

    async fn show(&self, ticket: &DeletionTicket) -> Result<()> {
        (**self).show(ticket).await
    }

    async fn remove(&self, ticket: &DeletionTicket) -> Result<()> {
        (**self).remove(ticket).await
    }
}
