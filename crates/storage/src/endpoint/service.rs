//! The operations of S3 over the port.

use std::sync::Arc;

use async_trait::async_trait;
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, BucketLocationConstraint,
    CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CreateBucketInput,
    CreateBucketOutput, CreateMultipartUploadInput, CreateMultipartUploadOutput, DeleteObjectInput,
    DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, ETag, Error,
    GetBucketLocationInput, GetBucketLocationOutput, GetObjectInput, GetObjectOutput,
    HeadBucketInput, HeadBucketOutput, HeadObjectInput, HeadObjectOutput, ListObjectsInput,
    ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output, PutObjectInput, PutObjectOutput,
    Timestamp, UploadPartInput, UploadPartOutput,
};
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};

use super::checksum::{Expected, checked_body};
use super::conditions::Conditions;
use super::convert;
use super::listing::{self, Question, encoded};
use super::multipart::Uploads;
use super::streams::blob;
use crate::object::{BucketOutcome, Deletion, ObjectInfo};
use crate::options::{GetOptions, ListOptions};
use crate::store::ObjectStore;

/// The longest part that is taken, in bytes; longer ones belong into a put.
const MAX_PART_BYTES: u64 = 64 * 1024 * 1024;

/// Answers requests from a store.
pub(super) struct Service {
    store: Arc<dyn ObjectStore>,
    region: String,
    uploads: Uploads,
}

impl Service {
    pub(super) fn new(store: Arc<dyn ObjectStore>, region: String) -> Self {
        Self {
            store,
            region,
            uploads: Uploads::default(),
        }
    }
}

/// Pages are private by default, since a signed link is a secret of whoever holds it; and no browser may
/// take a picture for a page.
fn shown<T>(output: T) -> S3Response<T> {
    let mut response = S3Response::new(output);
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("cache-control", "private"),
    ] {
        if let Ok(value) = value.parse() {
            response.headers.insert(name, value);
        }
    }
    response
}

fn modified(info: &ObjectInfo) -> Option<Timestamp> {
    info.last_modified.map(convert::timestamp)
}

#[async_trait]
impl S3 for Service {
    async fn create_bucket(
        &self,
        request: S3Request<CreateBucketInput>,
    ) -> S3Result<S3Response<CreateBucketOutput>> {
        let bucket = convert::bucket(&request.input.bucket)?;
        let made = self.store.ensure_bucket(&bucket).await;
        match made.map_err(convert::refusal)? {
            BucketOutcome::Created => Ok(S3Response::new(CreateBucketOutput {
                location: Some(format!("/{bucket}")),
            })),
            BucketOutcome::AlreadyThere => Err(s3_error!(BucketAlreadyOwnedByYou)),
        }
    }

    async fn head_bucket(
        &self,
        request: S3Request<HeadBucketInput>,
    ) -> S3Result<S3Response<HeadBucketOutput>> {
        let bucket = convert::bucket(&request.input.bucket)?;
        let one = ListOptions {
            limit: 1,
            ..ListOptions::default()
        };
        let page = self.store.list(&bucket, one).await;
        page.map_err(convert::refusal)?;
        Ok(S3Response::new(HeadBucketOutput {
            bucket_region: Some(self.region.clone()),
            ..HeadBucketOutput::default()
        }))
    }

    async fn get_bucket_location(
        &self,
        request: S3Request<GetBucketLocationInput>,
    ) -> S3Result<S3Response<GetBucketLocationOutput>> {
        convert::bucket(&request.input.bucket)?;
        // The first region of AWS is written as none.
        let named = (self.region != "us-east-1").then(|| self.region.clone());
        Ok(S3Response::new(GetBucketLocationOutput {
            location_constraint: named.map(BucketLocationConstraint::from),
        }))
    }

    async fn put_object(
        &self,
        request: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        let expected = Expected::of_put(&request);
        let input = request.input;
        let object = convert::object(&input.bucket, &input.key)?;
        let mode = convert::put_mode(input.if_none_match.as_ref(), input.if_match.as_ref())?;
        let options = convert::put_options(mode, input.content_type, input.metadata)?;
        let Some(length) = input
            .content_length
            .and_then(|length| length.try_into().ok())
        else {
            return Err(s3_error!(MissingContentLength));
        };
        let body = checked_body(input.body, Some(length), expected);
        let receipt = self.store.put(&object, body, options).await;
        Ok(S3Response::new(PutObjectOutput {
            e_tag: receipt.map_err(convert::refusal)?.etag.map(convert::tag),
            ..PutObjectOutput::default()
        }))
    }

