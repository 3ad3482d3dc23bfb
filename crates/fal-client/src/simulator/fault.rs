//! What can be made to go wrong.

mod reach;
mod rule;
mod span;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use rule::{Rule, ScriptError, script_from_json};

pub(super) use rule::take;

/// A step of a request at which a fault can strike.
///
/// In a script it is a word: `submit`, `status`, `stream`, `result`, `cancel`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Step {
    /// The `POST` that submits, or that runs a model directly.
    Submit,
    /// The first `GET` of the status.
    Status,
    /// The first `GET` of the stream of states.
    Stream,
    /// The first `GET` of the result once the job has ended.
    Result,
    /// The first `PUT` that cancels.
    Cancel,
}

/// Something that goes wrong with one request.
///
/// Faults with a [`Step`] strike its answer once; at [`Step::Submit`] each says whether the request was accepted.
/// In a script a fault is its name in small letters, with its fields if it has any: `"refuse_prompt"`,
/// `{"slow": "2s"}`, `{"ingress": {"status": 503, "at": "submit"}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Fault {
    /// The model refuses the prompt: 422 `content_policy_violation`, with the whole input echoed.
    RefusePrompt,
    /// The model made nothing: 422 `no_media_generated`.
    NoMediaGenerated,
    /// The model fails with an error of its own, which only the result shows, as a list of details.
    ModelError {
        /// The HTTP status, such as 504.
        status: u16,
        /// The name in `type`, such as `generation_timeout`.
        error_type: String,
    },
    /// The model panics: 500 with one text for a detail, which only the result shows.
    Unhandled,
    /// The job completes with `error` and `error_type` in its status, as FAL reports runners that died.
    CompletesWithError {
        /// The text of `error`.
        error: String,
        /// The name in `error_type`, such as `runner_disconnected`.
        error_type: String,
    },
    /// Only this many of the pictures asked for come back; 0 is a success without any.
    FewerImages(u32),
    /// The output is JSON of another shape.
    WrongOutput,
    /// Pictures have their link and nothing else, as the first versions of Imagen 4 gave them.
    BareImages,
    /// Pictures come with a type, a size and a shape that are not theirs.
    WrongMetadata,

    /// The runner takes this much longer.
    Slow(#[serde(with = "span")] Duration),
    /// No runner ever takes the request; it waits until it is cancelled or its limit to start passes.
    NeverStarts,
    /// The runner dies half way; FAL puts the request at the head of the line and runs it again.
    Requeued,
    /// A cancel is accepted while the job runs, but the job completes all the same.
    IgnoresCancel,

    /// The connection ends without an answer, and nothing was accepted.
    DropBeforeAccept,
    /// The connection ends without an answer, although the request was accepted and will run.
    DropAfterAccept,
    /// 429 with `Retry-After`; nothing was accepted.
    TooManyRequests {
        /// The wait asked for, in whole seconds.
        #[serde(with = "span")]
        retry_after: Duration,
    },
    /// 403 `User is locked`, as for an account without balance; nothing was accepted.
    Locked,
    /// An HTML page of nginx without `x-fal-request-id`, although the request was accepted and will run.
    IngressAfterAccept {
        /// The HTTP status, 500 to 599; any other is sent as 503.
        status: u16,
    },
    /// The links in the answer to the submit lead to the media origin, where the key must never go.
    ForeignLinks,
    /// The request is accepted and runs, but from then on FAL knows nothing of it: 404 `NOT_FOUND`.
    Forgotten,

    /// An HTML page of nginx without `x-fal-request-id`, once; at [`Step::Submit`] nothing was accepted.
    Ingress {
        /// The HTTP status, 500 to 599; any other is sent as 503.
        status: u16,
        /// Where it strikes.
        at: Step,
    },
    /// An error of FAL's own machinery, in JSON; at [`Step::Submit`] nothing was accepted.
    Infrastructure {
        /// The name in `error_type`, such as `runner_scheduling_failure`; it decides the HTTP status.
        error_type: String,
        /// Where it strikes.
        at: Step,
    },
    /// 401, as for a key that was revoked; at [`Step::Submit`] nothing was accepted.
    KeyRefused {
        /// Where it strikes.
        at: Step,
    },
    /// 307 to the media origin, where the key must never go; at [`Step::Submit`] nothing was accepted.
    Redirect {
        /// Where it strikes.
        at: Step,
    },
    /// The connection ends without an answer; at [`Step::Submit`] the request was accepted.
    DropAnswer {
        /// Where it strikes.
        at: Step,
    },
    /// The answer comes late; at [`Step::Submit`] the request was accepted.
    SlowAnswer {
        /// How late.
        #[serde(with = "span")]
        by: Duration,
        /// Where it strikes.
        at: Step,
    },
    /// The connection ends half way through the body, against its length; at [`Step::Submit`] the request was
    /// accepted.
    TruncatedAnswer {
        /// Where it strikes.
        at: Step,
    },
    /// The answer has no body; at [`Step::Submit`] the request was accepted.
    EmptyAnswer {
        /// Where it strikes.
        at: Step,
    },
    /// The answer is cut off inside the JSON; at [`Step::Submit`] the request was accepted.
    GarbageJson {
        /// Where it strikes.
        at: Step,
    },
    /// 200 with a page of HTML, as a proxy on the way gives it; at [`Step::Submit`] the request was accepted.
    HtmlPage {
        /// Where it strikes.
        at: Step,
    },
    /// The first status names a state that the protocol does not have.
    UnknownState,
    /// The first `GET` of the result answers 504, although the job has completed.
    ResultTimesOut,

    /// The connection of a stream ends after this many events.
    StreamBreaks {
        /// How many events come first.
        after: u32,
    },
    /// A stream ends in good order after this many events, before its job does.
    StreamEnds {
        /// How many events come first.
        after: u32,
    },
    /// A stream falls silent after this many events, without even a sign of life.
    StreamStalls {
        /// How many events come first.
        after: u32,
    },
    /// A stream sends an event that is no JSON after this many that are.
    StreamGarbage {
        /// How many events come first.
        after: u32,
    },

    /// The links of the pictures answer 404.
    MediaMissing,
    /// The links answer 404 once this much time has passed since the pictures were made.
    MediaExpires(#[serde(with = "span")] Duration),
    /// The links answer 403.
    MediaForbidden,
    /// The links answer 503 this many times each, and then the picture.
    MediaUnavailable {
        /// How often.
        times: u32,
    },
    /// The pictures come this much later.
    MediaSlow(#[serde(with = "span")] Duration),
    /// The connection ends half way through each picture, against its `Content-Length`.
    MediaTruncated,
    /// The links answer 200 with no byte at all.
    MediaEmpty,
    /// The links answer bytes that are no picture and are called `image/png`.
    MediaGarbage,
    /// The links answer an HTML page that is called `image/png`.
    MediaWrongType,
    /// The pictures are right but called by another type, as `image/gif`.
    MediaMislabelled,
    /// The links answer 302 to the origin of the queue: a private address that no picture may come from.
    MediaRedirects,

    /// No webhook is delivered.
    WebhookLost,
    /// The webhook is delivered twice, whatever the receiver answers.
    WebhookTwice,
    /// The webhook is delivered before the submit is answered.
    WebhookFirst,
    /// The webhook is delivered this much later.
    WebhookLate(#[serde(with = "span")] Duration),
    /// The body of each delivery is changed after it was signed.
    WebhookTampered,
    /// Each delivery is signed by a key that is not FAL's.
    WebhookForged,
    /// Each delivery was signed ten minutes ago.
    WebhookStale,
    /// Each delivery comes without the headers of a signature.
    WebhookUnsigned,
    /// Deliveries say that the output could not be delivered: the job went well all the same.
    WebhookWithoutPayload,
}
