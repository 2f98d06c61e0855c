"""Celery workers that kill themselves at six named points of sending. C18.

    celery -A tests.faults.dying worker -Q messages -c 2

DYING_DEATHS: a file with a line for each death, shared by all; DYING_MOST: how many there
are at most; DYING_URL, DYING_KEY, DYING_DEDUPES: the provider, a server of tests/faking.
Leases and pauses last a second or two here, so that successors need not wait for minutes.
Schedulers ring every second, each ring ten times over.
DYING_CLOCK: a file that says when a played city began to count on from which instant; these
processes go by it.
"""

import os
import random
import signal
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import django

django.setup()

from appointments import housekeeping, sending, tasks  # noqa: E402
from appointments.messaging.routing import OnlyWay  # noqa: E402
from appointments.messaging.sms_http import SmsOverHttp  # noqa: E402
from config.celery import app  # noqa: E402, F401  the worker's
from tests.faults.dying_points import POINTS, city_time  # noqa: E402

DEATHS = Path(os.environ["DYING_DEATHS"])
MOST = int(os.environ["DYING_MOST"])
LONGEST = int(os.environ.get("DYING_LONGEST", "15"))  # messages until a death, about


class Fate:
    """The point at which this process dies next, and how often it passes it before."""

    point, passes = "", 0

    @classmethod
    def draw(cls) -> None:
        """Each point has its share of the deaths: a run without work dies only at the claim."""
        cls.point, cls.passes = "", 0
        died = Counter(DEATHS.read_text().splitlines())
        left = [point for point in POINTS if died[point] < MOST / len(POINTS)]
        if left and died.total() < MOST:
            cls.point = random.choice(left)  # noqa: S311
            cls.passes = random.randrange(2 if "claim" in cls.point else LONGEST)  # noqa: S311

    @classmethod
    def pass_by(cls, point: str) -> None:
        if point != cls.point:
            return
        if cls.passes:
            cls.passes -= 1
            return
        with DEATHS.open("a") as deaths:
            deaths.write(f"{point}\n")
        os.kill(os.getpid(), signal.SIGKILL)


class Dying(SmsOverHttp):
    def send(self, letter: Any) -> Any:
        Fate.pass_by("before the call")
        accepted = super().send(letter)
        Fate.pass_by("after acceptance")
        return accepted


def around(name: str, before: str, after: str) -> None:
    work = getattr(sending, name)

    def dying(*args: Any, **more: Any) -> Any:
        Fate.pass_by(before)
        done = work(*args, **more)
        Fate.pass_by(after)
        return done

    setattr(sending, name, dying)


def a_provider() -> Dying:
    return Dying(
        name="dying", url=os.environ["DYING_URL"], key=os.environ["DYING_KEY"],
        dedupes=os.environ["DYING_DEDUPES"] == "1",
    )  # fmt: skip


def send_due(**about: Any) -> Any:
    Fate.draw()
    return send(**about, through=OnlyWay(a_provider()))


around("claim", "before the claim", "after the claim")
around("_record", "before the record", "after the record")
housekeeping.MISSED_BY = timedelta(seconds=2)
ring = {"task": "appointments.send_due", "schedule": 1.0}
app.conf.beat_schedule = {f"{n} of ten": ring for n in range(10)}
send, sending.send_due = sending.send_due, send_due
sending.LEASE = timedelta(seconds=2)
if CLOCK := os.environ.get("DYING_CLOCK"):

    def of_the_city() -> datetime:
        return city_time(Path(CLOCK))

    tasks.right_now = of_the_city
    sending.running_on = lambda _now: of_the_city
sending.PAUSES = [timedelta(seconds=1)] * len(sending.PAUSES)
