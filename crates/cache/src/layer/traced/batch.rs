//! Spans of the port of batches.

use std::fmt;

use futures_util::future::BoxFuture;
use tracing::Span;

use super::{Answer, Traced, inside, span, traced};
use crate::{Batch, Step};

/// The first of many keys stands for all: a span is no place for a list.
struct First<'a>(&'a [Step]);

impl fmt::Display for First<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.first() {
            Some(step) => step.key().fmt(f),
            None => f.write_str("none"),
        }
    }
}

#[deny(clippy::missing_trait_methods)]
impl<S: Batch> Batch for Traced<S> {
    traced! {
        "batch.apply": apply<'a>(steps: &'a [Step]) -> (),
            of First(steps), recording |span: &Span, (): &()| {
                span.record("count", steps.len());
            };
    }
}
