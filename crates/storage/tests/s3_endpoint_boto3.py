"""What boto3 meets at the S3 endpoint: the argument names the scene to play, a function of this file.

The endpoint and its keys come from the environment: ENDPOINT, ACCESS_KEY, SECRET_KEY and REGION.
A scene that goes wrong ends with an exception and a status other than zero.
"""

import datetime
import hashlib
import io
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import boto3
import botocore.auth
from boto3.s3.transfer import TransferConfig
from botocore import UNSIGNED
from botocore.client import Config
from botocore.exceptions import ClientError

MIB = 1024 * 1024

# The last ones are 900 bytes long, in one segment and in many.
ODD_KEYS = [
    "a b/c  d.png",
    "a+b.png",
    "100%.png",
    "%2F/%41",
    "картинка/пёс.png",
    "東京/🌲.png",
    "!'()*~$@,;:=",
    "#fragment?query=1",
    "&amp;<b>&\"quoted\"",
    " name ",
    "к" * 450,
    "k" * 900,
    "m/" * 449 + "mm",
]

# None of these is a key by the rules of the store.
REFUSED_KEYS = ["a//b", "/a", "//", "a/", "a/../b", "../a", "./a", "a/./b", "a\\b"]


def client(access_key=None, secret_key=None, **config):
    config.setdefault("signature_version", "s3v4")
    return boto3.client(
        "s3",
        endpoint_url=os.environ["ENDPOINT"],
        region_name=os.environ["REGION"],
        aws_access_key_id=access_key or os.environ["ACCESS_KEY"],
        aws_secret_access_key=secret_key or os.environ["SECRET_KEY"],
        config=Config(
            s3={"addressing_style": "path"},
            retries={"total_max_attempts": 1},
            connect_timeout=5,
            read_timeout=30,
            **config,
        ),
    )


def new_bucket(s3):
    bucket = "boto3-" + uuid.uuid4().hex
    s3.create_bucket(Bucket=bucket)
    return bucket


def read(s3, bucket, key, **options):
    return s3.get_object(Bucket=bucket, Key=key, **options)["Body"].read()


def keys_of(s3, bucket, **options):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, **options)
    return [entry["Key"] for page in pages for entry in page.get("Contents", [])]


def in_order(keys):
    return sorted(keys, key=lambda key: key.encode())


def same(seen, expected):
    if seen != expected:
        raise AssertionError(f"{seen!r} is not {expected!r}")


def refused(status, code, call, **arguments):
    """Calls and demands a refusal; the answer to a head has no body, so its code is the status."""
    try:
        answer = call(**arguments)
    except ClientError as error:
        seen = error.response
        same(seen["ResponseMetadata"]["HTTPStatusCode"], status)
        same(seen["Error"]["Code"], code)
    else:
        raise AssertionError(f"{arguments!r} was answered by {answer!r}")