    async fn get_object(
        &self,
        request: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        let input = &request.input;
        let object = convert::object(&input.bucket, &input.key)?;
        let options = GetOptions {
            range: convert::byte_range(input.range),
        };
        let found = self.store.get(&object, options).await;
        let found = found.map_err(convert::refusal)?;
        Conditions::of_get(input).check(&found.info)?;
        let (range, info) = (found.range, found.info);
        let content_range = input.range.map(|_| {
            let last = range.end.saturating_sub(1);
            format!("bytes {}-{last}/{}", range.start, info.size_bytes)
        });
        Ok(shown(GetObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: convert::length(range.end - range.start),
            content_range,
            content_type: Some(convert::content_type(&info)),
            e_tag: convert::etag(&info),
            last_modified: modified(&info),
            metadata: convert::metadata(&info),
            body: Some(blob(found.body)),
            ..GetObjectOutput::default()
        }))
    }

    async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        let object = convert::object(&request.input.bucket, &request.input.key)?;
        let info = self.store.head(&object).await.map_err(convert::refusal)?;
        Conditions::of_head(&request.input).check(&info)?;
        Ok(shown(HeadObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: convert::length(info.size_bytes),
            content_type: Some(convert::content_type(&info)),
            e_tag: convert::etag(&info),
            last_modified: modified(&info),
            metadata: convert::metadata(&info),
            ..HeadObjectOutput::default()
        }))
    }

    async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        let object = convert::object(&request.input.bucket, &request.input.key)?;
        let gone = self.store.delete(&object).await;
        gone.map_err(convert::refusal)?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn delete_objects(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let bucket = convert::bucket(&request.input.bucket)?;
        let delete = request.input.delete;
        if delete.objects.len() > 1000 {
            return Err(s3_error!(MalformedXML, "at most 1000 keys"));
        }
        // A text that is no key holds nothing, so it is as good as deleted.
        let (keys, others): (Vec<_>, Vec<_>) = delete
            .objects
            .into_iter()
            .map(|object| object.key.parse().map_err(|_| object.key))
            .partition(Result::is_ok);
        let keys: Vec<_> = keys.into_iter().filter_map(Result::ok).collect();
        let gone = self.store.delete_many(&bucket, &keys).await;
        let (mut deleted, mut errors) = (Vec::new(), Vec::new());
        for Deletion { key, outcome } in gone.map_err(convert::refusal)? {
            match outcome {
                Ok(()) => deleted.push(key.to_string()),
                Err(error) => errors.push(failed(key.to_string(), error)),
            }
        }
        deleted.extend(others.into_iter().filter_map(Result::err));
        let quiet = delete.quiet.unwrap_or(false);
        let deleted = deleted.into_iter().map(|key| DeletedObject {
            key: Some(key),
            ..DeletedObject::default()
        });
        Ok(S3Response::new(DeleteObjectsOutput {
            deleted: (!quiet).then(|| deleted.collect()),
            errors: (!errors.is_empty()).then_some(errors),
            ..DeleteObjectsOutput::default()
        }))
    }

    async fn list_objects(
        &self,
        request: S3Request<ListObjectsInput>,
    ) -> S3Result<S3Response<ListObjectsOutput>> {
        let input = request.input;
        let encoding = input.encoding_type.as_ref();
        let prefix = input.prefix.unwrap_or_default();
        let question = Question {
            bucket: convert::bucket(&input.bucket)?,
            prefix: prefix.clone(),
            delimiter: input.delimiter.clone(),
            after: input.marker.clone(),
            limit: listing::limit(input.max_keys),
        };
        let limit = question.limit;
        let found = question.answer(&self.store).await?;
        Ok(S3Response::new(ListObjectsOutput {
            name: Some(input.bucket),
            prefix: Some(encoded(&prefix, encoding)),
            marker: input.marker.map(|marker| encoded(&marker, encoding)),
            max_keys: limit.try_into().ok(),
            is_truncated: Some(found.next.is_some()),
            contents: Some(found.objects(encoding)),
            common_prefixes: Some(found.common_prefixes(encoding)),
            delimiter: input.delimiter,
            next_marker: found.next.map(|next| encoded(&next, encoding)),
            encoding_type: input.encoding_type,
            ..ListObjectsOutput::default()
        }))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input;
        let encoding = input.encoding_type.as_ref();
        let prefix = input.prefix.unwrap_or_default();
        let question = Question {
            bucket: convert::bucket(&input.bucket)?,
            prefix: prefix.clone(),
            delimiter: input.delimiter.clone(),
            after: match &input.continuation_token {
                Some(token) => Some(text_of(token)?),
                None => input.start_after.clone(),
            },
            limit: listing::limit(input.max_keys),
        };
        let limit = question.limit;
        let found = question.answer(&self.store).await?;
        Ok(S3Response::new(ListObjectsV2Output {
            name: Some(input.bucket),
            prefix: Some(encoded(&prefix, encoding)),
            max_keys: limit.try_into().ok(),
            key_count: (found.entries.len() + found.groups.len()).try_into().ok(),
            continuation_token: input.continuation_token,
            is_truncated: Some(found.next.is_some()),
            contents: Some(found.objects(encoding)),
            common_prefixes: Some(found.common_prefixes(encoding)),
            next_continuation_token: found.next.map(hex::encode),
            delimiter: input.delimiter,
            start_after: input.start_after.map(|start| encoded(&start, encoding)),
            encoding_type: input.encoding_type,
            ..ListObjectsV2Output::default()
        }))
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let input = request.input;
        let object = convert::object(&input.bucket, &input.key)?;
        let one = ListOptions {
            limit: 1,
            ..ListOptions::default()
        };
        // A missing bucket is told now, not after all parts were sent.
        let page = self.store.list(&object.bucket, one).await;
        page.map_err(convert::refusal)?;
        let mode = convert::put_mode(None, None)?;
        let options = convert::put_options(mode, input.content_type, input.metadata)?;
        Ok(S3Response::new(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(self.uploads.begin(object, options)),
            ..CreateMultipartUploadOutput::default()
        }))
    }

    async fn upload_part(
        &self,
        request: S3Request<UploadPartInput>,
    ) -> S3Result<S3Response<UploadPartOutput>> {
        let expected = Expected::of_part(&request);
        let input = request.input;
        let object = convert::object(&input.bucket, &input.key)?;
        let length = input
            .content_length
            .and_then(|length| length.try_into().ok());
        let Some(length) = length.filter(|length| *length <= MAX_PART_BYTES) else {
            return Err(s3_error!(EntityTooLarge, "a part may have 64 MiB"));
        };
        let room = usize::try_from(length).unwrap_or(usize::MAX);
        self.uploads.check_room(room)?;
        let body = checked_body(input.body, Some(length), expected);
        let bytes = body.collect(MAX_PART_BYTES).await;
        let bytes = bytes.map_err(convert::refusal)?;
        let etag = self
            .uploads
            .add(&input.upload_id, &object, input.part_number, bytes)?;
        Ok(S3Response::new(UploadPartOutput {
            e_tag: Some(ETag::Strong(etag)),
            ..UploadPartOutput::default()
        }))
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let input = request.input;
        let object = convert::object(&input.bucket, &input.key)?;
        let mode = convert::put_mode(input.if_none_match.as_ref(), input.if_match.as_ref())?;
        let named = input.multipart_upload.and_then(|upload| upload.parts);
        let named = named.unwrap_or_default();
        let (mut options, body) = self.uploads.join(&input.upload_id, &object, &named)?;
        options.mode = mode;
        let receipt = self.store.put(&object, body, options).await;
        let receipt = receipt.map_err(convert::refusal)?;
        self.uploads.forget(&input.upload_id, &object)?;
        Ok(S3Response::new(CompleteMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            e_tag: receipt.etag.map(convert::tag),
            ..CompleteMultipartUploadOutput::default()
        }))
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let object = convert::object(&request.input.bucket, &request.input.key)?;
        self.uploads.forget(&request.input.upload_id, &object)?;
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }
}

fn failed(key: String, error: crate::error::StorageError) -> Error {
    let refusal = convert::refusal(error);
    Error {
        key: Some(key),
        code: Some(refusal.code().as_str().to_owned()),
        message: refusal.message().map(str::to_owned),
        ..Error::default()
    }
}

/// Returns the text that a continuation token stands for.
fn text_of(token: &str) -> S3Result<String> {
    hex::decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| s3_error!(InvalidArgument, "the continuation token is not ours"))
}
