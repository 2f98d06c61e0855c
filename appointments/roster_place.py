"""One place of a roster: who is planned there, who could be, and why not the others."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appointments import saying
from appointments.roster_page import Mark
from appointments.roster_words import hours_words
from windows.access import CLERK, GUIDE, SUPERVISOR
from windows.candidates import Candidate, free_staff
from windows.duties import Duty, duty_of, loads, people_of
from windows.models import (
    Absence,
    HallSession,
    PlannedBreak,
    RosterEntry,
    SessionWindow,
    Staff,
    Window,
)
from windows.rostering import roster_of
from windows.skills import matters_at
from windows.suggesting import open_times


@dataclass(frozen=True)
class There:
    """Somebody planned at the place."""

    entry: RosterEntry
    name: str
    hours: str
    absence: Absence | None


@dataclass(frozen=True)
class Choice:
    """Somebody who is free then."""

    staff: Staff
    about: str
    marks: list[Mark]

    @property
    def value(self) -> str:
        return str(self.staff.pk)


@dataclass
class PlacePage:
    """The place, and for which of its hours somebody is looked for."""

    asked: tuple[datetime, datetime]
    asked_words: str
    is_open: bool  # nobody stands there in those hours
    there: list[There] = field(default_factory=list)
    fitting: list[Choice] = field(default_factory=list)
    others: list[Choice] = field(default_factory=list)
    busy: list[str] = field(default_factory=list)
    elsewhere: list[tuple[int, str]] = field(default_factory=list)  # windows to move to
    breaks: list[PlannedBreak] = field(default_factory=list)
    everybody: list[Staff] = field(default_factory=list)


def place_page(session: HallSession, window: Window | None, *, now: datetime) -> PlacePage:
    """Who stands at the window (None: on the floor) in the session, and who could."""
    roster = roster_of(session)
    duties = [d for one in roster if one.window_id == _pk(window) and (d := duty_of(one))]
    gaps = open_times(session, duties)
    whole = session.starts_at, session.ends_at
    asked = gaps[0] if gaps and window else whole
    page = PlacePage(asked, saying.hours(*asked), is_open=bool(gaps) or window is None)
    page.there = _there(duties, session)
    roles = (CLERK,) if window else (GUIDE, CLERK)
    free = free_staff(
        hall=session.hall, period=DateTimeTZRange(*asked), matter_ids=matters_at(session, window),
        roles=roles, service_day=session.service_day,
    )  # fmt: skip
    for one in free:
        (page.fitting if one.is_fitting else page.others).append(choice_of(one))
    page.everybody = list(people_of(session.hall, *roles, SUPERVISOR))
    _say_busy(page, free, session, asked)
    taken = {one.window_id for one in roster}
    staffed = SessionWindow.objects.filter(session=session, is_cancelled=False)
    free_windows = staffed.exclude(window__in=[pk for pk in taken if pk]).select_related("window")
    page.elsewhere = [
        (one.window.number, _("Window %(number)s") % {"number": one.window.number})
        for one in free_windows.order_by("window__number")
    ]
    if window is not None:
        page.elsewhere.append((0, _("The floor")))
        span = DateTimeTZRange(*whole)
        planned = PlannedBreak.objects.filter(window=window, period__overlap=span)
        page.breaks = list(planned.order_by("period"))
    return page


def _pk(window: Window | None) -> int | None:
    return window.pk if window else None


def _there(duties: Sequence[Duty], session: HallSession) -> list[There]:
    carried = loads(
        {d.entry.staff_id for d in duties}, session.service_day,
        session.service_day + timedelta(days=1),
    )  # fmt: skip
    found = []
    for duty in duties:
        away = [
            one
            for one in carried[duty.entry.staff_id].away
            if (one.period.lower or duty.begins) < duty.ends
            and duty.begins < (one.period.upper or duty.ends)
        ]
        hours = saying.hours(duty.begins, duty.ends)
        found.append(There(duty.entry, str(duty.entry.staff), hours, away[0] if away else None))
    return found


def _say_busy(
    page: PlacePage,
    free: Sequence[Candidate],
    session: HallSession,
    asked: tuple[datetime, datetime],
) -> None:
    """Why the others cannot be chosen: planned elsewhere, or absent."""
    known = {one.staff.pk for one in free} | {one.entry.staff_id for one in page.there}
    rest = {one.pk: one for one in page.everybody if one.pk not in known}
    day = session.service_day
    for pk, load in loads(rest, day - timedelta(days=1), day + timedelta(days=1)).items():
        facts = {"name": str(rest[pk])}
        if load.is_away(*asked):
            page.busy.append(_("%(name)s is absent") % facts)
        elif load.is_busy(*asked):
            page.busy.append(_("%(name)s is planned elsewhere") % facts)


def choice_of(one: Candidate) -> Choice:
    """What speaks for the person, and against."""
    lately = ngettext(
        "%(n)s night or weekend in four weeks", "%(n)s nights or weekends in four weeks",
        one.off_hours,
    )  # fmt: skip
    week = _("%(hours)s in the week with this") % {"hours": hours_words(one.week_minutes)}
    return Choice(one.staff, f"{week} · {lately % {'n': one.off_hours}}", list(_against(one)))


def _against(one: Candidate):  # type: ignore[no-untyped-def]
    if one.served <= 0:
        yield Mark(_("cannot serve here"), "bad")
    elif not one.is_skilled:
        yield Mark(_("cannot serve all matters"))
    if not one.is_rested:
        yield Mark(_("only %(n)s h of rest") % {"n": one.rest_hours})
    if not one.is_within_day:
        yield Mark(_("%(hours)s on that day") % {"hours": hours_words(one.day_minutes)})
    if not one.is_within_week:
        yield Mark(_("too many hours in the week"))
