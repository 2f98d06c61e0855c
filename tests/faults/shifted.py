"""Runs a module of Python on a machine whose clock is wrong.

    python -m tests.faults.shifted 3600 granian --interface wsgi ...

The clocks that our code and Django read are moved. (libfaketime 0.9.10 was tried and left:
under it Python's time.sleep fails, or waits for the whole shift.)
"""

import runpy
import sys
import time
from datetime import UTC, datetime


def on_a_wrong_machine(seconds: int) -> list[str]:
    """The beginning of a command whose next word is a module."""
    return [sys.executable, "-m", "tests.faults.shifted", str(seconds)]


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
