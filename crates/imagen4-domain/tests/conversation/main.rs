//! The conversation, over fakes that can be told to fail.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test reports by panicking"
)]

mod dialogues;
mod gallery;
mod guard;
mod making;
mod russian;
mod two_users;
mod world;
