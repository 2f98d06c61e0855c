"""Absences that people of a hall ask for: what each would leave uncovered, who could stand in."""

from datetime import datetime
from typing import Any

from appointments import saying
from appointments.roster_place import choice_of
from appointments.roster_words import asked_words
from windows import absences, asking_absence
from windows.models import Absence, AbsenceRequest, Hall

MOST_ASKED, MOST_TOLD = 20, 3


def asked_rows(hall: Hall, me: Any, *, now: datetime) -> list[dict[str, Any]]:
    """The open questions of the hall's people, each with what it would leave uncovered."""
    asked = asking_absence.open_in(hall, now=now)[:MOST_ASKED]
    return [asked_row(hall, one, me, now=now, most=MOST_TOLD) for one in asked]


def asked_row(
    hall: Hall, asked: AbsenceRequest, me: Any, *, now: datetime, most: int | None = None
) -> dict[str, Any]:
    """One question; `most`: for how many of the planned times somebody is looked for."""
    would_be = Absence(staff=asked.staff, period=asked.period, reason=asked.reason)
    missing = [
        one
        for one in absences.uncovered(would_be)
        if one.ends > now and one.entry.session.hall_id == hall.pk
    ]
    looked_at = missing if most is None else missing[:most]
    return asked_words(asked, now=now) | {
        "is_own": asked.staff_id == me.pk,
        "missing": [_missing(one, now) for one in looked_at],
        "more": len(missing) - len(looked_at),
    }


def _missing(one: absences.Uncovered, now: datetime) -> dict[str, Any]:
    window = one.entry.window
    found = absences.stand_ins(one, now=now)
    return {
        "day": saying.short_day(one.entry.session.service_day),
        "hours": saying.hours(one.begins, one.ends),
        "number": window.number if window else 0,
        "best": choice_of(found[0]) if found else None,
        "others": max(len(found) - 1, 0),
    }
