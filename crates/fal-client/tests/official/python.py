"""What FAL's own Python client does with the simulator; the tests in the Rust file beside this folder play it.

The package writes https into every address, so a plain server on loopback cannot be named by its variables. It keeps
the addresses in names of its module, which are set here before the first call; nothing of the package is changed.
"""

import asyncio
import faulthandler
import os
import sys

import fal_client
import httpx
from fal_client import client as module

assert fal_client.__version__ == "1.0.3", fal_client.__version__
module.QUEUE_URL_FORMAT = os.environ["QUEUE"]
module.RUN_URL_FORMAT = os.environ["RUN"]
module.REST_URL = os.environ["REST"].rstrip("/")
module.CDN_URL = os.environ["CDN"].rstrip("/")

FAST = "fal-ai/imagen4/preview/fast"
LAKE = {"prompt": "a lake at dawn", "num_images": 2, "output_format": "jpeg"}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))

client = fal_client.SyncClient(key=os.environ["KEY"])


def fails(call, status):
    try:
        call()
    except fal_client.FalClientHTTPError as error:
        assert error.status_code == status, error
        return error
    raise AssertionError("an error was expected")


def check_output(output):
    assert output["description"] == "" and len(output["images"]) == 2, output
    for image in output["images"]:
        picture = httpx.get(image["url"])
        assert picture.headers["content-type"] == image["content_type"] == "image/jpeg", image
        assert len(picture.content) == image["file_size"] and picture.content[:2] == b"\xff\xd8", image


def submit_status_result():
    handle = client.submit(FAST, LAKE)
    assert handle.response_url.endswith("/fal-ai/imagen4/requests/" + handle.request_id), handle.response_url
    seen = list(handle.iter_events(with_logs=True, interval=0.02))
    assert isinstance(seen[-1], fal_client.Completed), seen
    assert isinstance(seen[0], (fal_client.Queued, fal_client.InProgress)), seen
    assert seen[-1].error is None and seen[-1].metrics["inference_time"] > 0, seen[-1]
    lines = [line["message"] for line in seen[-1].logs]
    assert "Picture 2/2 drawn" in lines, lines
    assert {"message", "timestamp", "level", "source"} <= set(seen[-1].logs[0]), seen[-1].logs[0]
    check_output(handle.get())


def waits_in_the_queue():
    first = client.submit(FAST, LAKE)
    second = client.submit(FAST, LAKE)
    assert first.status() == fal_client.Queued(position=0), first.status()
    assert second.status() == fal_client.Queued(position=1), second.status()


def taken_up_again_by_id():
    request_id = client.submit(FAST, LAKE).request_id
    status = client.status(FAST, request_id, with_logs=True)
    assert isinstance(status, (fal_client.Queued, fal_client.InProgress, fal_client.Completed)), status
    check_output(client.result(FAST, request_id))


def subscribe():
    ids, seen = [], []
    output = client.subscribe(
        FAST,
        LAKE,
        with_logs=True,
        interval=0.02,
        on_enqueue=ids.append,
        on_queue_update=seen.append,
        priority="low",
        hint="lora-1",
        start_timeout=30,
        headers={"X-Fal-No-Retry": "1"},
    )
    check_output(output)
    assert len(ids) == 1 and isinstance(seen[-1], fal_client.Completed), seen


def subscribe_async():
    async def both():
        client = fal_client.AsyncClient(key=os.environ["KEY"])
        jobs = [client.subscribe(FAST, LAKE, interval=0.02) for _ in range(2)]
        return await asyncio.gather(*jobs)

    for output in asyncio.run(both()):
        check_output(output)


def cancel():
    handle = client.submit(FAST, LAKE)
    handle.cancel()
    status = handle.status()
    assert isinstance(status, fal_client.Completed) and status.error_type == "client_cancelled", status
    again = fails(handle.cancel, 400)
    assert again.response.json() == {"status": "ALREADY_COMPLETED"}, again
    assert fails(handle.get, 499).error_type == "client_cancelled"


def client_timeout():
    try:
        client.subscribe(FAST, LAKE, interval=0.02, client_timeout=1.5)
    except fal_client.FalClientTimeoutError as error:
        status = client.status(FAST, error.request_id)
        assert status.error_type == "client_cancelled", status
        # The thread of the client goes on polling, and would keep the process.
        sys.stdout.flush()
        os._exit(0)
    raise AssertionError("a time-out was expected")


def refusals():
    refused = fails(lambda: client.subscribe(FAST, {"prompt": "a forbidden garden"}), 422)
    (detail,) = refused.message
    assert detail["type"] == "content_policy_violation" and detail["loc"] == ["body", "prompt"], detail
    assert detail["url"] == "https://docs.fal.ai/errors/#content_policy_violation", detail
    assert refused.response_headers["x-fal-billable-units"] == "0", refused.response_headers
    wrong = fails(lambda: client.subscribe(FAST, {"prompt": "a lake", "num_images": 9}), 422)
    (detail,) = wrong.message
    assert detail["loc"] == ["body", "num_images"] and detail["ctx"] == {"le": 4}, detail


def turned_away():
    other = fal_client.SyncClient(key="no:body")
    assert fails(lambda: other.submit(FAST, LAKE), 401).message == "No user found for Key ID and Secret"
    missing = fails(lambda: client.submit("fal-ai/imagen4/ultra", LAKE), 404)
    assert missing.message == 'Application "imagen4" not found', missing
    unknown = fails(lambda: client.status(FAST, "00000000-0000-4000-8000-000000000000"), 404)
    assert unknown.response.json() == {"status": "NOT_FOUND"}, unknown


def failed_job():
    handle = client.submit(FAST, LAKE)
    done = list(handle.iter_events(interval=0.02))[-1]
    assert (done.error, done.error_type) == ("Runner disconnected", "runner_disconnected"), done
    failure = fails(lambda: client.result(FAST, handle.request_id), 503)
    assert failure.error_type == "runner_disconnected", failure
    assert failure.response_headers["x-fal-error-type"] == "runner_disconnected"


def repeats():
    check_output(client.subscribe(FAST, LAKE, interval=0.02))


def start_timeout():
    late = fails(lambda: client.subscribe(FAST, LAKE, interval=0.02, start_timeout=1.2), 504)
    assert late.response_headers["x-fal-request-timeout-type"] == "user", late.response_headers


def run():
    check_output(client.run(FAST, LAKE))
    refused = fails(lambda: client.run(FAST, {"prompt": "a forbidden garden"}), 422)
    assert refused.message[0]["type"] == "content_policy_violation", refused


def stream():
    pieces = list(client.stream(FAST, LAKE))
    check_output(pieces[-1])


def read_back(url):
    answer = httpx.get(url)
    assert answer.status_code == 200, answer
    return answer.content, answer.headers["content-type"]


def upload():
    assert read_back(client.upload(PNG, "image/png", "cat.png")) == (PNG, "image/png")
    by_storage = client.upload(PNG, "image/png", "cat.png", repository="fal")
    assert read_back(by_storage) == (PNG, "image/png")


def upload_in_parts():
    # The client's own bound of 100 MB would make the test slow; its sizes are names of its module, too.
    module.MULTIPART_THRESHOLD, module.MULTIPART_CHUNK_SIZE = 1000, 700
    whole = PNG * 8
    assert read_back(client.upload(whole, "image/png", "cat.png")) == (whole, "image/png")


# A scene that hangs ends with the place where it does.
faulthandler.dump_traceback_later(60, exit=True)
globals()[sys.argv[1]]()
faulthandler.cancel_dump_traceback_later()
