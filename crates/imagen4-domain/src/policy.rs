//! Which prompts are let through, as a port.

mod word_list;

use std::fmt::Debug;
use std::sync::Arc;

pub use word_list::WordList;

use crate::Prompt;

/// Decides whether a prompt may be sent to a model.
///
/// It is asked after the input is checked and before anything is recorded or paid.
/// It answers at once and from memory; a judge that needs the network belongs before the service.
/// The same prompt gets the same answer, and a clone decides alike.
#[cfg_attr(feature = "testing", mockall::automock)]
pub trait PromptPolicy: Debug + Send + Sync + 'static {
    /// Lets `prompt` pass or says why not.
    ///
    /// # Errors
    ///
    /// [`PolicyRefusal`] with a reason that may be shown to the user.
    fn check(&self, prompt: &Prompt) -> Result<(), PolicyRefusal>;
}

macro_rules! forward {
    ($($pointer:ident),*) => {$(
        #[deny(clippy::missing_trait_methods)]
        impl<P: PromptPolicy + ?Sized> PromptPolicy for $pointer<P> {
            fn check(&self, prompt: &Prompt) -> Result<(), PolicyRefusal> {
                (**self).check(prompt)
            }
        }
    )*};
}

forward!(Arc, Box);

/// A prompt was refused by a policy of ours. Nothing was recorded and nothing is paid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct PolicyRefusal {
    reason: String,
}

impl PolicyRefusal {
    /// Returns a refusal with a reason for the user: a lower-case fragment that quotes nothing of the prompt.
    pub fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
        }
    }

    /// Returns the reason for the user.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

/// The policy that lets everything pass: the model's own judgement is the only one.
#[derive(Debug, Clone, Copy, Default)]
pub struct AllowAll;

impl PromptPolicy for AllowAll {
    fn check(&self, _prompt: &Prompt) -> Result<(), PolicyRefusal> {
        Ok(())
    }
}
