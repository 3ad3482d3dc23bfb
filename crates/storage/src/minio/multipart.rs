//! Uploads in parts, for bodies of unknown length.

use std::fmt::Write as _;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, TryStreamExt, stream};
use reqwest::Method;

use super::classify::{self, ErrorDocument, element};
use super::control_plane::{ControlPlane, unescape};
use super::data_plane::{Call, DataPlane};
use super::headers;
use super::outgoing::Outgoing;
use crate::body::{Body, BodyStream};
use crate::error::{Result, StorageError, StorageErrorKind};
use crate::intake::Intake;
use crate::name::ObjectRef;
use crate::object::PutReceipt;
use crate::options::{PutMode, PutOptions};
use crate::sigv4::Payload;

/// The size of a part; S3 takes parts from 5 MiB on.
const PART_BYTES: usize = 8 * 1024 * 1024;

/// So many parts are sent at once; with the one being read that bounds the memory to 32 MiB.
const PARTS_IN_FLIGHT: usize = 3;

/// The most parts that S3 takes.
const MAX_PARTS: u32 = 10_000;

/// Cuts a body into parts.
pub(super) struct Parts {
    pieces: BodyStream,
    rest: BytesMut,
    ended: bool,
}

impl Parts {
    pub(super) fn of(body: Body) -> Self {
        Self {
            pieces: body.into_stream(),
            rest: BytesMut::new(),
            ended: false,
        }
    }

    /// Returns the next part, shorter than the others only at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>> {
        while !self.ended && self.rest.len() < PART_BYTES {
            match self.pieces.next().await.transpose()? {
                Some(piece) => self.rest.extend_from_slice(&piece),
                None => self.ended = true,
            }
        }
        let length = self.rest.len().min(PART_BYTES);
        Ok((length > 0).then(|| self.rest.split_to(length).freeze()))
    }

    /// Tells whether all parts were given.
    pub(super) fn is_done(&self) -> bool {
        self.ended && self.rest.is_empty()
    }
}

/// Sends `first` and the other `parts` and makes one object of them.
pub(super) async fn upload(
    control: &ControlPlane,
    data: &Arc<DataPlane>,
    object: &ObjectRef,
    options: &PutOptions,
    first: Bytes,
    parts: Parts,
) -> Result<PutReceipt> {
    let upload_id = control.begin_upload(object, options).await?;
    let upload = Upload {
        data: Arc::clone(data),
        object: object.clone(),
        id: upload_id,
        open: true,
    };
    match upload.send_and_complete(options, first, parts).await {
        Ok(receipt) => {
            upload.done();
            Ok(receipt)
        }
        Err(error) => {
            upload.abort().await;
            Err(error)
        }
    }
}

/// An upload that the server holds open.
///
/// When the put is dropped in the middle, the upload is aborted by a task of its own: that works while a
/// runtime is running, and does not when the process dies. A lifecycle rule that aborts incomplete
/// uploads after a day clears what is left.
struct Upload {
    data: Arc<DataPlane>,
    object: ObjectRef,
    id: String,
    open: bool,
}

/// The parts that were sent, in order, and the length of all.
struct Sent {
    etags: Vec<String>,
    size_bytes: u64,
}

impl Upload {
    async fn send_and_complete(
        &self,
        options: &PutOptions,
        first: Bytes,
        parts: Parts,
    ) -> Result<PutReceipt> {
        let mut size_bytes = 0;
        let etags = numbered(&self.object, first, parts, Intake::new(options.sha256))
            .map_ok(|(number, part)| self.send_part(number, part))
            .try_buffered(PARTS_IN_FLIGHT)
            .map_ok(|(etag, length)| {
                size_bytes += length;
                etag
            })
            .try_collect()
            .await?;
        self.complete(options.mode, Sent { etags, size_bytes })
            .await
    }

    async fn send_part(&self, number: u32, part: Bytes) -> Result<(String, u64)> {
        let length = part.len() as u64;
        let call = Call {
            query: vec![
                ("partNumber", number.to_string()),
                ("uploadId", self.id.clone()),
            ],
            content: Some(Outgoing::of_bytes(part)),
            ..Call::new("put", &self.object, Method::PUT)
        };
        let response = self.data.send(call).await?;
        let etag = headers::etag(response.headers()).ok_or_else(|| self.strange("no etag"))?;
        Ok((etag, length))
    }

