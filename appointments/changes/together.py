"""Closing several halls at once: one look at all of them, then one hall after another.

Each hall closes in a transaction of its own, so that locks are held for one hall's people
only and a hall that cannot be closed leaves the others closed. Nobody is sent from one of
them to another, and who closes later finds the places gone that an earlier one took.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from appointments.changes.candidates import Column, free_elsewhere, shut_beside
from appointments.changes.engine import Plan, plan
from appointments.changes.picturing import ChangePreview
from appointments.changes.previewing import pictured
from appointments.changes.wanting import Ask
from config.refusals import Refusal
from windows.closing_halls import ClosedAlready
from windows.models import Hall


@dataclass(frozen=True)
class HallSeen:
    """One of the halls: what closing it would do, or why it cannot be closed."""

    ask: Ask
    preview: ChangePreview | None = None
    refusal: Refusal | None = None

    @property
    def hall(self) -> Hall:
        assert self.ask.hall is not None  # noqa: S101  Ask.close has one
        return self.ask.hall


def asks_of(halls: Iterable[Hall], **what: Any) -> list[Ask]:
    """A closing of each hall, beside all the others; `what` as for `Ask.close`."""
    by_code = sorted(halls, key=lambda hall: hall.code)
    ids = {hall.pk for hall in by_code}
    return [Ask.close(hall, **what, beside=tuple(sorted(ids - {hall.pk}))) for hall in by_code]


def preview_together(asks: Sequence[Ask], *, now: datetime) -> list[HallSeen]:
    """What closing them one after another would do; a hall that is closed already is named.

    Refuses: ClosureInOrder, ClosureInPast, ClosureTooLong, for all of them.
    """
    seen, places = list[HallSeen](), None
    for ask in asks:
        try:
            if places is None:
                places = _free_for(asks, now)
            made = plan(ask, now, places)
        except ClosedAlready as refusal:
            seen.append(HallSeen(ask, refusal=refusal))
            continue
        places = _left(places, made)
        seen.append(HallSeen(ask, pictured(made)))
    return seen


def _free_for(asks: Sequence[Ask], now: datetime) -> list[Column]:
    """What is free in the city beside all these halls."""
    everywhere = replace(asks[0], beside=tuple(ask.hall.pk for ask in asks if ask.hall))
    return free_elsewhere(without=shut_beside(everywhere), earliest=now, now=now)


def _left(places: list[Column], made: Plan) -> list[Column]:
    """The places without those that the plan gives to its people."""
    taken = Counter[tuple[str, str]]()
    minutes = {one.booking.pk: one.booking.minutes for one in made.told}
    for pk, column in made.places.items():
        taken[column.key, column.channel] += minutes[pk]
    rooms = [(one, one.room - taken[one.key, one.channel]) for one in places]
    return [replace(one, room=room) for one, room in rooms if room > 0]
