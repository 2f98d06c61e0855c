"""What a change would do, in a supervisor's words: before and after. Read only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appointments import saying
from appointments.changes.asking import ChangePreview, Minutes
from appointments.losing_words import DEFAULT, ShownLosing, shown_losing
from config import civil

MINUTES_SAID = 60  # what is later is said by the clock


@dataclass(frozen=True)
class Effect:
    """One number before and after."""

    label: str
    before: Any = ""
    after: Any = ""
    kind: str = ""


@dataclass(frozen=True)
class Cell:
    before: int
    after: int

    @property
    def changed(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True)
class Hour:
    at: str
    cells: list[Cell]


@dataclass(frozen=True)
class ShownChange:
    """The preview of a change as its page shows it."""

    was: str
    becomes: str
    effects: list[Effect]
    hours: list[Hour]
    losing: ShownLosing
    warnings: list[str]
    notes: list[str]
    undo: str
    button: str
    digest: str


def shown_change(
    preview: ChangePreview,
    *,
    now: datetime,
    with_names: bool,
    default: str = DEFAULT,
    choices: dict[int, str] | None = None,
) -> ShownChange:
    """The preview in words; `choices` are those made so far, by party."""
    was, becomes = was_and_becomes(preview, now)
    losing = shown_losing(preview, with_names, default, choices or {})
    return ShownChange(
        was=was,
        becomes=becomes,
        effects=list(_effects(preview)),
        hours=_hours(preview),
        losing=losing,
        warnings=[*_urgent(preview), *map(str, preview.warnings)],
        notes=list(_notes(preview)),
        undo=undo_words(preview, now),
        button=button_words(preview, losing.people, now),
        digest=preview.digest,
    )


# --- what it was and becomes


def was_and_becomes(preview: ChangePreview, now: datetime) -> tuple[str, str]:
    """The session's hours and windows before and after, or what ends."""
    ask, session = preview.ask, preview.ask.session
    if session is None:
        period = period_words(ask.closes_at, ask.opens_at)
        closed = _("%(hall)s: closed %(period)s") % {
            "hall": ask.hall.name if ask.hall else "",
            "period": period,
        }
        return closed, closed
    was = _session_words(session.starts_at, session.ends_at, preview.windows_before)
    if ask.kind == "cancel":
        runs = session.starts_at < now
        return was, _("It ends now") if runs else _("It does not take place")
    starts = preview.starts_at or session.starts_at
    ends = preview.ends_at or session.ends_at
    becomes = _session_words(starts, ends, preview.windows_after)
    if ask.kind == "move":
        day = saying.long_day(civil.city_date(session.starts_at))
        new_day = saying.long_day(civil.city_date(starts))
        was, becomes = f"{day}, {was}", f"{new_day}, {becomes}"
        if ask.hall and ask.hall != session.hall:
            becomes = f"{ask.hall.name}: {becomes}"
    return was, becomes


def _session_words(starts: datetime, ends: datetime, windows: Sequence[int]) -> str:
    numbers = _(", ").join(map(str, windows))
    said = ngettext("window %(numbers)s", "windows %(numbers)s", len(windows))
    return f"{saying.hours(starts, ends)} · {said % {'numbers': numbers}}"


def period_words(starts: datetime | None, ends: datetime | None) -> str:
    return saying.period(starts, ends) if starts and ends else ""


# --- numbers


def _effects(preview: ChangePreview) -> Iterable[Effect]:
    before, after = preview.before, preview.after
    yield _effect(_("Online minutes"), before.online, after.online)
    if before.reserved or after.reserved:
        yield _effect(_("Minutes by the session's own link"), before.reserved, after.reserved)
    if before.assisted or after.assisted:
        yield _effect(_("Minutes for assisted booking"), before.assisted, after.assisted)
    if before.walkin or after.walkin:
        yield _effect(_("Minutes for walk-ins"), before.walkin, after.walkin)
    yield _effect(_("Online places"), preview.places_before, preview.places_after)
    yield from _staff(preview)
    yield from _demand(preview)
    if preview.in_hall:
        here = saying.people_words(preview.in_hall)
        yield Effect(_("Here with a number"), here, _("still served"))


def _effect(label: str, before: float, after: float) -> Effect:
    return Effect(label, before, after, "worse" if after < before else "better" * (after > before))