def opened(link, method="GET", body=None, **headers):
    """Returns status, headers and body of what a plain HTTP client gets."""
    request = urllib.request.Request(link, data=body, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def at_another_time(**shift):
    """Signs as if the clock were off by this."""
    right = botocore.auth.get_current_datetime
    wrong = lambda *arguments, **named: right(*arguments, **named) + datetime.timedelta(**shift)
    return mock.patch.object(botocore.auth, "get_current_datetime", wrong)


def put_and_get():
    s3 = client()
    bucket = new_bucket(s3)
    refused(409, "BucketAlreadyOwnedByYou", s3.create_bucket, Bucket=bucket)
    same(s3.head_bucket(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"], 200)
    same(s3.get_bucket_location(Bucket=bucket)["LocationConstraint"], None)
    body = os.urandom(3 * MIB)
    put = s3.put_object(
        Bucket=bucket,
        Key="2026/01/31/a_1.png",
        Body=body,
        ContentType="image/png",
        Metadata={"seed": "42", "words": "two words"},
    )
    head = s3.head_object(Bucket=bucket, Key="2026/01/31/a_1.png")
    same(head["ContentLength"], len(body))
    same(head["ContentType"], "image/png")
    same(head["Metadata"], {"seed": "42", "words": "two words"})
    same(head["ETag"], put["ETag"])
    age = datetime.datetime.now(datetime.timezone.utc) - head["LastModified"]
    same(abs(age) < datetime.timedelta(minutes=1), True)
    same(read(s3, bucket, "2026/01/31/a_1.png"), body)
    for algorithm in ["CRC32", "SHA1", "SHA256"]:
        s3.put_object(Bucket=bucket, Key="sum", Body=io.BytesIO(b"abc"), ChecksumAlgorithm=algorithm)
        same(read(s3, bucket, "sum"), b"abc")
    refused(400, "BadDigest", s3.put_object, Bucket=bucket, Key="sum", Body=b"abd",
            ContentMD5="kAFQmDzST7DWlj99KOF/cg==")
    same(read(s3, bucket, "sum"), b"abc")
    s3.put_object(Bucket=bucket, Key="empty", Body=b"")
    same(read(s3, bucket, "empty"), b"")
    refused(304, "304", s3.get_object, Bucket=bucket, Key="sum",
            IfNoneMatch=s3.head_object(Bucket=bucket, Key="sum")["ETag"])
    refused(404, "NoSuchKey", s3.get_object, Bucket=bucket, Key="missing")
    refused(404, "404", s3.head_object, Bucket=bucket, Key="missing")
    missing = "missing-" + uuid.uuid4().hex
    refused(404, "NoSuchBucket", s3.get_object, Bucket=missing, Key="a")
    refused(404, "NoSuchBucket", s3.put_object, Bucket=missing, Key="a", Body=b"a")
    refused(404, "404", s3.head_bucket, Bucket=missing)
    s3.delete_object(Bucket=bucket, Key="sum")
    s3.delete_object(Bucket=bucket, Key="sum")
    refused(404, "NoSuchKey", s3.get_object, Bucket=bucket, Key="sum")


def ranges():
    s3 = client()
    bucket = new_bucket(s3)
    body = bytes(range(256)) * 1000
    s3.put_object(Bucket=bucket, Key="a", Body=body)
    for text, part in [
        ("bytes=0-0", body[:1]),
        ("bytes=10-19", body[10:20]),
        ("bytes=255990-", body[255990:]),
        ("bytes=-7", body[-7:]),
        ("bytes=255999-999999999", body[255999:]),
        ("bytes=-999999999", body),
    ]:
        answer = s3.get_object(Bucket=bucket, Key="a", Range=text)
        same(answer["Body"].read(), part)
        same(answer["ResponseMetadata"]["HTTPStatusCode"], 206)
        same(answer["ContentLength"], len(part))
        same(answer["ContentRange"].endswith("/256000"), True)
    refused(416, "InvalidRange", s3.get_object, Bucket=bucket, Key="a", Range="bytes=256000-")
    refused(416, "InvalidRange", s3.get_object, Bucket=bucket, Key="a", Range="bytes=-0")


def listing():
    s3 = client()
    bucket = new_bucket(s3)
    same(keys_of(s3, bucket), [])
    keys = [f"2026/01/{day:02}/a_{n}.png" for day in (1, 2, 3) for n in range(7)]
    keys = in_order(keys + ["2026", "2026-a", "b c", "b+c", "зима/1", "зима/2"])
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda key: s3.put_object(Bucket=bucket, Key=key, Body=key.encode()), keys))
    for size in (1, 7, 27, 1000):
        same(keys_of(s3, bucket, PaginationConfig={"PageSize": size}), keys)
        pages = s3.get_paginator("list_objects").paginate(
            Bucket=bucket, PaginationConfig={"PageSize": size})
        same([entry["Key"] for page in pages for entry in page["Contents"]], keys)
        same(levels(s3, bucket, "", size), ["2026", "2026-a", "2026/", "b c", "b+c", "зима/"])
        same(levels(s3, bucket, "2026/01/", size), ["2026/01/01/", "2026/01/02/", "2026/01/03/"])
    day = [key for key in keys if key.startswith("2026/01/02/")]
    same(keys_of(s3, bucket, Prefix="2026/01/02/", PaginationConfig={"PageSize": 3}), day)
    same(keys_of(s3, bucket, StartAfter="2026/01/03/a_6.png"), ["b c", "b+c", "зима/1", "зима/2"])
    page = s3.list_objects_v2(Bucket=bucket, Prefix="зима", MaxKeys=1)
    same((page["KeyCount"], page["IsTruncated"], page["Prefix"]), (1, True, "зима"))
    entry = page["Contents"][0]
    head = s3.head_object(Bucket=bucket, Key="зима/1")
    same((entry["Size"], entry["ETag"]), (head["ContentLength"], head["ETag"]))
    same(s3.list_objects_v2(Bucket=bucket, MaxKeys=0)["IsTruncated"], False)
    refused(400, "InvalidArgument", s3.list_objects_v2, Bucket=bucket, ContinuationToken="?")
    refused(404, "NoSuchBucket", s3.list_objects_v2, Bucket="missing-" + uuid.uuid4().hex)


def levels(s3, bucket, prefix, size):
    """Returns the keys and groups one level below the prefix; pages hold no more than asked."""
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=prefix, Delimiter="/", PaginationConfig={"PageSize": size})
    seen = []
    for page in pages:
        found = [entry["Key"] for entry in page.get("Contents", [])]
        found += [group["Prefix"] for group in page.get("CommonPrefixes", [])]
        same((len(found) <= size, page["KeyCount"]), (True, len(found)))
        seen += found
    return in_order(seen)


