"""Hours that were full: how many more than were booked they were asked for.

Each is judged by the same hour of the same weekday in the eight weeks up to its day, and by
nothing that came later, so that a past day has the same number whenever and with whatever other
days it is asked for.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

import numpy as np
from django.db.models import F, Max, Min, Q, Sum
from django.db.models.functions import TruncHour

from appointments.demanded.facts import What, facts_now, known_days
from appointments.demanded.hours import hour_of
from appointments.demanded.unconstraining import unconstrain
from config import civil
from windows.models import HallSession, Matter, Slot

Cell = tuple[int, date, int]  # hall, service day, hour
WEEKS_BACK = 8
A_WEEK = timedelta(weeks=1)


def not_booked(
    halls: Iterable[int] | None, first: date, last: date
) -> dict[Cell, tuple[int, float]]:
    """Of full hours of whose searches nothing is known: who booked, and how many more asked."""
    asked = None if halls is None else list(halls)
    since = first - WEEKS_BACK * A_WEEK
    is_known = known_days(asked, since, last)
    full = {
        cell: was_full
        for cell, was_full in full_hours(asked, since, last).items()
        if is_known.get(cell[:2])
    }
    booked, in_vain = _asked_for(asked, since, last)
    cells = [
        cell
        for cell, was_full in full.items()
        if was_full and cell[1] >= first and booked.get(cell) and cell not in in_vain
    ]
    if not cells:
        return {}
    alike = [list(_same_hours(cell)) for cell in cells]
    sold = [[booked.get(one, 0) if one in full else np.nan for one in row] for row in alike]
    is_full = [[full.get(one, False) for one in row] for row in alike]
    wanted = unconstrain(np.array(sold, dtype=float), np.array(is_full))[:, -1]
    more = (
        (cell, float(all_of - booked[cell])) for cell, all_of in zip(cells, wanted, strict=True)
    )
    return {cell: (booked[cell], extra) for cell, extra in more if extra > 0}


def _same_hours(cell: Cell) -> Iterator[Cell]:
    """The same hour of the same weekday, from eight weeks back to the day itself."""
    hall_id, day, hour = cell
    return ((hall_id, day - weeks * A_WEEK, hour) for weeks in range(WEEKS_BACK, -1, -1))


def _asked_for(
    halls: list[int] | None, first: date, last: date
) -> tuple[dict[Cell, int], set[Cell]]:
    """Who booked in each hour; and the hours that somebody searched in vain."""
    facts = facts_now(halls, first, last).filter(
        what__in=[What.BOOKED, What.SEARCHED, What.WAITING], people__gt=0
    )
    sums = facts.values_list("hall_id", "service_day", "hour").annotate(
        booked=Sum("people", filter=Q(what=What.BOOKED), default=0),
        vain=Sum("people", filter=~Q(what=What.BOOKED), default=0),
    )
    booked: dict[Cell, int] = {}
    in_vain: set[Cell] = set()
    for hall_id, day, hour, sold, vain in sums.order_by().iterator():
        booked[hall_id, day, hour] = sold
        if vain:
            in_vain.add((hall_id, day, hour))
    return booked, in_vain


def full_hours(halls: Iterable[int] | None, first: date, last: date) -> dict[Cell, bool]:
    """The hours that offered places online, and whether they were full: not even the shortest
    matter had room at the end."""
    shortest = Matter.objects.aggregate(n=Min("minutes"))["n"] or 1
    slots = Slot.objects.filter(
        service_day__range=(first, last), session__state=HallSession.State.OPEN, online_quota__gt=0
    )
    if halls is not None:
        slots = slots.filter(hall__in=list(halls))
    hours = slots.annotate(began=TruncHour("starts_at", tzinfo=civil.CITY))
    rooms = hours.values_list("hall_id", "service_day", "began").annotate(
        room=Max(F("online_quota") - F("online_taken"))
    )
    found: dict[Cell, bool] = {}
    for hall_id, day, began, room in rooms.order_by().iterator():
        cell = (hall_id, day, hour_of(began, day))
        found[cell] = found.get(cell, True) and room < shortest
    return found
