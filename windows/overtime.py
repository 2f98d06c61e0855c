"""Overtime: minutes that somebody stayed after the planned end, kept in a ledger.

What counts: the time after the planned end of the session in which the window was staffed,
from the closing time or, for who took over later, from their own sign-in. What does not:
the time before the session, the time until the next one when the window goes on in it, a
rest or a meal after closing, and what passes once the last person has been served (a
sign-out that was forgotten earns no night).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Sum

from windows.models import Break, Hall, HallSession, OvertimeEntry, Shift, Staff

TO_CLEAR_THE_DESK = timedelta(minutes=10)  # after the last person was served
LATE_AT_MOST = timedelta(hours=12)
LONGEST_DAY = timedelta(hours=18)  # who is still signed in then has forgotten to sign out
RESTS = [Break.Reason.REST, Break.Reason.MEAL]


def earn(*, shift: Shift, now: datetime) -> OvertimeEntry | None:
    """The minutes from the session's planned end to the end of the shift are in the ledger.

    With less than a whole minute nothing is earned. Once per shift
    (overtime_once_per_shift); the caller holds the shift's lock.
    """
    session = _session_of(shift, now)
    if session is None or shift.period.lower is None:
        return None
    since = max(session.ends_at, shift.period.lower)
    until = now
    if session.closed_at:
        until = min(now, max(session.closed_at, session.ends_at) + TO_CLEAR_THE_DESK)
    worked = until - since - _rested(shift, since, until)
    minutes = int(worked.total_seconds() // 60)
    if minutes < 1:
        return None
    return OvertimeEntry.objects.create(
        staff_id=shift.staff_id,
        shift=shift,
        session=session,
        service_day=session.service_day,
        minutes=minutes,
        made_at=now,
    )


def _session_of(shift: Shift, now: datetime) -> HallSession | None:
    """The last session of the window that had begun by now and ended around the shift; at a
    window that no session planned, the hall's.

    Told by its hours, not by the shift's day: a night session ends on the next date, and
    who takes over after midnight signs in on that date. One that still runs earns nothing.
    A session of the next day is none of the shift's: the sign-out was forgotten.
    """
    began = shift.period.lower or now
    now = min(now, began + LONGEST_DAY)
    of_hall = HallSession.objects.filter(hall_id=shift.window.hall_id, state=HallSession.State.OPEN)
    around = of_hall.filter(starts_at__lt=now, ends_at__gt=began - LATE_AT_MOST)
    of_window = around.filter(staffed__window=shift.window_id, staffed__is_cancelled=False)
    planned = of_window.order_by("-starts_at", "-ends_at", "-pk").first()
    return planned or around.order_by("-ends_at", "-pk").first()


def _rested(shift: Shift, since: datetime, until: datetime) -> timedelta:
    """Rests and meals between the two; a fault or an errand for the hall is work."""
    rested = timedelta(0)
    for one in Break.objects.filter(shift=shift, reason__in=RESTS, began_at__lt=until):
        begins, ends = max(one.began_at, since), min(one.ended_at or until, until)
        rested += max(ends - begins, timedelta(0))
    return rested


def month_of(day: date) -> tuple[date, date]:
    """The first day of the day's month, and of the next one."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1)


def minutes_of(staff: Staff, month: date) -> int:
    """The person's overtime in the month of that day, in minutes."""
    first, after = month_of(month)
    mine = OvertimeEntry.objects.filter(staff=staff, service_day__gte=first, service_day__lt=after)
    return int(mine.aggregate(all=Sum("minutes"))["all"] or 0)


@dataclass(frozen=True)
class DayStayed:
    """Somebody's overtime on one service day in one hall."""

    day: date
    minutes: int
    windows: str


@dataclass(frozen=True)
class PersonStayed:
    """Somebody's overtime in a month in one hall."""

    name: str
    username: str
    days: tuple[DayStayed, ...]

    @property
    def minutes(self) -> int:
        return sum(one.minutes for one in self.days)


def ledger(hall: Hall, month: date) -> list[PersonStayed]:
    """Who stayed how long in the month, by person and day; one query."""
    first, after = month_of(month)
    entries = OvertimeEntry.objects.filter(
        session__hall=hall, service_day__gte=first, service_day__lt=after
    )
    ordered = entries.select_related("staff", "shift__window")
    people: dict[int, list[OvertimeEntry]] = {}
    for one in ordered.order_by("staff__username", "service_day", "pk"):
        people.setdefault(one.staff_id, []).append(one)
    return [
        PersonStayed(str(mine[0].staff), mine[0].staff.username, tuple(_days(mine)))
        for mine in people.values()
    ]


def _days(entries: Iterable[OvertimeEntry]) -> list[DayStayed]:
    days: dict[date, list[OvertimeEntry]] = {}
    for one in entries:
        days.setdefault(one.service_day, []).append(one)
    return [
        DayStayed(
            day=day,
            minutes=sum(one.minutes for one in of_day),
            windows=", ".join(map(str, sorted({one.shift.window.number for one in of_day}))),
        )
        for day, of_day in days.items()
    ]
