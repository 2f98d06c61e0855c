"""Many sessions in one action: a series of days, the same night in several halls, a copy.

What each would be is seen beforehand (`foresee_many`), and only what was seen is opened
(`open_many`). Sessions of one action share a `series`, and go together until the first
booking.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.refusals import Refusal
from windows.calendar_days import day_kinds
from windows.hall_hours import keep_open
from windows.kinds import KindBook
from windows.models import Hall, HallSession, Staff, Window
from windows.planning import SessionPreview, preview_session
from windows.sessions import HallClosed, NoWindows, busy_refusal, open_session

MOST = 200
FURTHEST = timedelta(days=180)


class TooManySessions(Refusal):
    code = "too_many_sessions"
    message = gettext_lazy(
        "That would be %(count)s sessions; %(most)s is the most in one go. Choose fewer."
    )
    field = "count"


class NoDays(Refusal):
    code = "no_days"
    message = gettext_lazy("No day fits what you chose. Look at the weekdays and the days.")
    field = "weekdays"


class NothingOpens(Refusal):
    code = "nothing_opens"
    message = gettext_lazy("None of these sessions can be opened. The list says why.")


class ChangedMeanwhile(Refusal):
    code = "changed_meanwhile"
    message = gettext_lazy("Something has changed since you looked. Look at the list once more.")


@dataclass(frozen=True)
class Asked:
    """A session that is asked for. `numbers` are the windows; None: all that are free."""

    hall: Hall
    day: date
    kind: str
    opens: time
    closes: time
    numbers: tuple[int, ...] | None = None
    shape: dict[str, Any] = field(default_factory=dict)
    release_days: int | None = None


@dataclass(frozen=True)
class DayFate:
    """What becomes of one that is asked for: what it will be, or why it will not."""

    asked: Asked
    preview: SessionPreview | None
    why: str = ""
    other: HallSession | None = None

    @property
    def opens(self) -> bool:
        return self.preview is not None and not self.why

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(w.number for w in self.preview.windows) if self.preview else ()


def series_days(
    *,
    first: date,
    weekdays: Iterable[int] = (),
    each_workday: bool = False,
    count: int | None = None,
    last: date | None = None,
) -> list[date]:
    """The days of a series from `first` on: so many, or until `last`; those weekdays, or each
    working day of the calendar.

    Refuses: NoDays, TooManySessions.
    """
    if count is not None and count > MOST:
        raise TooManySessions(count=count, most=MOST)
    end = first + FURTHEST if last is None else min(last, first + FURTHEST)
    named = set(weekdays)
    days = [
        day
        for day, kind in day_kinds(first, end).items()
        if (kind.is_workday if each_workday else day.isoweekday() in named)
    ]
    days = days if count is None else days[:count]
    if not days:
        raise NoDays
    return days


def pick(free: Sequence[Window], numbers: tuple[int, ...] | None) -> list[Window]:
    """The windows with those numbers, else others that are free, as many; all without."""
    if numbers is None:
        return list(free)
    same = [window for window in free if window.number in numbers]
    others = [window for window in free if window.number not in numbers]
    missing = max(0, len(numbers) - len(same))
    return sorted(same + others[len(others) - missing :], key=lambda one: one.number)


def foresee_many(asked: Sequence[Asked], *, now: datetime) -> list[DayFate]:
    """What becomes of each. Nothing is written. Refuses: TooManySessions."""
    if len(asked) > MOST:
        raise TooManySessions(count=len(asked), most=MOST)
    return [_fate(one, now) for one in asked]


def _fate(asked: Asked, now: datetime) -> DayFate:
    try:
        seen = _preview(asked, None, now)
        windows = pick(seen.free, asked.numbers)
        if not asked.hall.is_open:
            raise HallClosed
        if not windows and (busy := _all_busy(asked, now)):
            return DayFate(asked, seen, str(busy_refusal(busy)), busy.session)
        if not windows:
            raise NoWindows
        return DayFate(asked, _preview(asked, windows, now))
    except Refusal as refusal:
        return DayFate(asked, None, str(refusal))


def _all_busy(asked: Asked, now: datetime) -> Any:
    every = list(asked.hall.windows.filter(is_in_use=True))
    busy = _preview(asked, every, now).busy
    return busy[0] if busy else None


def _preview(asked: Asked, windows: list[Window] | None, now: datetime) -> SessionPreview:
    return preview_session(
        hall=asked.hall, kind=asked.kind, day=asked.day, opens=asked.opens, closes=asked.closes,
        windows=windows, now=now, booking_opens_at=_opens_at(asked, now), **asked.shape,
    )  # fmt: skip


def _opens_at(asked: Asked, now: datetime) -> datetime:
    book = KindBook([asked.hall.pk])
    return book.opens_at(asked.day, asked.hall.pk, asked.release_days, now)


def digest(fates: list[DayFate]) -> str:
    """Names what was seen: halls, days, hours, windows and what cannot be."""
    seen = repr(
        [
            (f.asked.hall.code, f.asked.day, f.asked.opens, f.asked.closes, f.numbers, f.opens)
            for f in fates
        ]
    )
    return hashlib.sha256(seen.encode()).hexdigest()[:16]


@transaction.atomic
def open_many(
    asked: Sequence[Asked], *, expect: str, series: UUID, by: Staff | None, now: datetime
) -> list[HallSession]:
    """Those of the sessions that can be are open, as they were seen; all or none.

    Refuses: TooManySessions, ChangedMeanwhile, NothingOpens, and what `open_session` refuses.
    """
    keep_open(one.hall for one in asked)
    fates = foresee_many(asked, now=now)
    if digest(fates) != expect:
        raise ChangedMeanwhile
    opened = [
        open_session(
            hall=fate.asked.hall, kind=fate.asked.kind, day=fate.asked.day,
            opens=fate.asked.opens, closes=fate.asked.closes, windows=fate.preview.windows,
            by=by, now=now, booking_opens_at=fate.preview.booking_opens_at, series=series,
            **fate.asked.shape,
        )
        for fate in fates
        if fate.preview and fate.opens
    ]  # fmt: skip
    if not opened:
        raise NothingOpens
    return opened


def total(fates: list[DayFate]) -> dict[str, float]:
    """What all that open bring together."""
    seen = [fate.preview for fate in fates if fate.preview and fate.opens]
    return {
        "sessions": len(seen),
        "left_out": len(fates) - len(seen),
        "hours": sum(one.staff_hours for one in seen),
        **{name: sum(one.minutes_of(name) for one in seen) for name in CHANNELS},
    }


CHANNELS = ("online", "assisted", "walkin")


def series_words(count: int) -> str:
    return _("%(count)s sessions are open.") % {"count": count}
