//! The record store in SQLite: one file, no server.

mod classify;
mod config;
mod gallery;
mod index;
mod migrate;
mod rows;
mod store;

pub use config::SqliteSettings;
pub use index::SqlitePictureIndex;
pub use store::SqliteGenerationStore;
