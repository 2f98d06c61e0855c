"""Runs a module of Python on a machine whose clock is wrong.

    python -m tests.faults.shifted 3600 granian --interface wsgi ...

Where libfaketime is installed it is used, and the whole process believes it; else the
clocks that our code and Django read are moved.
"""

import runpy
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

FOUND = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))


def on_a_wrong_machine(seconds: int) -> tuple[list[str], dict[str, str]]:
    """The beginning of the command, and what the environment must say."""
    if FOUND:
        moved = {"FAKETIME": f"{seconds:+d}s", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        return [sys.executable, "-m"], {"LD_PRELOAD": str(FOUND[0]), **moved}
    return [sys.executable, "-m", "tests.faults.shifted", str(seconds)], {}


def move(seconds: int) -> None:
    from django.utils import timezone

    from config import civil

    class Moved(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.fromtimestamp(time.time(), tz)

    right = time.time
    time.time = lambda: right() + seconds
    timezone.now = lambda: Moved.now(UTC)  # noqa: TID251
    civil.datetime = Moved


if __name__ == "__main__":
    move(int(sys.argv[1]))
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
