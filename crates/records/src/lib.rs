#![cfg_attr(feature = "sqlite", doc = include_str!("../README.md"))]
#![cfg_attr(
    not(feature = "sqlite"),
    doc = "The records of generations in SQL; the feature `sqlite` brings the store."
)]

#[cfg(feature = "sqlite")]
pub mod sqlite;

#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteGenerationStore, SqlitePictureIndex, SqliteSettings};
