"""What the night advised, as far as it still holds.

An advice holds while the forecast is the one that it was played for, the hours are ahead, and
who is expected and what is on offer are what they were: a session opened, cut or moved since
changes the places, and with them the effect that was played.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from appointments.foreseeing_empty import Empty
from appointments.foreseeing_need import Need
from appointments.models import SessionAdvice
from appointments.twin.outcome import ShortEffect

FEW_MINUTES, HALF_A_PERSON = 1.0, 0.5  # less than this is no help


@dataclass(frozen=True)
class NightAdvice:
    """By hall, day and first hour; those of empty sessions by session."""

    more: dict[tuple[int, date, int], SessionAdvice] = field(default_factory=dict)
    empty: dict[int, SessionAdvice] = field(default_factory=dict)

    def of_need(self, need: Need) -> SessionAdvice | None:
        """What was played for the need as it is now; None: nothing was."""
        found = self.more.get((need.hall_id, need.day, need.first_hour))
        if found is None or found.ends_hour != need.ends_hour:
            return None
        return found if _is_of(found, need) and len(found.numbers) <= need.windows else None

    def of_empty(self, empty: Empty) -> SessionAdvice | None:
        """What was played for the session as it is now; None: nothing was."""
        found = self.empty.get(empty.session)
        hours = (empty.starts_at, empty.ends_at)
        if found is None or (found.starts_at, found.ends_at) != hours:
            return None
        return found if _is_of(found, empty) else None


def read_advice(run: int | None, halls: Iterable[int], *, now: datetime) -> NightAdvice:
    """The night's advice for the hours to come, in one query."""
    told = NightAdvice()
    if run is None:
        return told
    for one in SessionAdvice.objects.filter(run=run, hall__in=list(halls), starts_at__gt=now):
        if one.reason == SessionAdvice.Reason.EMPTY and one.session_id:
            told.empty[one.session_id] = one
        else:
            told.more[one.hall_id, one.service_day, one.first_hour] = one
    return told


def effect_told(advice: SessionAdvice) -> ShortEffect:
    return ShortEffect.read(advice.effect)


def helps(effect: ShortEffect) -> bool:
    """Fewer people are turned away, or nine in ten wait less, by what one notices."""
    fewer = effect.fewer.middle >= HALF_A_PERSON
    return fewer or effect.minutes_less >= FEW_MINUTES or effect.before is None


def _is_of(advice: SessionAdvice, now: Need | Empty) -> bool:
    return (advice.expected, advice.places) == (now.expected, now.places)
