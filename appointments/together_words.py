"""What closing several halls at once would do and did, in a supervisor's words. Read only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appointments.change_forms import CHOICES
from appointments.change_words import period_words, undo_words
from appointments.changes.asking import ChangePreview
from appointments.changes.previewing import warnings_about
from appointments.changes.together import HallSeen


@dataclass(frozen=True)
class HallRow:
    """One hall: what it loses and what becomes of its people, or why it stays as it is."""

    code: str
    name: str
    sessions: int = 0
    places: int = 0
    people: int = 0
    placed: int = 0
    waiting: int = 0
    expect: str = ""
    said: str = ""


@dataclass(frozen=True)
class ShownTogether:
    """The look at all of them; `total` sums up those that can be closed."""

    period: str
    rows: list[HallRow]
    total: HallRow
    warnings: list[str]
    undo: str
    button: str
    default: str
    for_all: list[tuple[str, Any]]


def shown_together(seen: Sequence[HallSeen], *, now: datetime, default: str) -> ShownTogether:
    """All halls in one table, each with its own numbers or the reason why not."""
    rows = [_row(one) for one in seen]
    previews = [one.preview for one in seen if one.preview is not None]
    total = _total(rows, len(previews))
    ask = seen[0].ask
    return ShownTogether(
        period=period_words(ask.closes_at, ask.opens_at),
        rows=rows,
        total=total,
        warnings=warnings_about([losing for one in previews for losing in one.losing]),
        undo=_undo(previews, now),
        button=_button(len(previews), total.people) if previews else "",
        default=default,
        for_all=list(CHOICES.items()) if total.placed else [],
    )


def _row(one: HallSeen) -> HallRow:
    seen = one.preview
    if seen is None:
        return HallRow(one.hall.code, one.hall.name, said=str(one.refusal or ""))
    placed = len({(a.party, bytes(a.booking.id_index)) for a in seen.losing if a.proposal})
    return HallRow(
        code=one.hall.code,
        name=one.hall.name,
        sessions=len(seen.sessions),
        places=seen.places_before - seen.places_after,
        people=seen.people,
        placed=placed,
        waiting=seen.people - placed,
        expect=seen.digest,
    )


def _total(rows: Sequence[HallRow], halls: int) -> HallRow:
    names = ("sessions", "places", "people", "placed", "waiting")
    sums = {name: sum(getattr(row, name) for row in rows) for name in names}
    return HallRow("", ngettext("%(n)s hall", "%(n)s halls", halls) % {"n": halls}, **sums)


def _undo(previews: Sequence[ChangePreview], now: datetime) -> str:
    """Until when; it is taken back hall by hall, so each can be as long as its own allows."""
    fixed = sum(not one.can_undo for one in previews)
    if fixed:
        said = ngettext(
            "In %(n)s of the halls messages leave at once; its closing cannot be taken back.",
            "In %(n)s of the halls messages leave at once; their closings cannot be taken back.",
            fixed,
        )
        return said % {"n": fixed}
    told = [one for one in previews if one.messages_at is not None] or list(previews)
    return undo_words(min(told, key=lambda one: one.messages_at or now), now) if told else ""


def _button(halls: int, people: int) -> str:
    close = ngettext("Close %(n)s hall", "Close %(n)s halls", halls) % {"n": halls}
    if not people:
        return close
    told = ngettext("%(act)s and tell %(n)s person", "%(act)s and tell %(n)s people", people)
    return told % {"act": close, "n": people}


def heading_of_done(what: str, done: int, asked: int) -> str:
    """How many of them it was done for."""
    said = {
        "close": ngettext(
            "%(done)s of %(n)s hall is closed", "%(done)s of %(n)s halls are closed", asked
        ),
        "open": ngettext(
            "%(done)s of %(n)s hall is open again", "%(done)s of %(n)s halls are open again", asked
        ),
        "undo": ngettext(
            "%(done)s of %(n)s closing is taken back",
            "%(done)s of %(n)s closings are taken back",
            asked,
        ),
    }[what]
    return said % {"done": done, "n": asked}


def nothing_done(what: str) -> str:
    """Of a hall for which there is neither an answer nor a refusal."""
    if what == "close":
        return _("Not closed: something came in between. Please close it once more.")
    return _("Not done: something came in between. Please try it once more.")
