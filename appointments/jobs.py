"""django-q2's edge: housekeeping that must run when Redis is gone.

Each job reads the clock, takes its period (period_runs_once) and runs commands. A job
that breaks is not tried again: the next period finds the same work by state.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import close_old_connections

from appointments import (
    alerting,
    answering_offers,
    housekeeping,
    nightly,
    offering_back,
    waitlist,
)
from appointments.admitting import open_rooms
from appointments.changes.answering import expire_due
from appointments.changes.following import join_waiting
from appointments.drawing import draw_due
from appointments.messaging import push_alerts
from appointments.providing import NoProvider
from appointments.returning import return_due
from config import civil
from config.clock import right_now
from queues import fitting
from queues.closing import close_over
from windows import links, time_off
from windows.once import takes_period

log = logging.getLogger(__name__)

SWEEPING = timedelta(seconds=50)  # most of the minute, so that codes arrive without Celery
PAUSE = timedelta(seconds=5)
NIGHT_WORK_IS_LATE = 3  # o'clock: Celery should have rebalanced by then

# name: (function, minutes between two runs); see manage.py schedule_housekeeping
SCHEDULES = {
    "every minute": ("appointments.jobs.each_minute", 1),
    "close days": ("appointments.jobs.each_quarter", 15),
    "forget and catch up": ("appointments.jobs.each_hour", 60),
}


def each_minute() -> None:
    """Holds end, visits are marked, and what Celery missed is sent all through the minute."""
    now = right_now()
    if not _takes("each_minute", now, minutes=1):
        return
    for work in (
        housekeeping.expire_holds,
        answering_offers.settle,
        expire_due,
        join_waiting,
        waitlist.end_over,
        offering_back.offer_free,
        housekeeping.mark_served,
        close_over,
        draw_due,
        open_rooms,
        links.release_due,
    ):
        _apart(work, now)
    sweep_until(now + SWEEPING)


def sweep_until(
    end: datetime,
    *,
    clock: Callable[[], datetime] = civil.now,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Places come back, and messages are owed and leave, every few seconds until then."""
    while (now := clock()) < end:
        _apart(return_due, now)
        _apart(alerting.tell_near, now)
        _apart(push_alerts.tell_browsers, now)
        try:
            housekeeping.sweep_messages(now=now)
        except NoProvider as error:
            log.error("%s", error)
            return
        sleep(PAUSE.total_seconds())


def _apart(work: Callable[..., object], now: datetime) -> None:
    """What breaks is seen in the log, and keeps nothing else from being done."""
    try:
        work(now=now)
    except Exception:
        log.exception("%s broke; the next time it finds the same work.", work)
        close_old_connections()  # a lost one is made anew


def each_quarter() -> None:
    """Service days that are over are closed, and their visits marked."""
    now = right_now()
    if _takes("each_quarter", now, minutes=15):
        housekeeping.close_days(now=now)
        housekeeping.mark_served(now=now)


def each_hour() -> None:
    """What need not be kept is deleted; reminders that nobody promised are owed; days that are
    over are written; a forecast and a rebalancing that the night missed are done, and the weekly
    plans make the coming sessions."""
    now = right_now()
    if not _takes("each_hour", now, minutes=60):
        return
    housekeeping.forget(now=now)
    _apart(housekeeping.owe_reminders, now)
    nightly.write(now=now)
    if civil.city_time(now).hour >= NIGHT_WORK_IS_LATE:
        nightly.run(now=now)
        _apart(housekeeping.make_sessions, now)
    _apart(fitting.learn_today, now)
    _apart(time_off.keep, now)


def _takes(job: str, now: datetime, *, minutes: int) -> bool:
    """True for the one runner of this stretch of so many minutes."""
    start = now.replace(minute=now.minute - now.minute % minutes, second=0, microsecond=0)
    return takes_period(job=f"appointments.jobs.{job}", period_start=start, now=now)
