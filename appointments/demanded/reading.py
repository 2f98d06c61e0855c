"""Reading demand: the facts as they are known today, and what was wanted behind them."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet, Sum

from appointments.demanded.censoring import not_booked
from appointments.demanded.facts import What, facts_now, known_days
from appointments.models import DemandFact
from windows.models import Matter, Rule
from windows.rules import RULES

ANYWAY = "twin_comes_anyway_percent"
SERVED = [What.BOOKED, What.WALKED_IN]
ASKED = [*SERVED, What.SEARCHED, What.WAITING, What.KIOSK]


class Row(NamedTuple):
    """People who asked for one matter in one hour in one way, all channels together."""

    hall_id: int
    matter_id: int
    service_day: date
    hour: int
    what: str
    people: int
    minutes: int


class Wanted(NamedTuple):
    """What was wanted in an hour: who got it, and who did not. Parts of people are possible."""

    hall_id: int
    matter_id: int
    service_day: date
    hour: int
    booked: int
    walked_in: int
    unmet: float
    minutes: float
    is_estimated: bool

    @property
    def people(self) -> float:
        return self.booked + self.walked_in + self.unmet


def daily(halls: Iterable[int] | None, first: date, last: date) -> list[Row]:
    """Facts by hall, matter, service day, hour and kind of fact, corrections applied.

    `halls`: their keys, None for all. A day that is not in `known_days` is unknown, not zero:
    it was closed, or its numbers are not written yet.
    """
    names = ("hall_id", "matter_id", "service_day", "hour", "what")
    sums = facts_now(halls, first, last).values_list(*names)
    rows = sums.annotate(n=Sum("people"), asked=Sum("minutes")).filter(n__gt=0)
    return [Row(*row) for row in rows.order_by(*names)]


def wanted(halls: Iterable[int] | None, first: date, last: date) -> list[Wanted]:
    """What each hour of the open days was asked for, by matter: booked, walked in, and unmet.

    Unmet are those who searched in vain, without those who

    - stand on the waiting list as well: who waits has searched, so the greater number counts;
    - got a place after all by the waiting list (they are taken off when the day is written);
    - came without a booking (rule `twin_comes_anyway_percent`), as they are counted there,

    and those whom the kiosk refused. Where an hour was full online and nobody is recorded as
    searching in vain, what was wanted is censored: it is estimated from the same hour of the
    same weekday before by expectation-maximisation (`censoring.py`; `unconstraining.py` names
    its source), and shared out to matters as they were booked.

    A day's numbers are the same with whatever other days they are asked for.
    """
    return list(each_wanted(halls, first, last))


def each_wanted(halls: Iterable[int] | None, first: date, last: date) -> Iterator[Wanted]:
    """The same one by one, for a city's year: four queries, of which only sums are kept."""
    asked = None if halls is None else sorted(set(halls))
    is_known = known_days(asked, first, last)
    extra = not_booked(asked, first, last)
    lengths = dict(Matter.objects.values_list("pk", "minutes"))
    anyway = Anyway()
    for row in _sums(asked, first, last).iterator(chunk_size=10_000):
        if not is_known.get((row["hall_id"], row["service_day"])):
            continue
        one = _found(row, anyway.share(row["hall_id"], row["service_day"]), lengths)
        here = extra.get((one.hall_id, one.service_day, one.hour))
        yield _completed(one, *here) if here and one.booked else one


def people_by_day(
    halls: Iterable[int] | None, first: date, last: date
) -> dict[tuple[int, date], float]:
    """Who wanted to come to each hall on each open day that is written."""
    asked = None if halls is None else sorted(set(halls))
    found = {one: 0.0 for one, was_open in known_days(asked, first, last).items() if was_open}
    for one in each_wanted(asked, first, last):
        found[one.hall_id, one.service_day] += one.people
    return found


def _sums(halls: list[int] | None, first: date, last: date) -> QuerySet[DemandFact, dict[str, Any]]:
    facts = facts_now(halls, first, last).filter(what__in=ASKED, people__gt=0)
    people = {what.value: Sum("people", filter=Q(what=what), default=0) for what in ASKED}
    served = Sum("minutes", filter=Q(what__in=SERVED), default=0)
    names = ("hall_id", "service_day", "hour", "matter_id")
    return facts.values(*names).annotate(**people, served=served).order_by(*names)


def _found(row: dict[str, Any], anyway: float, lengths: dict[int, int]) -> Wanted:
    left = max(row[What.SEARCHED], row[What.WAITING]) * (1 - anyway) + row[What.KIOSK]
    return Wanted(
        hall_id=row["hall_id"],
        matter_id=row["matter_id"],
        service_day=row["service_day"],
        hour=row["hour"],
        booked=row[What.BOOKED],
        walked_in=row[What.WALKED_IN],
        unmet=left,
        minutes=row["served"] + left * lengths[row["matter_id"]],
        is_estimated=False,
    )


def _completed(one: Wanted, booked: int, extra: float) -> Wanted:
    """With its part of those who would have booked, had there been room."""
    more = extra * one.booked / booked
    each = one.minutes / max(one.people, 1)
    return one._replace(
        unmet=one.unmet + more, minutes=one.minutes + more * each, is_estimated=True
    )


class Anyway:
    """Which share of those who searched in vain came without a booking, by hall and day."""

    def __init__(self) -> None:
        self._changes: dict[int | None, list[tuple[date, int]]] = defaultdict(list)
        rows = Rule.objects.filter(name=ANYWAY).order_by("effective_on")
        for hall_id, since, value in rows.values_list("hall_id", "effective_on", "value"):
            self._changes[hall_id].append((since, value))

    def share(self, hall_id: int, day: date) -> float:
        """The hall's own rule, else the city's, as it was on that day."""
        for changes in (self._changes[hall_id], self._changes[None]):
            if place := bisect_right(changes, day, key=lambda one: one[0]):
                return min(max(changes[place - 1][1], 0), 100) / 100
        return RULES[ANYWAY][0] / 100
