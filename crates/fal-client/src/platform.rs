//! The port of FAL's platform: the account's requests, and what FAL keeps of them.

mod find;
mod types;

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;

pub use find::{FalPlatformExt, LostSearch};
pub use types::{PayloadDeletion, RequestPage, RequestQuery, RequestRecord};

use crate::{FalError, RequestId};

/// FAL's platform: the account's requests, and what FAL keeps of them.
///
/// - **Nothing is paid** here, so every call may be repeated.
/// - **Order** of a listing is the platform's own; whoever needs another one sorts.
/// - **Completeness.** A request may be listed only once it has started or ended; its absence proves nothing while
///   a job may still be under way.
/// - **Clones** of an adapter share their connections.
///
/// FAL does not document which requests are listed while they are under way, nor which status a key without the
/// admin scope gets; 403 is assumed, 401 being that of a key which FAL does not know.
///
/// Source: FAL's platform API, `GET /models/requests/by-endpoint` and
/// `DELETE /models/requests/{request_id}/payloads`.
#[cfg_attr(feature = "testing", mockall::automock)]
#[async_trait]
pub trait FalPlatform: Debug + Send + Sync + 'static {
    /// Returns one page of the account's requests to one model.
    ///
    /// # Errors
    ///
    /// `Unauthorized` for a wrong key, `RateLimited` with the time to wait, `Malformed` for an answer of another
    /// shape.
    ///
    /// # Cancellation
    ///
    /// Safe: nothing changes.
    async fn list_requests(&self, query: &RequestQuery) -> Result<RequestPage, FalError>;

    /// Destroys what FAL keeps of a request: its input and output, and the files of the output.
    ///
    /// Files of the input stay, since other requests may use them. It cannot be undone. A request of which
    /// nothing is kept is an outcome and no error, so a delete may be repeated.
    ///
    /// # Errors
    ///
    /// `NeedsAdminKey` when the key has no admin scope.
    ///
    /// # Cancellation
    ///
    /// It may have been done all the same; repeating it is safe.
    async fn delete_payload(&self, request_id: &RequestId) -> Result<PayloadDeletion, FalError>;
}

macro_rules! forward {
    ($pointer:ident) => {
        #[deny(clippy::missing_trait_methods)]
        #[async_trait]
        impl<P: FalPlatform + ?Sized> FalPlatform for $pointer<P> {
            async fn list_requests(&self, query: &RequestQuery) -> Result<RequestPage, FalError> {
                (**self).list_requests(query).await
            }

            async fn delete_payload(
                &self,
                request_id: &RequestId,
            ) -> Result<PayloadDeletion, FalError> {
                (**self).delete_payload(request_id).await
            }
        }
    };
}

forward!(Arc);
forward!(Box);
