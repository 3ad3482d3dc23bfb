//! The readers of this adapter, for `testing::fuzz`.

use std::collections::VecDeque;

use super::{
    classify::{self, Facts},
    exchange::Answer,
    files::{Initiated, Taken},
    platform::{Deleted, Listed},
    runner::read_piece,
    sse::SseParser,
    watch::read_state,
};
use crate::{Endpoint, Operation};

/// An answer without success is some error, whatever the operation and the status.
pub(crate) fn answer(bytes: &[u8]) {
    let (status, body) = bytes.split_at(bytes.len().min(2));
    let status = status
        .iter()
        .fold(0, |status, byte| status * 256 + u16::from(*byte))
        % 600;
    let answer = Answer {
        facts: Facts {
            status,
            ..Facts::default()
        },
        body: body.to_vec(),
    };
    for operation in [
        Operation::Submit,
        Operation::Status,
        Operation::Result,
        Operation::Cancel,
        Operation::Run,
        Operation::List,
        Operation::DeletePayload,
    ] {
        let error = classify::of_answer(operation, &answer);
        assert!(
            error
                .reason()
                .is_none_or(|reason| reason.chars().count() <= 200)
        );
    }
    let _ = classify::cancel_outcome(&answer);
    if let Ok(text) = std::str::from_utf8(bytes) {
        drop(read_state(text));
        drop(read_piece(text));
        drop(classify::of_event(Operation::Run, text));
    }
}

/// A page, the answer to a delete, or the answer to the wish to upload.
pub(crate) fn platform(bytes: &[u8]) {
    let asked = Endpoint::try_from("a/b");
    if let (Ok(listed), Ok(asked)) = (serde_json::from_slice::<Listed>(bytes), asked) {
        drop(listed.into_page(&asked));
    }
    if let Ok(deleted) = serde_json::from_slice::<Deleted>(bytes) {
        drop(deleted.into_deletion());
    }
    drop(serde_json::from_slice::<Initiated>(bytes));
    let _ = Taken::tag(bytes);
}

/// A stream as a whole and in pieces whose sizes its first byte gives.
pub(crate) fn sse(bytes: &[u8]) {
    let Some((size, text)) = bytes.split_first() else {
        return;
    };
    let read = |size: usize| {
        let mut parser = SseParser::with_limit(1024);
        let mut events = VecDeque::new();
        let fed = text
            .chunks(size.max(1))
            .try_for_each(|chunk| parser.feed(chunk, &mut events));
        fed.map(|()| events)
    };
    assert_eq!(read(text.len()), read(usize::from(*size)));
}
