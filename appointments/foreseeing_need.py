"""Where the forecast sees more people than there are places, and which hours a window is worth.

Places are the slots' window-minutes over the minutes that the expected people need. Hours in
which no hall of the city ever opened are nobody's need, and the tail of a hall that is closed
then is none either: what would run empty itself is not advised.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from math import ceil, floor

from django.db.models import Subquery

from appointments.foreseeing_empty import Empty, empty_sessions
from appointments.foreseeing_hours import DAY_HOURS, HOUR, Ahead, ByHour, read_ahead, span_from
from appointments.models import ForecastRun

DAYS = 7


@dataclass(frozen=True)
class Need:
    """Hours in a row of a hall's service day in which more people come than there are places."""

    hall_id: int
    day: date
    first_hour: int
    ends_hour: int
    expected: int
    low: int
    high: int
    places: int
    windows: int  # worth opening
    staffed: int  # at most, in those hours
    window_places: float  # of one window in those hours
    kind: str  # of the session that is open then; empty when none is
    session: int | None = None  # that is open in each of the hours

    @property
    def lacking(self) -> int:
        return self.expected - self.places

    @property
    def hours(self) -> int:
        return self.ends_hour - self.first_hour

    def helped(self, windows: int) -> tuple[int, int, int]:
        """People fewer who find no place with so many windows more: at least, expected, most."""
        room = round(windows * self.window_places)
        low, middle, high = (
            min(max(people - self.places, 0), room)
            for people in (self.low, self.expected, self.high)
        )
        return low, middle, high


@dataclass(frozen=True)
class Foreseen:
    """What the forecast says of the coming days: the greatest need, the emptiest first."""

    needs: tuple[Need, ...] = ()
    empty: tuple[Empty, ...] = ()


def newest_run(today: date) -> Subquery:
    """The newest forecast that reaches the coming days, read with something else."""
    runs = ForecastRun.objects.filter(first_day__lte=today + timedelta(days=1), last_day__gt=today)
    return Subquery(runs.order_by("-first_day", "-pk").values("pk")[:1])


def foresee(run: int | None, halls: Iterable[int], *, now: datetime) -> Foreseen:
    """Needs and empty sessions of the coming days by that forecast; nothing without one."""
    if run is None:
        return Foreseen()
    ahead = read_ahead(run, list(halls), span_from(now, DAYS))
    return Foreseen(
        tuple(sorted(_needs(ahead), key=lambda one: (-one.lacking, one.day, one.hall_id))),
        tuple(sorted(empty_sessions(ahead, now), key=lambda one: (one.percent, one.starts_at))),
    )


def _needs(ahead: Ahead) -> Iterator[Need]:
    for (hall, day), by_hour in ahead.hours.items():
        share = ahead.rule("advice_empty_percent", hall, day) / 100
        longest = ahead.rule("session_max_hours", hall, day)
        fewest = ahead.rule("advice_people", hall, day)
        for short in _in_a_row(by_hour, ahead.opened):
            worth = _worth(short, by_hour, share, longest)
            found = _need(hall, day, worth, by_hour, share) if worth else None
            if found and found.lacking >= fewest:
                yield found


def _in_a_row(by_hour: ByHour, opened: frozenset[int]) -> Iterator[list[int]]:
    """Short hours that touch each other; none before a day's midnight starts after it."""
    short = [
        hour for hour in sorted(by_hour)
        if by_hour[hour].is_short and (by_hour[hour].offered or hour in opened)
    ]  # fmt: skip
    for _, group in groupby(enumerate(short), key=lambda one: one[1] - one[0]):
        found = [hour for _, hour in group]
        if found[0] < DAY_HOURS:
            yield found


def _worth(hours: list[int], by_hour: ByHour, share: float, longest: int) -> list[int]:
    """Those for which a window is worth opening: it is busy for this share of the time, and
    where the hall is closed also in the first and the last hour."""

    def is_too_long() -> bool:
        ends = [by_hour[hour] for hour in (hours[0], hours[-1])]
        lacking = sum(by_hour[hour].lacking for hour in hours)
        return (
            len(hours) > longest
            or lacking < share * HOUR * len(hours)
            or any(not end.offered and end.lacking < share * HOUR for end in ends)
        )

    while hours and is_too_long():
        first_is_less = by_hour[hours[0]].lacking < by_hour[hours[-1]].lacking
        hours = hours[1:] if first_is_less else hours[:-1]
    return hours


def _need(hall: int, day: date, run: list[int], by_hour: ByHour, share: float) -> Need | None:
    there = [by_hour[hour] for hour in run]
    expected, wanted = (sum(getattr(one, name) for one in there) for name in ("expected", "wanted"))
    if expected <= 0:
        return None
    each = wanted / expected
    offered = sum(one.offered for one in there)
    full_windows = (wanted - offered) / HOUR / len(run)
    in_all = set.intersection(*(one.sessions for one in there))
    return Need(
        hall_id=hall,
        day=day,
        first_hour=run[0],
        ends_hour=run[-1] + 1,
        expected=round(expected),
        low=round(sum(one.low for one in there)),
        high=round(sum(one.high for one in there)),
        places=int(offered / each),
        windows=max(floor(full_windows + 1 - share), 1),
        staffed=max(ceil(one.offered / HOUR) for one in there),
        window_places=HOUR * len(run) / each,
        kind=next((one.kind for one in there if one.kind), ""),
        session=min(in_all, default=None),
    )
