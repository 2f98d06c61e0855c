"""Some of the connections of `bench call-next`: a process of its own, a thread for each.

`python -m appointments.benching.caller FIRST COUNT`: reads the windows' ids and then the
instant of the beginning from standard input, writes the seconds of each round.
"""

import itertools
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

SECONDS, WARM = 4, 1

# The person is gone: the window is free for the next call.
FREE = """UPDATE queues_ticket SET state = 'void', window_id = NULL
 WHERE window_id = {window} AND state = 'called'"""


def one_process(first: int, count: int) -> None:
    """Some of the connections: called with the windows' ids, then with each beginning."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from windows.models import Shift

    ids = json.loads(sys.stdin.readline())[first : first + count]
    here = Shift.objects.filter(window__in=ids, period__upper_inf=True)
    pairs = [(one.window, one.staff) for one in here.select_related("window", "staff")]
    together = Barrier(count)
    with ThreadPoolExecutor(count) as pool:
        for begins in itertools.chain(["0"], sys.stdin):  # the first connects and prepares
            running = [pool.submit(calls, *pair, float(begins), together) for pair in pairs]
            took = [one for each in running for one in each.result()]
            print(json.dumps(took), flush=True)  # noqa: T201


def calls(window: Any, staff: Any, begins: float, together: Barrier) -> list[float]:
    """One connection's round: the seconds of each call with its freeing of the window."""
    from django.db import connection

    from config import civil
    from queues.calling import call_next

    connection.ensure_connection()
    free, took = FREE.format(window=window.pk), list[float]()
    together.wait()  # each thread has its own round
    time.sleep(max(0.0, begins - time.time()))
    counts_from, ends = begins + WARM, begins + WARM + SECONDS
    with connection.connection.cursor() as cursor:
        while True:
            began, now = time.perf_counter(), time.time()
            call_next(window=window, staff=staff, now=civil.now())
            cursor.execute(free)
            if now >= ends:
                return took
            if now >= counts_from:
                took.append(time.perf_counter() - began)


if __name__ == "__main__":
    one_process(int(sys.argv[1]), int(sys.argv[2]))
