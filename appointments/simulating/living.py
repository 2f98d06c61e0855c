"""The living day: simulated clerks and people act with the commands that real ones use.

In every hall the windows in WORKED have simulated clerks; in H01 only windows 1 and 2, so
that the windows from 3 on are free for whoever tries the desk. A refusal is an answer, a
database that is away for a while is waited for; nothing here ends but by `stop`.
"""

import heapq
import itertools
import logging
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from django.db import InterfaceError, OperationalError, connection

from appointments.simulating.calendar import cover_now
from appointments.simulating.city import clerk_name
from appointments.simulating.clerking import BRISK, BRISKER, USUAL, Clerk
from appointments.simulating.preparing import extend
from appointments.simulating.visiting import Arrivals, Bookers, Cancellers
from config import civil
from config.refusals import Refusal
from windows.models import Hall, HallSession, Matter, Staff, Window

log = logging.getLogger(__name__)
Act = Callable[[datetime], float | None]
WORKED, WORKED_IN_H01 = (1, 2, 3, 4), (1, 2)
BRISK_HALLS = ("H01", "H02", "H03")
HOURS_AHEAD, HOURS_ADDED = 4, 8
NAP = 0.2


@dataclass
class Life:
    """What happens when. Each act says after how many seconds it wants to be done again."""

    clock: Callable[[], datetime]
    luck: Random
    plan: list[tuple[float, int, Act, bool]] = field(default_factory=list)
    stopped: bool = False
    order: "itertools.count[int]" = field(default_factory=itertools.count)

    def soon(self, seconds: float, act: Act, *, once: bool = False) -> None:
        heapq.heappush(self.plan, (time.monotonic() + seconds, next(self.order), act, once))

    def later(self, seconds: float, act: Callable[[datetime], None]) -> None:
        """Something that is done one time, also when it is refused."""
        self.soon(seconds, act, once=True)

    def stop(self, *_signal: object) -> None:
        self.stopped = True

    def run(self) -> None:
        while not self.stopped:
            wait = self.plan[0][0] - time.monotonic() if self.plan else NAP
            if wait > 0:
                time.sleep(min(wait, NAP))
                continue
            _due, _order, act, once = heapq.heappop(self.plan)
            again = self._do(act)
            if again is not None and not once:
                self.soon(again, act)

    def _do(self, act: Act) -> float | None:
        """Seconds until the act is done again; whatever happens, life goes on."""
        try:
            return act(self.clock())
        except Refusal:
            return self.luck.uniform(8, 20)
        except (OperationalError, InterfaceError) as error:
            log.warning("The database is away: %s", str(error).strip().split("\n")[0])
            connection.close()
            time.sleep(1)
            return self.luck.uniform(1, 5)
        except Exception:  # one odd act must not end the life of a whole city
            log.exception("An act of the simulated life failed")
            connection.close()
            return 60


def wake(clock: Callable[[], datetime], luck: Random) -> Life:
    """The life of all simulated halls, ready to run."""
    life = Life(clock, luck)
    halls = list(Hall.objects.filter(is_simulated=True).order_by("code"))
    matters = list(Matter.objects.filter(is_offered=True).order_by("pk"))
    for hall in halls:
        arrivals = Arrivals(hall, matters, 10 if hall.code in BRISK_HALLS else 45, luck)
        life.soon(luck.uniform(0, 20), arrivals.act)
    for clerk in clerks(halls, life):
        life.soon(luck.uniform(0, 60 if clerk.pace is USUAL else 10), clerk.act)
    life.soon(5, Bookers(halls, matters, 9, life.later, luck).act)
    life.soon(60, Cancellers(100, luck).act)
    life.soon(30, lambda now: keep_open(halls, now))
    life.soon(3600, lambda now: keep_calendar(halls, now))
    return life


def clerks(halls: list[Hall], life: Life) -> list[Clerk]:
    """A clerk for each window that has a simulated one."""
    codes = {hall.pk: hall.code for hall in halls}
    staff = Staff.objects.in_bulk(field_name="username")
    found = []
    for window in Window.objects.filter(hall__in=halls, is_in_use=True).order_by("pk"):
        code = codes[window.hall_id]
        worked = WORKED_IN_H01 if code == "H01" else WORKED
        who = staff.get(clerk_name(code, window.number))
        if who and window.number in worked:
            pace = BRISKER if code == "H01" else BRISK if code in BRISK_HALLS else USUAL
            clerk = Clerk(who, window, pace, life.later, life.luck, beside_people=code == "H01")
            found.append(clerk)
    return found


def keep_open(halls: list[Hall], now: datetime) -> float:
    """Every hall stays open for the next hours, also at night and on Sundays.

    What is added lasts longer than what is asked for, so that it is added seldom.
    """
    ends = open_until([hall.pk for hall in halls], now)
    short = [hall for hall in halls if ends[hall.pk] < now + timedelta(hours=HOURS_AHEAD)]
    if short:
        cover_now(short, now, HOURS_ADDED)
    return 120


def open_until(hall_ids: list[int], now: datetime) -> dict[int, datetime]:
    """Until when each hall is open without a break; now, when it is closed."""
    ends = dict.fromkeys(hall_ids, now)
    sessions = HallSession.objects.filter(hall__in=hall_ids, state="open", ends_at__gt=now)
    soon = sessions.filter(starts_at__lte=now + timedelta(hours=HOURS_AHEAD))
    for session in soon.order_by("starts_at"):
        if session.starts_at <= ends[session.hall_id]:
            ends[session.hall_id] = max(ends[session.hall_id], session.ends_at)
    return ends


def keep_calendar(halls: list[Hall], now: datetime) -> float:
    """The coming days have their sessions, also when the demo runs for days."""
    extend(halls, now)
    return 3600


def live() -> None:
    """The city lives until this process is told to stop."""
    life = wake(civil.now, Random())  # noqa: S311  play, no secrets
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, life.stop)
    life.run()
