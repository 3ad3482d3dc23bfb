"""What redis-py meets in a server that our layers write to: the argument names the scene, a function of this file.

The port of the server comes from the environment: PORT.
A scene that goes wrong ends with an exception and a status other than zero.
"""

import json
import os
import sys

import redis

KEY = "imagen4:generation:17"
LIST = "imagen4:user_generations:42"
PROMPT = "a fox, «running», 東京 🌲"


def client():
    return redis.Redis(host="127.0.0.1", port=int(os.environ["PORT"]), decode_responses=True, socket_timeout=10)


def read_record():
    """A record of ours is plain JSON under its exact key, with its hour to live."""
    server = client()
    assert server.type(KEY) == "string", server.type(KEY)
    record = json.loads(server.get(KEY))
    assert record == {"id": 17, "prompt": PROMPT, "v": 1}, record
    assert 3_590 <= server.ttl(KEY) <= 3_600, server.ttl(KEY)
    assert server.keys("*") == [KEY], server.keys("*")


def read_list():
    """A user's newest generations are a list, newest first."""
    server = client()
    assert server.type(LIST) == "list", server.type(LIST)
    assert server.lrange(LIST, 0, -1) == ["19", "18", "17"], server.lrange(LIST, 0, -1)
    assert 86_390 <= server.ttl(LIST) <= 86_400, server.ttl(LIST)


def write_with_version():
    """What a program writes that knows the version."""
    record = {"v": 1, "prompt": PROMPT, "id": 18}
    assert client().set(KEY, json.dumps(record), ex=3_600)


def write_without_version():
    """What the original wrote."""
    assert client().set(KEY, json.dumps({"id": 19, "prompt": PROMPT}), ex=3_600)


def write_nan():
    """What Python takes for JSON and nobody else does."""
    record = {"v": 1, "id": float("nan"), "prompt": PROMPT}
    assert client().set(KEY, json.dumps(record), ex=3_600)


def delete():
    """A removal by another program."""
    assert client().delete(KEY) == 1


if __name__ == "__main__":
    globals()[sys.argv[1]]()
