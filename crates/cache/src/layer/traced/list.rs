//! Spans of the list port.

use futures_util::future::BoxFuture;
use tracing::Span;

use super::{Answer, Traced, inside, nothing, span, traced};
use crate::{CacheKey, FillToken, ListLimits, RecentList, RecentPage};

#[expect(clippy::ref_option, reason = "the answer is looked at where it is")]
fn found(span: &Span, page: &Option<RecentPage>) {
    if let Some(page) = page {
        span.record("count", page.ids.len());
    }
}

#[deny(clippy::missing_trait_methods)]
impl<S: RecentList> RecentList for Traced<S> {
    traced! {
        "list.page": page<'a>(key: &'a CacheKey, offset: usize, limit: usize) -> Option<RecentPage>,
            of key, recording found;
        "list.push": push<'a, 'b, 'c>(key: &'a CacheKey, id: &'b str, limits: &'c ListLimits) -> bool,
            of key, recording nothing;
        "list.remove":
            remove<'a, 'b, 'c>(key: &'a CacheKey, id: &'b str, limits: &'c ListLimits) -> bool,
            of key, recording nothing;
        "list.token": token<'a>(key: &'a CacheKey) -> FillToken, of key, recording nothing;
        "list.fill":
            fill<'a, 'b, 'c, 'd>(
                key: &'a CacheKey,
                token: &'b FillToken,
                ids: &'c [String],
                limits: &'d ListLimits
            ) -> bool,
            of key, recording nothing;
        "list.forget": forget<'a>(key: &'a CacheKey) -> bool, of key, recording nothing;
    }
}