def _staff(preview: ChangePreview) -> Iterable[Effect]:
    hours = _("%(hours)s h")
    yield Effect(
        _("Working hours of the staff"),
        hours % {"hours": saying.short_number(preview.staff_hours_before)},
        hours % {"hours": saying.short_number(preview.staff_hours_after)},
    )
    if preview.overtime_hours > 0:
        more = hours % {"hours": saying.short_number(preview.overtime_hours)}
        yield Effect(_("More overtime"), "", more, "worse")
    if preview.overtime_people:
        yield Effect(_("Whose time changes"), "", _(", ").join(preview.overtime_people))
    if preview.unplanned:
        windows = ngettext("%(n)s window", "%(n)s windows", preview.unplanned)
        yield Effect(_("Nobody is planned at"), "", windows % {"n": preview.unplanned}, "worse")


def _demand(preview: ChangePreview) -> Iterable[Effect]:
    waiting = preview.waiting
    if waiting is not None:
        fill = _("nothing to book yet") if waiting.fill is None else f"{waiting.fill}%"
        yield Effect(_("Booked of the day's places"), fill)
        searches = ngettext("%(n)s search", "%(n)s searches", waiting.unmet)
        yield Effect(_("Searched that day in vain"), searches % {"n": waiting.unmet})
        usual = _("about %(n)s in vain") % {"n": round(waiting.usual_unmet)}
        yield Effect(_("On such weekdays before"), usual)
    if preview.would_be_offered:
        people = saying.people_words(preview.would_be_offered)
        yield Effect(_("On the waiting list, offered a place"), "", people, "better")


def _hours(preview: ChangePreview) -> list[Hour]:
    """By hour and channel; the day is said where there are several."""
    rows = [row for row in preview.hours if row.before.total or row.after.total]
    several = len({civil.city_date(row.at) for row in rows}) > 1
    return [Hour(_hour(row.at, several), [*_cells(row.before, row.after)]) for row in rows]


def _hour(at: datetime, with_day: bool) -> str:
    day = saying.short_day(civil.city_date(at))
    return f"{day} {saying.clock(at)}" if with_day else saying.clock(at)


def _cells(before: Minutes, after: Minutes) -> Iterable[Cell]:
    yield Cell(before.online + before.reserved, after.online + after.reserved)
    yield Cell(before.assisted, after.assisted)
    yield Cell(before.walkin, after.walkin)


# --- what is said beside it


def _urgent(preview: ChangePreview) -> Iterable[str]:
    if preview.urgent:
        said = ngettext(
            "%(n)s person must be told at once, because the time is near. This cannot be undone.",
            "%(n)s people must be told at once, because their time is near. This cannot be undone.",
            preview.urgent,
        )
        yield said % {"n": preview.urgent}


def _notes(preview: ChangePreview) -> Iterable[str]:
    if preview.held:
        said = ngettext(
            "%(n)s place is just being booked and not confirmed: it ends without a message.",
            "%(n)s places are just being booked and not confirmed: they end without a message.",
            preview.held,
        )
        yield said % {"n": preview.held}
    if preview.registered:
        said = ngettext(
            "%(n)s person has registered for the draw and is told.",
            "%(n)s people have registered for the draw and are told.",
            preview.registered,
        )
        yield said % {"n": preview.registered}


def undo_words(preview: ChangePreview, now: datetime) -> str:
    """Until when it can be taken back."""
    if not preview.can_undo:
        return _("Messages leave at once. You cannot take it back.")
    if preview.undo_until is None:
        return _("Nobody is told. You can take it back until somebody books or takes a number.")
    minutes = round((preview.undo_until - now).total_seconds() / 60)
    if minutes > MINUTES_SAID:
        at = saying.when_from(preview.undo_until, now)
        later = _("Messages leave at %(when)s. Until then you can take all of it back.")
        return later % {"when": at}
    said = ngettext(
        "Messages leave %(n)s minute later. Until then you can take all of it back.",
        "Messages leave %(n)s minutes later. Until then you can take all of it back.",
        minutes,
    )
    return said % {"n": minutes}


def button_words(preview: ChangePreview, people: int, now: datetime) -> str:
    session = preview.ask.session
    runs = session is not None and session.starts_at < now
    alone = {
        "extend": _("Extend the session"),
        "cut": _("Cut the session"),
        "move": _("Move the session"),
        "cancel": _("End it now") if runs else _("Cancel the session"),
        "close": _("Close it"),
    }[preview.ask.kind]
    if not people:
        return alone
    told = ngettext("%(act)s and tell %(n)s person", "%(act)s and tell %(n)s people", people)
    return told % {"act": alone, "n": people}
