"""FAL's own Python client submits, polls and fetches; it says that it stands, is warm, and is done."""

import os
import sys

import fal_client
from fal_client import client as module

# The package writes https into its addresses, and keeps them in names of its module.
module.QUEUE_URL_FORMAT = os.environ["QUEUE"]


def work_off(client, jobs):
    for _ in range(jobs):
        output = client.subscribe(
            os.environ["ENDPOINT"],
            {"prompt": os.environ["PROMPT"]},
            interval=float(os.environ["PAUSE_MS"]) / 1000,
        )
        assert isinstance(output["images"], list), output


def say_and_wait(word):
    print(word, flush=True)
    return sys.stdin.readline() != ""


client = fal_client.SyncClient(key=os.environ["SIMULATOR_KEY"])
for word, jobs in [("started", "WARM_JOBS"), ("warm", "JOBS")]:
    if not say_and_wait(word):
        sys.exit()
    work_off(client, int(os.environ[jobs]))
say_and_wait("done")
