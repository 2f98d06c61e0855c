"""What the pages of demand show: days with their state, facts of a day in words."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from appointments import saying
from appointments.demanded.correcting import Difference
from appointments.demanded.facts import known_days
from appointments.demanded.hours import clock_of
from appointments.demanded.picturing import CHANNELS, Sums
from appointments.demanded.reading import Wanted
from appointments.models import DemandFact
from windows.models import Hall, HallSession, Matter

What = DemandFact.What
IN_VAIN = {What.SEARCHED, What.KIOSK, What.WAITING}
KINDS = dict(HallSession.Kind.choices)


def day_rows(hall: Hall, first: date, last: date, rows: Iterable[Wanted]) -> list[dict[str, Any]]:
    """The days, the latest first: written, closed, or not written; with who found no place."""
    sums: dict[date, Sums] = defaultdict(Sums)
    for one in rows:
        sums[one.service_day].add(one)
    known = known_days([hall.pk], first, last)
    days = [last - timedelta(days=n) for n in range((last - first).days + 1)]
    return [
        {
            "day": day,
            "words": saying.short_day(day),
            "state": {True: "open", False: "closed", None: "unwritten"}[known.get((hall.pk, day))],
            "sums": sums[day],
            "unmet": round(sums[day].unmet),
        }
        for day in days
    ]


def shown_fact(fact: DemandFact) -> dict[str, Any]:
    return {
        "fact": fact,
        "clock": clock_of(fact.hour),
        "next_day": fact.hour >= 24,
        "kind": KINDS.get(fact.kind, ""),
        "channel": CHANNELS.get(fact.channel, fact.channel),
        "is_vain": fact.what in IN_VAIN and fact.people > 0,
        "when": saying.when(fact.recorded_at),
    }


def shown_difference(one: Difference, matters: dict[int, Matter]) -> dict[str, Any]:
    return {
        "clock": clock_of(one.key.hour),
        "matter": matters[one.key.matter_id],
        "what": What(one.key.what).label,
        "channel": CHANNELS.get(one.key.channel, one.key.channel),
        "written": one.written.people if one.written else 0,
        "people": one.people,
    }
