"""The chat bot: every picture in the channel gets an answer.

It speaks the line protocol of our chat gateway on stdin and stdout: one JSON object per
line, {"from": "...", "picture": "<base64>"} in and {"to": "...", "text": "..."} out.
"""
import base64
import json
import random
import sys

from . import meme
from .sniff import is_dog

_RNG = random.Random()


def reply(picture: bytes, rng=_RNG) -> str:
    if is_dog(picture):
        return meme.caption(True, rng)
    return meme.caption(False, rng)


def serve(lines=sys.stdin, out=sys.stdout):
    for line in lines:
        message = json.loads(line)
        if "picture" not in message:
            continue
        text = reply(base64.b64decode(message["picture"]))
        out.write(json.dumps({"to": message["from"], "text": text}) + "\n")
        out.flush()