def odd_names():
    s3 = client()
    bucket = new_bucket(s3)
    for key in ODD_KEYS:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    same(keys_of(s3, bucket), in_order(ODD_KEYS))
    same(keys_of(s3, bucket, PaginationConfig={"PageSize": 1}), in_order(ODD_KEYS))
    for key in ODD_KEYS:
        same(read(s3, bucket, key), key.encode())
        same(s3.head_object(Bucket=bucket, Key=key)["ContentLength"], len(key.encode()))
        same(keys_of(s3, bucket, Prefix=key), [key])
        link = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key})
        same(opened(link)[::2], (200, key.encode()))
        s3.delete_object(Bucket=bucket, Key=key)
        refused(404, "NoSuchKey", s3.get_object, Bucket=bucket, Key=key)
    for key in REFUSED_KEYS:
        refused(400, "InvalidArgument", s3.put_object, Bucket=bucket, Key=key, Body=b"a")
        refused(400, "InvalidArgument", s3.get_object, Bucket=bucket, Key=key)
        refused(400, "InvalidArgument", s3.create_multipart_upload, Bucket=bucket, Key=key)
    refused(400, "KeyTooLongError", s3.put_object, Bucket=bucket, Key="k" * 1025, Body=b"a")
    same(keys_of(s3, bucket), [])


