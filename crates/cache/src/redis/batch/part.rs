//! What a script does of a step, and in which order the servers of a Cluster do it.

use deadpool_redis::redis::ScriptInvocation;

use crate::redis::list::{marker_of, new_token, token_of, with_token};
use crate::{CacheKey, Step};

/// A step, or the half of one.
#[derive(Clone)]
pub(super) struct Part<'a> {
    step: &'a Step,
    how: How,
    /// Voids the tokens given before, and lets only the change that hid a list show it.
    token: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// All of it.
    Whole,
    /// The old state becomes a miss: a value is removed, a list is changed and looks cold.
    Hide,
    /// The new state can be read: a value is set, a list looks warm again.
    Show,
}

impl<'a> Part<'a> {
    pub(super) fn whole(step: &'a Step) -> Self {
        Self {
            step,
            how: How::Whole,
            token: new_token(),
        }
    }

    fn half(&self, how: How) -> Self {
        Self {
            how,
            ..self.clone()
        }
    }

    pub(super) fn key(&self) -> &'a CacheKey {
        self.step.key()
    }

    /// Adds the keys and arguments that `batch.lua` takes for it.
    pub(super) fn add_to(&self, script: &mut ScriptInvocation<'_>) {
        let key = self.key();
        script.key(key.as_str());
        match (self.step, self.how) {
            (Step::Set { .. }, How::Hide) | (Step::Delete { .. }, _) => {
                script.arg("delete");
            }
            (Step::Set { value, ttl, .. }, _) => {
                script.arg("set").arg(value.as_ref()).arg(ttl.as_millis());
            }
            (Step::Bump { ttl, .. }, _) => {
                script.arg("bump").arg(ttl.as_millis());
            }
            (Step::Forget { .. }, _) => {
                script.key(marker_of(key)).key(token_of(key)).arg("forget");
            }
            (Step::Push { .. } | Step::Remove { .. }, How::Show) => {
                script.key(marker_of(key)).key(token_of(key));
                script.arg("show").arg(&self.token);
            }
            (Step::Push { id, limits, .. } | Step::Remove { id, limits, .. }, _) => {
                script.key(marker_of(key)).key(token_of(key));
                script.arg(self.step.as_str());
                with_token(script, &self.token);
                script
                    .arg(self.hiding())
                    .arg(id)
                    .arg(limits.ttl.as_millis());
                if matches!(self.step, Step::Push { .. }) {
                    script.arg(limits.cap.get());
                }
            }
        }
    }

    /// What stands before the state in the marker of the list, so that it looks cold.
    fn hiding(&self) -> String {
        match self.how {
            How::Hide => format!("hidden-{}-", self.token),
            How::Whole | How::Show => String::new(),
        }
    }
}

/// Returns the pieces in which the servers of a Cluster do `steps`, one key each.
///
/// First all that makes things unknown: removals, raised versions, and the hiding of every value and list but one.
/// That one is changed whole; until then only old states and misses are read, and afterwards only new ones and
/// misses. What was hidden is shown last.
pub(super) fn pieces(steps: &[Step]) -> Vec<Part<'_>> {
    let (mut seen, mut unseen): (Vec<_>, Vec<_>) =
        steps.iter().map(Part::whole).partition(|part| {
            matches!(
                part.step,
                Step::Set { .. } | Step::Push { .. } | Step::Remove { .. }
            )
        });
    let turn = seen.pop();
    unseen.extend(seen.iter().map(|part| part.half(How::Hide)));
    unseen.extend(turn);
    unseen.extend(seen.iter().map(|part| part.half(How::Show)));
    unseen
}
