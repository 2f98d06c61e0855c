"""Two schedulers of housekeeping at once: each sweeps all the time, and dies as workers do.

    python -m tests.faults.sweeping

Whoever dies is followed by another one: the parent only forks.
"""

import os
import sys
import time

from tests.faults import dying


def sweep() -> None:
    from django.db import connections

    from appointments import housekeeping, tasks

    connections.close_all()
    try:
        housekeeping.sweep_messages(now=tasks.right_now())
    except Exception as error:  # the database restarts; the next sweep finds the same work
        print(type(error).__name__, file=sys.stderr)  # noqa: T201


def main(schedulers: int = 2) -> None:
    assert dying.MOST >= 0
    parent, children = os.getppid(), set[int]()
    while os.getppid() == parent:
        while len(children) < schedulers:
            child = os.fork()
            if child == 0:
                sweep()
                os._exit(0)
            children.add(child)
        pid, _status = os.waitpid(-1, 0)
        children.discard(pid)
        time.sleep(0.2)


if __name__ == "__main__":
    main()
