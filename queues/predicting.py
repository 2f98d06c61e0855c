"""What people were told when they took their number, kept; and how good it was.

The range is kept once per ticket, right after the number has been given: whatever goes
wrong here, the number stands. `How` compares what was told with what came, and with the
rule of thumb that most halls use: people ahead times a usual service over the windows,
nine in ten within one and a half times that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from django.db import connection, transaction

from config import civil
from queues.board import snapshot_of
from queues.models import Prediction, Ticket
from queues.pacing import pacing_of
from windows.models import Hall

DAYS_COMPARED = 14
THUMB_MOST = 1.5
FEWEST_TOLD = 20  # fewer predictions say nothing about a matter or an hour


def promise(ticket: Ticket, now: datetime) -> None:
    """Keeps what the ticket's holder is told, once the number is safely theirs."""

    def told() -> None:
        keep(ticket, now)

    transaction.on_commit(told, robust=True)


def keep(ticket: Ticket, now: datetime) -> Prediction | None:
    """The ticket's range as of now; None while nobody can tell, or it was called already."""
    snapshot = snapshot_of(ticket.hall, now)
    told = snapshot.foreseen.of(ticket.pk)
    if told is None:
        return None
    line, windows = snapshot.line, len(snapshot.line.windows_for(ticket.matter_id))
    half, most = snapshot.foreseen.raw[ticket.pk]
    facts = {
        "ahead": len(line.ahead_of(ticket.matter_id, (ticket.rank_at, ticket.pk))),
        "windows": windows or sum(ticket.matter_id in one.matters for one in line.coming),
        "minutes": round(pacing_of(ticket.hall, snapshot.day).typical, 2),
        "raw": [round(half, 2), round(most, 2)],
    }
    prediction = Prediction(ticket=ticket, made_at=now, half=told.half, most=told.most, facts=facts)
    Prediction.objects.bulk_create([prediction], ignore_conflicts=True)
    return prediction


@dataclass(frozen=True)
class Told:
    """Predictions and what came of them, an entry each, in minutes."""

    waited: np.ndarray
    half: np.ndarray
    most: np.ndarray
    raw: np.ndarray  # two columns: half and most before they were corrected
    thumb: np.ndarray  # the rule of thumb's half
    matter: np.ndarray
    hour: np.ndarray
    day: np.ndarray

    def __len__(self) -> int:
        return len(self.waited)

    def where(self, mask: np.ndarray) -> "Told":
        return Told(**{name: column[mask] for name, column in vars(self).items()})


# Who stepped back, or brought a rank along, did not wait what a newcomer was told.
COMPARED = """
SELECT extract(epoch FROM t.called_at - p.made_at)::float / 60, p.half, p.most,
    coalesce((p.facts -> 'raw' ->> 0)::float, p.half),
    coalesce((p.facts -> 'raw' ->> 1)::float, p.most),
    (p.facts ->> 'ahead')::float * (p.facts ->> 'minutes')::float
        / greatest((p.facts ->> 'windows')::float, 1),
    t.matter_id, extract(hour FROM t.issued_at AT TIME ZONE %s)::int, t.service_day
FROM queues_prediction p JOIN queues_ticket t ON t.id = p.ticket_id
WHERE t.hall_id = %s AND t.service_day BETWEEN %s AND %s AND t.called_at IS NOT NULL
    AND t.postponed_at IS NULL AND t.came_from_id IS NULL AND t.called_at >= p.made_at
"""


def told_in(hall: Hall, first: date, last: date) -> Told:
    """What was told in the hall on those service days, both included; one query."""
    with connection.cursor() as cursor:
        cursor.execute(COMPARED, [str(civil.CITY), hall.pk, first, last])
        rows = cursor.fetchall()
    waited, half, most, raw_half, raw_most, thumb, matter, hour, day = (
        np.array(column) for column in (zip(*rows, strict=True) if rows else [[]] * 9)
    )
    raw = np.stack([raw_half, raw_most], axis=-1) if rows else np.zeros((0, 2))
    return Told(waited, half, most, raw, thumb, matter, hour, day)


def pinball(waited: np.ndarray, told: np.ndarray, level: float) -> float:
    """The usual measure of a told quantile: minutes too long and too short, weighed."""
    over = waited - told
    return float(np.mean(np.maximum(level * over, (level - 1) * over))) if len(waited) else 0.0


@dataclass(frozen=True)
class How:
    """How good the ranges of a group of people were, in per cent and minutes."""

    name: str
    people: int
    within_half: int
    within_most: int
    off: float
    thumb_off: float

    @classmethod
    def of(cls, name: str, told: Told) -> "How":
        return cls(
            name=name,
            people=len(told),
            within_half=round(100 * float(np.mean(told.waited <= told.half))),
            within_most=round(100 * float(np.mean(told.waited <= told.most))),
            off=round(float(np.mean(np.abs(told.waited - told.half))), 1),
            thumb_off=round(float(np.mean(np.abs(told.waited - told.thumb))), 1),
        )


@dataclass(frozen=True)
class HowGood:
    """The same for the whole hall, by matter and by hour, with the days that it covers."""

    all: How
    matters: tuple[How, ...]
    hours: tuple[How, ...]
    first: date
    last: date
    pinball: tuple[float, float]  # ours, the rule of thumb's; half and nine in ten together


def how_good(hall: Hall, names: dict[int, str], day: date) -> HowGood | None:
    """How good they were on the days before; None while there is too little to say."""
    told = told_in(hall, day - timedelta(days=DAYS_COMPARED), day - timedelta(days=1))
    if len(told) < FEWEST_TOLD:
        return None
    ours = pinball(told.waited, told.half, 0.5) + pinball(told.waited, told.most, 0.9)
    thumb = pinball(told.waited, told.thumb, 0.5)
    thumb += pinball(told.waited, THUMB_MOST * told.thumb, 0.9)
    matters = [(names.get(int(pk), ""), told.where(told.matter == pk)) for pk in set(told.matter)]
    hours = [(f"{int(h):02d}:00", told.where(told.hour == h)) for h in sorted(set(told.hour))]
    return HowGood(
        all=How.of("", told),
        matters=_groups(sorted(matters, key=lambda group: -len(group[1]))),
        hours=_groups(hours),
        first=min(told.day),
        last=max(told.day),
        pinball=(round(ours, 2), round(thumb, 2)),
    )


def _groups(groups: Sequence[tuple[str, Told]]) -> tuple[How, ...]:
    return tuple(How.of(name, told) for name, told in groups if len(told) >= FEWEST_TOLD)
