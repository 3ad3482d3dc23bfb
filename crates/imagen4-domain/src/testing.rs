//! Mocks, fakes and the conformance suites of the stores, for tests of this and other crates.

pub mod conformance;
mod failing_dialogues;
mod faulty_store;
mod rebuilt;
mod recording_replies;
mod samples;
mod scripted_generator;

pub use failing_dialogues::FailingDialogues;
pub use faulty_store::{FaultyStore, StoreCall};
pub use rebuilt::LostWorld;
pub use recording_replies::{RecordingReplies, Sent};
pub use samples::{completed, completed_pictures, provider_links, request, step_to, user};
pub use scripted_generator::ScriptedGenerator;

pub use crate::conversation::dialogue::MockDialogueStore;
pub use crate::conversation::guard::MockUsers;
pub use crate::conversation::reply::MockReplies;
pub use crate::gallery::MockGalleryStore;
pub use crate::generator::MockImageGenerator;
pub use crate::policy::MockPromptPolicy;
pub use crate::store::MockGenerationStore;
