//! Mocks, fakes and the conformance suite of the record store, for tests of this and other crates.

pub mod conformance;
mod faulty_store;
mod rebuilt;
mod samples;
mod scripted_generator;

pub use faulty_store::{FaultyStore, StoreCall};
pub use rebuilt::LostWorld;
pub use samples::{completed, completed_pictures, provider_links, request, step_to, user};
pub use scripted_generator::ScriptedGenerator;

pub use crate::conversation::dialogue::MockDialogueStore;
pub use crate::conversation::guard::MockUsers;
pub use crate::conversation::reply::MockReplies;
pub use crate::gallery::MockGalleryStore;
pub use crate::generator::MockImageGenerator;
pub use crate::policy::MockPromptPolicy;
pub use crate::store::MockGenerationStore;
