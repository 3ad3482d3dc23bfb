//! The calls of the port, as values.

/// A call of [`ObjectStore`](crate::ObjectStore).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// `put`
    Put,
    /// `get`
    Get,
    /// `head`
    Head,
    /// `delete`
    Delete,
    /// `delete_many`
    DeleteMany,
    /// `list`
    List,
    /// `sign_get`
    SignGet,
    /// `ensure_bucket`
    EnsureBucket,
}

impl Operation {
    /// All calls.
    pub const ALL: [Self; 8] = [
        Self::Put,
        Self::Get,
        Self::Head,
        Self::Delete,
        Self::DeleteMany,
        Self::List,
        Self::SignGet,
        Self::EnsureBucket,
    ];

    /// Returns the name of the method.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Put => "put",
            Self::Get => "get",
            Self::Head => "head",
            Self::Delete => "delete",
            Self::DeleteMany => "delete_many",
            Self::List => "list",
            Self::SignGet => "sign_get",
            Self::EnsureBucket => "ensure_bucket",
        }
    }
}

/// A number for each call.
#[derive(Debug, Default)]
pub(super) struct Tally([std::sync::atomic::AtomicU32; 8]);

impl Tally {
    /// Counts one more call and returns how many there are now.
    pub(super) fn add(&self, operation: Operation) -> u32 {
        self.0[operation as usize].fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1
    }

    pub(super) fn of(&self, operation: Operation) -> u32 {
        self.0[operation as usize].load(std::sync::atomic::Ordering::SeqCst)
    }
}
