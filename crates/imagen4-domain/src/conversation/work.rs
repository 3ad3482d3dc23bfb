//! Long work: pictures are made in tasks of their own, and the chat hears how it goes.

mod making;
mod progress;

use std::collections::HashSet;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

pub(super) use making::Order;

use crate::UserId;

/// Whose pictures are being made in this process. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Busy(Arc<Mutex<HashSet<UserId>>>);

/// The mark of one user, until it is dropped.
#[derive(Debug)]
pub(super) struct Ticket {
    user: UserId,
    busy: Busy,
}

impl Busy {
    /// Marks `user`; `None` when they are marked already.
    pub(super) fn begin(&self, user: &UserId) -> Option<Ticket> {
        let is_new = self.lock().insert(user.clone());
        is_new.then(|| Ticket {
            user: user.clone(),
            busy: self.clone(),
        })
    }

    /// Tells whether `user` is marked.
    pub(super) fn is_busy(&self, user: &UserId) -> bool {
        self.lock().contains(user)
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<UserId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.busy.lock().remove(&self.user);
    }
}

/// The tasks under way. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Tasks(Arc<watch::Sender<usize>>);

/// One task under way, until it is dropped.
struct UnderWay(Tasks);

impl Tasks {
    /// Begins `work` in a task of its own.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.0.send_modify(|count| *count += 1);
        let under_way = UnderWay(self.clone());
        tokio::spawn(async move {
            work.await;
            drop(under_way);
        });
    }

    /// Waits until no task is under way.
    pub(super) async fn finish(&self) {
        let mut count = self.0.subscribe();
        // It fails only once the sender is gone, and that is ours.
        let _ = count.wait_for(|count| *count == 0).await;
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0
            .0
            .send_modify(|count| *count = count.saturating_sub(1));
    }
}
