"""One clock for all processes: the database's.

A machine whose clock is wrong, or is set while it works, would end holds early and send
reminders at the wrong hour. So each process asks PostgreSQL for the time, keeps the answer
for CLOCK_SECONDS, and counts on with the machine's steady clock, which nobody sets. While
the database cannot be asked the last answer counts on; before the first one there is only
the machine's own clock (docs/operations.md, "Faults").

A simulated city may play a day faster: DENGTA_PLAY says which instant of the city belongs
to which real one, and how many times faster it goes on from there.
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse

from config import civil

_asking = threading.Lock()
_asked = float("-inf")


class Clock:
    """The middleware: the clock is right before anybody reads it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info != "/healthz":  # which needs nothing
            ask_again()
        return self.get_response(request)


def right_now() -> datetime:
    """The present instant, for jobs and tasks."""
    ask_again()
    return civil.now()


def ask_again() -> None:
    """Asks the database when its last answer is old; at first everybody waits for it."""
    if not is_old() or not _asking.acquire(blocking=_asked < 0):
        return
    try:
        if is_old():
            ask()
    finally:
        _asking.release()


def is_old() -> bool:
    return 0 < settings.CLOCK_SECONDS <= time.monotonic() - _asked


def played(instant: datetime) -> tuple[datetime, float]:
    """The city's instant and the rate at which its time goes by; the real ones elsewhere."""
    if settings.CLOCK_PLAY is None:
        return instant, 1.0
    began, shows, rate = settings.CLOCK_PLAY
    return shows + (instant - began) * rate, rate


def ask() -> None:
    """The clock is set by the database's, when it answers."""
    global _asked
    try:
        with connection.cursor() as cursor:
            before = time.monotonic()
            cursor.execute("SELECT clock_timestamp()")
            (instant,) = cursor.fetchone()
        instant, rate = played(instant)
        civil.count_on(instant, since=(before + time.monotonic()) / 2, rate=rate)
    except DatabaseError:
        connection.close()
    _asked = time.monotonic()
