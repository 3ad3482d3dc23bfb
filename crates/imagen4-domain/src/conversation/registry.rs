//! The registry: what leads to which handler, without two that get in each other's way.

mod pattern;

use std::fmt;

pub use pattern::Pattern;

use super::callback::CallbackName;
use super::dialogue::StepName;

/// What a route answers to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trigger {
    /// A button whose text fits the pattern.
    Callback(Pattern),
    /// A message that begins with a slash and this word.
    Command(&'static str),
    /// Any other message while the dialogue is at this step.
    Text(StepName),
}

impl fmt::Display for Trigger {
    /// Writes the pattern, the command with its slash, or the step.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Callback(pattern) => pattern.fmt(f),
            Self::Command(word) => write!(f, "/{word}"),
            Self::Text(step) => step.fmt(f),
        }
    }
}

/// Where a route leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Handler {
    /// To what the button says.
    Callback(CallbackName),
    /// To the menu.
    Menu,
    /// To the gallery.
    Gallery,
    /// Back to the menu, with nothing waited for.
    Cancel,
    /// To the prompt that a message is.
    TakePrompt,
    /// To the days that a message names.
    TakeDays,
    /// To a hint that there is a menu.
    Hint,
}

/// A trigger and where it leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// What it answers to.
    pub trigger: Trigger,
    /// Where it leads.
    pub handler: Handler,
}

/// Why a route is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RouteError {
    /// Another route answers to the very same.
    #[error("{trigger} is registered twice")]
    Duplicate {
        /// What both answer to.
        trigger: String,
    },
    /// A route before it answers to everything that it would.
    #[error("{trigger} is never reached: {by} catches all of it first")]
    Shadowed {
        /// What would never be reached.
        trigger: String,
        /// What stands before it.
        by: String,
    },
    /// A pattern has no constant part, more than one part, or something behind its part.
    #[error("{pattern} is no pattern: it has a constant part, and at most one {{part}} at its end")]
    Malformed {
        /// Its text.
        pattern: String,
    },
}

/// The routes in order; the first that fits is taken.
///
/// It takes no route that another one before it always catches, so every route in it can be reached.
///
/// # Examples
///
/// ```
/// use imagen4_domain::conversation::{CallbackName, Handler, Registry, RouteError, Trigger};
///
/// let handler = Handler::Callback(CallbackName::Gallery);
/// let mut registry = Registry::new();
/// registry.add(Trigger::Callback("my_gallery{rest}".parse()?), handler)?;
/// let shadowed = registry.add(Trigger::Callback("my_gallery_return:{id}".parse()?), handler);
/// assert!(matches!(shadowed, Err(RouteError::Shadowed { .. })));
/// # Ok::<(), RouteError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Registry(Vec<Route>);

impl Registry {
    /// Returns the registry without routes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the registry of the conversation: every callback, the commands, and every step of the dialogue.
    ///
    /// # Errors
    ///
    /// [`RouteError`] when two routes get in each other's way; then the program is wrong and must not start.
    pub fn of_the_conversation() -> Result<Self, RouteError> {
        let mut registry = Self::new();
        for name in CallbackName::ALL {
            let pattern = name.form().parse()?;
            registry.add(Trigger::Callback(pattern), Handler::Callback(name))?;
        }
        for (word, handler) in [
            ("start", Handler::Menu),
            ("menu", Handler::Menu),
            ("gallery", Handler::Gallery),
            ("cancel", Handler::Cancel),
        ] {
            registry.add(Trigger::Command(word), handler)?;
        }
        for step in StepName::ALL {
            let handler = match step {
                StepName::Idle => Handler::Hint,
                StepName::WaitingForPrompt | StepName::ChoosingRatio => Handler::TakePrompt,
                StepName::WaitingForDays => Handler::TakeDays,
            };
            registry.add(Trigger::Text(step), handler)?;
        }
        Ok(registry)
    }

    /// Adds a route behind the others.
    ///
    /// # Errors
    ///
    /// `Duplicate` and `Shadowed`; nothing is added then.
    pub fn add(&mut self, trigger: Trigger, handler: Handler) -> Result<(), RouteError> {
        for route in &self.0 {
            if route.trigger == trigger {
                let trigger = trigger.to_string();
                return Err(RouteError::Duplicate { trigger });
            }
            if let (Trigger::Callback(before), Trigger::Callback(added)) =
                (&route.trigger, &trigger)
                && before.catches_all_of(added)
            {
                return Err(RouteError::Shadowed {
                    trigger: trigger.to_string(),
                    by: before.to_string(),
                });
            }
        }
        self.0.push(Route { trigger, handler });
        Ok(())
    }

    /// Returns the routes in order.
    pub fn routes(&self) -> &[Route] {
        &self.0
    }

    /// Returns where a button with this text leads, with the part that it carries.
    pub fn callback<'a>(&self, data: &'a str) -> Option<(Handler, &'a str)> {
        self.0.iter().find_map(|route| match &route.trigger {
            Trigger::Callback(pattern) => Some((route.handler, pattern.argument_in(data)?)),
            _ => None,
        })
    }

    /// Returns where a command leads; `word` is without its slash.
    pub fn command(&self, word: &str) -> Option<Handler> {
        self.find(|trigger| matches!(trigger, Trigger::Command(known) if *known == word))
    }

    /// Returns where a message at this step of the dialogue leads.
    pub fn text(&self, step: StepName) -> Option<Handler> {
        self.find(|trigger| *trigger == Trigger::Text(step))
    }

    fn find(&self, fits: impl Fn(&Trigger) -> bool) -> Option<Handler> {
        let mut routes = self.0.iter();
        let found = routes.find(|route| fits(&route.trigger))?;
        Some(found.handler)
    }
}

#[cfg(test)]
mod tests;