def multipart():
    s3 = client()
    bucket = new_bucket(s3)
    parts = [os.urandom(5 * MIB), os.urandom(5 * MIB), b"the end"]
    upload = s3.create_multipart_upload(
        Bucket=bucket, Key="a b/+.bin", ContentType="image/webp", Metadata={"seed": "7"})
    named = {"Bucket": bucket, "Key": "a b/+.bin", "UploadId": upload["UploadId"]}
    # The parts come in any order.
    tags = {
        number: s3.upload_part(PartNumber=number, Body=parts[number - 1], **named)["ETag"]
        for number in (2, 3, 1)
    }
    refused(404, "NoSuchKey", s3.get_object, Bucket=bucket, Key="a b/+.bin")
    listed = [{"PartNumber": number, "ETag": tags[number]} for number in (1, 2, 3)]
    wrong = [{"PartNumber": 1, "ETag": '"00000000000000000000000000000000"'}]
    for list_of_parts, code in [(wrong, "InvalidPart"), (listed[::-1], "InvalidPartOrder"),
                                ([listed[2], listed[2]], "InvalidPartOrder")]:
        refused(400, code, s3.complete_multipart_upload,
                MultipartUpload={"Parts": list_of_parts}, **named)
    s3.complete_multipart_upload(MultipartUpload={"Parts": listed}, **named)
    answer = s3.get_object(Bucket=bucket, Key="a b/+.bin")
    same((answer["ContentType"], answer["Metadata"]), ("image/webp", {"seed": "7"}))
    same(answer["Body"].read(), b"".join(parts))

    upload = s3.create_multipart_upload(Bucket=bucket, Key="gone")
    named = {"Bucket": bucket, "Key": "gone", "UploadId": upload["UploadId"]}
    tag = s3.upload_part(PartNumber=1, Body=b"part", **named)["ETag"]
    s3.abort_multipart_upload(**named)
    refused(404, "NoSuchUpload", s3.complete_multipart_upload,
            MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": tag}]}, **named)
    refused(404, "NoSuchUpload", s3.upload_part, PartNumber=1, Body=b"part", **named)
    refused(404, "NoSuchKey", s3.get_object, Bucket=bucket, Key="gone")

    body = os.urandom(21 * MIB)
    s3.upload_fileobj(io.BytesIO(body), bucket, "whole", Config=TransferConfig(
        multipart_threshold=8 * MIB, multipart_chunksize=8 * MIB, max_concurrency=4))
    back = io.BytesIO()
    s3.download_fileobj(bucket, "whole", back, Config=TransferConfig(
        multipart_threshold=8 * MIB, multipart_chunksize=8 * MIB, max_concurrency=4))
    same(hashlib.sha256(back.getvalue()).digest(), hashlib.sha256(body).digest())


def signed_links():
    s3 = client()
    bucket = new_bucket(s3)
    place = {"Bucket": bucket, "Key": "a b/+ü.png"}
    link = s3.generate_presigned_url("put_object", Params=place, ExpiresIn=60)
    same(opened(link, "PUT", b"bytes", **{"Content-Type": "image/png"})[0], 200)
    get = s3.generate_presigned_url("get_object", Params=place, ExpiresIn=60)
    status, headers, body = opened(get)
    same((status, headers["Content-Type"], body), (200, "image/png", b"bytes"))
    status, headers, body = opened(get, Range="bytes=1-2")
    same((status, headers["Content-Range"], body), (206, "bytes 1-2/5", b"yt"))
    link = s3.generate_presigned_url("head_object", Params=place, ExpiresIn=60)
    same(opened(link, "HEAD")[0], 200)
    dressed = s3.generate_presigned_url("get_object", ExpiresIn=60, Params={
        **place,
        "ResponseContentType": "application/octet-stream",
        "ResponseContentDisposition": 'attachment; filename="a b.png"',
    })
    status, headers, body = opened(dressed)
    same((status, headers["Content-Type"]), (200, "application/octet-stream"))
    same(headers["Content-Disposition"], 'attachment; filename="a b.png"')
    # A link is good for its method and for nothing else.
    same(opened(get, "PUT", b"other")[0], 403)
    same(opened(get, "DELETE")[0], 403)
    typed = s3.generate_presigned_url(
        "put_object", Params={**place, "ContentType": "image/png"}, ExpiresIn=60)
    same(opened(typed, "PUT", b"other", **{"Content-Type": "text/html"})[0], 403)
    same(read(s3, **{"bucket": bucket, "key": place["Key"]}), b"bytes")


def conditional_put():
    s3 = client()
    bucket = new_bucket(s3)
    place = {"Bucket": bucket, "Key": "a.png"}
    s3.put_object(Body=b"first", IfNoneMatch="*", **place)
    refused(412, "PreconditionFailed", s3.put_object, Body=b"second", IfNoneMatch="*", **place)
    same(read(s3, bucket, "a.png"), b"first")
    refused(501, "NotImplemented", s3.put_object, Body=b"second", IfMatch='"x"', **place)
    same(read(s3, bucket, "a.png"), b"first")

    upload = s3.create_multipart_upload(**place)["UploadId"]
    tag = s3.upload_part(PartNumber=1, Body=b"third", UploadId=upload, **place)["ETag"]
    refused(412, "PreconditionFailed", s3.complete_multipart_upload, UploadId=upload,
            MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": tag}]}, IfNoneMatch="*", **place)
    same(read(s3, bucket, "a.png"), b"first")

    def try_to_win(number):
        try:
            s3.put_object(Bucket=bucket, Key="race", Body=str(number).encode(), IfNoneMatch="*")
        except ClientError as error:
            same(error.response["Error"]["Code"], "PreconditionFailed")
            return None
        return str(number).encode()

    with ThreadPoolExecutor(8) as pool:
        winners = [winner for winner in pool.map(try_to_win, range(16)) if winner]
    same([read(s3, bucket, "race")], winners)


def delete_many():
    s3 = client()
    bucket = new_bucket(s3)
    for key in ODD_KEYS + ["kept"]:
        s3.put_object(Bucket=bucket, Key=key, Body=b"a")
    named = [{"Key": key} for key in ODD_KEYS + ["missing"]]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": named})
    same(in_order(entry["Key"] for entry in answer["Deleted"]), in_order(ODD_KEYS + ["missing"]))
    same(answer.get("Errors"), None)
    same(keys_of(s3, bucket), ["kept"])
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "kept"}], "Quiet": True})
    same((answer.get("Deleted"), answer.get("Errors")), (None, None))
    same(keys_of(s3, bucket), [])
    many = [{"Key": f"n/{n}"} for n in range(1001)]
    same(len(s3.delete_objects(Bucket=bucket, Delete={"Objects": many[:1000]})["Deleted"]), 1000)
    refused(400, "MalformedXML", s3.delete_objects, Bucket=bucket, Delete={"Objects": many})
    refused(404, "NoSuchBucket", s3.delete_objects, Bucket="missing-" + uuid.uuid4().hex,
            Delete={"Objects": [{"Key": "a"}]})