    async fn complete(&self, mode: PutMode, sent: Sent) -> Result<PutReceipt> {
        let document = completion(&sent.etags);
        let mut headers = vec![("content-type".to_owned(), "application/xml".to_owned())];
        if mode == PutMode::CreateOnly {
            headers.push(("if-none-match".to_owned(), "*".to_owned()));
        }
        let call = Call {
            query: vec![("uploadId", self.id.clone())],
            headers,
            payload: Payload::Sha256(
                crate::object::Sha256Digest::of(document.as_bytes()).to_string(),
            ),
            content: Some(Outgoing::of_bytes(document.into())),
            ..Call::new("put", &self.object, Method::POST)
        };
        let response = self.data.send(call).await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = self.data.document("put", &self.object, response).await?;
        // S3 may find out that it failed only after it has said 200.
        if text.contains("<Error") {
            let document = ErrorDocument::read(&text);
            return Err(classify::of_answer(
                "put",
                &self.object,
                status,
                &headers,
                &document,
            ));
        }
        // Anything but the tag of the whole says nothing, and then the object is perhaps there.
        let etag = element(&text, "ETag").ok_or_else(|| {
            StorageError::new(StorageErrorKind::Unavailable, "put", &self.object)
                .with_detail("no entity tag in the answer")
        })?;
        Ok(PutReceipt {
            size_bytes: sent.size_bytes,
            etag: Some(headers::bare_etag(&unescape(etag))),
        })
    }

    fn strange(&self, detail: &str) -> StorageError {
        StorageError::new(StorageErrorKind::Unexpected, "put", &self.object).with_detail(detail)
    }

    fn done(mut self) {
        self.open = false;
    }

    async fn abort(mut self) {
        send_abort(&self.data, &self.object, &self.id).await;
        self.open = false;
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !self.open {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (data, object) = (Arc::clone(&self.data), self.object.clone());
            let upload_id = std::mem::take(&mut self.id);
            runtime.spawn(async move { send_abort(&data, &object, &upload_id).await });
        }
    }
}

async fn send_abort(data: &DataPlane, object: &ObjectRef, upload_id: &str) {
    let call = Call {
        query: vec![("uploadId", upload_id.to_owned())],
        ..Call::new("put", object, Method::DELETE)
    };
    if let Err(error) = data.send(call).await {
        tracing::warn!(
            object.key = %object.key,
            error = &error as &dyn std::error::Error,
            "an incomplete upload stays on the server"
        );
    }
}

/// Returns the parts with their numbers; the end is an error when the digest of all is wrong.
fn numbered(
    object: &ObjectRef,
    first: Bytes,
    parts: Parts,
    intake: Intake,
) -> impl stream::TryStream<Ok = (u32, Bytes), Error = StorageError> + Send {
    let object = object.clone();
    let state = (Some(first), parts, Some(intake), 1_u32);
    stream::try_unfold(state, move |(first, mut parts, intake, number)| {
        let object = object.clone();
        async move {
            let Some(mut intake) = intake else {
                return Ok(None);
            };
            let part = match first {
                Some(part) => Some(part),
                None => parts.next().await?,
            };
            let Some(part) = part else {
                intake.finish(&object)?;
                return Ok(None);
            };
            if number > MAX_PARTS {
                let error = StorageError::new(StorageErrorKind::InvalidInput, "put", &object);
                return Err(error.with_detail("the body is longer than 10000 parts of 8 MiB"));
            }
            intake.feed(&part);
            Ok(Some((
                (number, part),
                (None, parts, Some(intake), number + 1),
            )))
        }
    })
}

fn completion(etags: &[String]) -> String {
    let mut document = String::from("<CompleteMultipartUpload>");
    for (etag, number) in etags.iter().zip(1..) {
        let number: u32 = number;
        // Writing to a String cannot fail.
        let _ = write!(
            document,
            "<Part><PartNumber>{number}</PartNumber><ETag>&quot;{etag}&quot;</ETag></Part>"
        );
    }
    document.push_str("</CompleteMultipartUpload>");
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_is_cut_into_equal_parts() {
        let piece = Bytes::from(vec![7; 3 * 1024 * 1024]);
        let pieces: Vec<_> = (0..6).map(|_| Ok(piece.clone())).collect();
        let mut parts = Parts::of(Body::from_stream(stream::iter(pieces), None));
        let mut lengths = Vec::new();
        while let Some(part) = parts.next().await.unwrap() {
            lengths.push(part.len());
        }
        assert_eq!(lengths, [PART_BYTES, PART_BYTES, 2 * 1024 * 1024]);
        assert!(parts.is_done());
    }

    #[test]
    fn the_completion_names_every_part_in_order() {
        assert_eq!(
            completion(&["a".to_owned(), "b".to_owned()]),
            "<CompleteMultipartUpload>\
             <Part><PartNumber>1</PartNumber><ETag>&quot;a&quot;</ETag></Part>\
             <Part><PartNumber>2</PartNumber><ETag>&quot;b&quot;</ETag></Part>\
             </CompleteMultipartUpload>"
        );
    }
}
