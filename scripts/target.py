"""What the set-up scripts share: things that are made once, each in its place below `target/`."""

import contextlib
import fcntl
import subprocess
import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "target"


class SetupError(Exception):
    """Something the user has to do."""


@contextlib.contextmanager
def locked(place):
    """Holds the lock of a place. Builds and tests start at once and share what is there: the first makes it, the others
    wait and find it."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with open(place.parent / (place.name + ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run(command, **options):
    """Runs a command, whose output goes to stderr: stdout is for the place that a script prints."""
    words = [str(word) for word in command]
    if subprocess.run(words, stdout=sys.stderr, **options).returncode != 0:
        raise SetupError("`%s` failed; its message is above" % " ".join(words))