def refusals():
    s3 = client()
    bucket = new_bucket(s3)
    s3.put_object(Bucket=bucket, Key="kept", Body=b"first")
    stranger = client(access_key="stranger")
    guesser = client(secret_key="not-the-secret")
    forger = client()
    forger.meta.events.register("before-send.s3", forge)
    everything_refused(stranger, bucket, "InvalidAccessKeyId")
    everything_refused(guesser, bucket, "SignatureDoesNotMatch")
    everything_refused(forger, bucket, "SignatureDoesNotMatch")
    everything_refused(client(signature_version=UNSIGNED), bucket, "AccessDenied")
    of_version_2 = client(signature_version="s3")
    refused(403, "AccessDenied", of_version_2.get_object, Bucket=bucket, Key="kept")
    refused(403, "AccessDenied", of_version_2.put_object, Bucket=bucket, Key="new", Body=b"a")
    for minutes in (20, -20):
        with at_another_time(minutes=minutes):
            everything_refused(client(), bucket, "RequestTimeTooSkewed")
    # Within a quarter of an hour a clock is good enough.
    for minutes in (10, -10):
        with at_another_time(minutes=minutes):
            same(read(client(), bucket, "kept"), b"first")
    refused_links(s3, stranger, guesser, bucket)
    same(keys_of(s3, bucket), ["kept"])
    same(read(s3, bucket, "kept"), b"first")


def forge(request, **_):
    """Changes the last digit of the signature."""
    signed = request.headers["Authorization"].decode()
    request.headers["Authorization"] = signed[:-1] + ("0" if signed[-1] != "0" else "1")


def everything_refused(s3, bucket, code):
    refused(403, code, s3.put_object, Bucket=bucket, Key="kept", Body=b"second")
    refused(403, code, s3.put_object, Bucket=bucket, Key="new", Body=b"second")
    refused(403, code, s3.get_object, Bucket=bucket, Key="kept")
    refused(403, "403", s3.head_object, Bucket=bucket, Key="kept")
    refused(403, code, s3.list_objects_v2, Bucket=bucket)
    refused(403, code, s3.delete_object, Bucket=bucket, Key="kept")
    refused(403, code, s3.delete_objects, Bucket=bucket, Delete={"Objects": [{"Key": "kept"}]})
    refused(403, code, s3.create_multipart_upload, Bucket=bucket, Key="kept")
    refused(403, code, s3.create_bucket, Bucket=bucket + "-new")


def refused_links(s3, stranger, guesser, bucket):
    def link(signer, operation="get_object", life=60):
        place = {"Bucket": bucket, "Key": "kept"}
        return signer.generate_presigned_url(operation, Params=place, ExpiresIn=life)

    short = link(s3, life=1)
    same(opened(link(s3))[::2], (200, b"first"))
    with at_another_time(minutes=-20):
        old_get, old_put = link(s3), link(s3, "put_object")
        long_enough = link(s3, life=3600)
    same(opened(long_enough)[0], 200)
    with at_another_time(minutes=20):
        of_tomorrow = link(s3)
    good = link(s3)
    changed = good[:-1] + ("0" if good[-1] != "0" else "1")
    longer = good.replace("X-Amz-Expires=60", "X-Amz-Expires=61")
    elsewhere = good.replace("/kept?", "/other?")
    same(good in (changed, longer, elsewhere), False)
    time.sleep(2.1)
    for refused_link in (short, old_get, of_tomorrow, changed, longer, elsewhere,
                         link(stranger), link(guesser)):
        status, _, body = opened(refused_link)
        same((status, b"<Code>" in body, b"first" in body), (403, True, False))
    for refused_link in (old_put, link(guesser, "put_object"), link(stranger, "put_object")):
        same(opened(refused_link, "PUT", b"second")[0], 403)


SCENES = [put_and_get, ranges, listing, odd_names, multipart, signed_links, conditional_put,
          delete_many, refusals]

if __name__ == "__main__":
    {scene.__name__: scene for scene in SCENES}[sys.argv[1]]()
