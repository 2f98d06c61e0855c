"""Figures of closed days over a period, with corrections applied: sums, never single people."""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Sum

from appointments.models import DayFigure
from appointments.reports import names
from appointments.reports.quantiles import minutes_at

BY = ("hall", "matter", "window", "hour", "day")
CONTENT = ("5", "4", "3")  # satisfied: the three good levels of 好差评

_GROUPS = {
    "all": "name",
    "hall": "hall_id",
    "day": "service_day",
    "matter": "matter_id",
    "window": "window_id",
    "hour": "hour",
}
_PARTS = ("matter", "window", "hour")


@dataclass
class Line:
    """What the figures of one hall, matter, window, hour or day tell together."""

    counts: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    lengths: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    written: int = 0  # days of halls

    def add(self, name: str, bucket: str, count: int, seconds: int, rows: int) -> None:
        self.counts[name][bucket] = self.counts[name].get(bucket, 0) + count
        self.lengths[name] += seconds
        self.written += rows if name == names.DAY else 0

    @property
    def was_open(self) -> int:
        """Of the written days of halls those with a session."""
        return self.people(names.DAY)

    def people(self, name: str) -> int:
        return sum(self.counts.get(name, {}).values())

    def parts(self, name: str) -> Mapping[str, int]:
        return self.counts.get(name, {})

    def half(self, name: str) -> int | None:
        return _whole(minutes_at(0.5, self.parts(name)))

    def nine_in_ten(self, name: str) -> int | None:
        return _whole(minutes_at(0.9, self.parts(name)))

    def mean(self, name: str) -> int | None:
        people = self.people(name)
        return round(self.lengths.get(name, 0) / people / 60) if people else None

    def hours(self, name: str) -> int:
        return round(self.lengths.get(name, 0) / 3600)

    def no_shows(self, lead: str | None = None) -> int | None:
        """In percent of the bookings that stood on the day."""
        if lead is None:
            return percent(self.people(names.NO_SHOW), self.people(names.BOOKED))
        away, booked = self.parts(names.NO_SHOW), self.parts(names.BOOKED)
        return percent(away.get(lead, 0), booked.get(lead, 0))

    def fill(self, channel: str | None = None) -> int | None:
        """Booked minutes in percent of those that could be booked."""
        taken, offered = self.parts(names.TAKEN), self.parts(names.OFFERED)
        some = [channel] if channel else ["online", "assisted", "reserved"]
        return percent(
            sum(taken.get(one, 0) for one in some), sum(offered.get(one, 0) for one in some)
        )

    def content(self) -> int | None:
        """People who rated one of the three good levels, in percent."""
        levels = self.parts(names.RATING)
        return percent(sum(levels.get(one, 0) for one in CONTENT), self.people(names.RATING))


def percent(part: int, whole: int) -> int | None:
    return round(100 * part / whole) if whole else None


def lines_of(halls: Sequence[int], first: date, last: date, by: str) -> dict[Any, Line]:
    """One line for each hall, matter, window, hour or day that has figures; `all`: one."""
    lines, whole = lines_and_whole(halls, first, last, by)
    return {"all": whole} if by == "all" and lines else lines


def lines_and_whole(
    halls: Sequence[int], first: date, last: date, by: str
) -> tuple[dict[Any, Line], Line]:
    """The lines, and all of it together: one reading of the figures, as a city's years are many.

    A corrected figure counts as its newest correction says.
    """
    others = {f"{part}__isnull": True for part in _PARTS if part != by}
    figures = _current(halls, first, last).filter(**others)
    rows = figures.values_list(_GROUPS[by], "name", "bucket")
    found: dict[Hashable, Line] = defaultdict(Line)
    whole = Line()
    for key, *told in rows.annotate(Sum("count"), Sum("seconds"), Count("pk")).order_by():
        if key is not None:
            found[key].add(*told)
        if key is None or by not in _PARTS:
            whole.add(*told)
    return dict(found), whole


def _current(halls: Sequence[int], first: date, last: date) -> Any:
    """Those that no correction replaces: corrections are few and looked up once, where a join
    would look for one beside each of a city's million figures."""
    asked = {"hall__in": list(halls), "service_day__range": (first, last)}
    replaced = DayFigure.objects.filter(corrects__isnull=False).values("corrects")
    return DayFigure.objects.filter(**asked).exclude(pk__in=replaced)


def _whole(minutes: float | None) -> int | None:
    return None if minutes is None else round(minutes)
