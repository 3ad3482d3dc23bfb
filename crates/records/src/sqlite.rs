//! The record store in SQLite: one file, no server.

mod classify;
mod config;
mod migrate;
mod rows;
mod store;

pub use config::SqliteSettings;
pub use store::SqliteGenerationStore;
