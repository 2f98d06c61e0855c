"""What people were told on the days that were: reckoned from what could be known then.

Every third number of the halls that a visitor sees first; the estimates are the real
ones (queues/estimating.py), with services as the matters' own pages say.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from appointments.simulating.copying import Row
from appointments.simulating.day import PATIENCE, Opening, Visit
from queues.estimating import Line, OpenWindow, Waiting, foresee_line, rounded
from queues.lining_up import Expected
from queues.pacing import Pacing, Stays, pacing_from

if TYPE_CHECKING:
    from windows.models import Matter

EVERY = 3
DAYS_TOLD = timedelta(days=15)
MISSED_AFTER = timedelta(seconds=75)


def usual_pacing(matters: Iterable["Matter"]) -> Pacing:
    """Where nothing has been measured yet."""
    rows = [
        {"id": m.pk, "code": m.code, "name_zh": "", "name_en": "", "minutes": m.minutes}
        for m in matters
    ]
    nothing = Stays.read([[]] * 6)
    return pacing_from(rows, nothing, offsets=np.array([]), came=(0.0, 0.0))


def foretell(
    visits: Sequence[Visit], tickets: Sequence[Row], openings: Sequence[Opening], pacing: Pacing
) -> list[tuple[Row, Row]]:
    """(ticket, prediction) of every third of these; both are in order of arrival."""
    told = []
    for n in range(0, len(visits), EVERY):
        visit, ticket = visits[n], tickets[n]
        line = _line_at(visit.at, n, visits, openings)
        foreseen = foresee_line(
            line, pacing, now=visit.at, patience=int(PATIENCE.total_seconds() // 60)
        )
        if found := foreseen.raw.get(n + 1):
            told.append((ticket, _prediction(visit, n, line, found, pacing)))
    return told


def _prediction(
    visit: Visit, n: int, line: Line, found: tuple[float, float], pacing: Pacing
) -> Row:
    estimate = rounded(*found)
    facts = {
        "ahead": len(line.ahead_of(visit.matter_id, (visit.rank_at, n + 1))),
        "windows": len(line.windows_for(visit.matter_id)),
        "minutes": round(pacing.typical, 2),
        "raw": [round(minutes, 2) for minutes in found],
    }
    return {"made_at": visit.at, "half": estimate.half, "most": estimate.most, "facts": facts}


def _line_at(at: datetime, last: int, visits: Sequence[Visit], openings: Sequence[Opening]) -> Line:
    """The hall as it was known when that visit came."""
    here = [(n, v) for n, v in enumerate(visits[: last + 1]) if not v.called_at or v.called_at > at]
    waiting = sorted((_waiting(n, v) for n, v in here), key=lambda one: one.place)
    serving = {v.window_id: v for v in visits[:last] if _is_served(v, at)}
    windows = [
        OpenWindow(
            n, matters, v.matter_id if (v := serving.get(pk)) else None, id=pk,
            since=v.called_at if v else None,
        )
        for opening in openings
        if opening.starts_at <= at
        for n, (pk, matters) in enumerate(opening.windows)
    ]  # fmt: skip
    expected: dict[tuple[datetime, int], int] = {}
    for v in visits[last + 1 :]:
        if v.booking is not None and v.booking["starts_at"] <= at + PATIENCE:
            key = v.booking["starts_at"], v.matter_id
            expected[key] = expected.get(key, 0) + 1
    booked = tuple(Expected(m, starts, n) for (starts, m), n in sorted(expected.items()))
    return Line(tuple(waiting), tuple(windows), booked)


def _waiting(n: int, visit: Visit) -> Waiting:
    source = "walk_in" if visit.booking is None else "booking"
    return Waiting(n + 1, visit.matter_id, visit.rank_at, visit.at, source)


def _is_served(visit: Visit, at: datetime) -> bool:
    if visit.called_at is None or visit.called_at > at:
        return False
    left = visit.finished_at or visit.called_at + MISSED_AFTER
    return left > at
