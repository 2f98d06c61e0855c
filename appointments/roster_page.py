"""What the roster pages show: a hall's week by session and window, and by person."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _

from appointments import saying
from appointments.roster_words import hours_words, length_words
from config import civil
from windows.access import CLERK, GUIDE
from windows.candidates import LIMITS
from windows.duties import LATELY, Duty, Load, duty_of, loads, people_of
from windows.models import (
    Absence,
    Hall,
    HallSession,
    RosterEntry,
    SessionWindow,
    Shift,
    Staff,
    Window,
)
from windows.rules import rules
from windows.skills import share_served, skills_of
from windows.suggesting import open_times
from windows.time_off import balances

A_MOMENT = timedelta(minutes=1)


@dataclass(frozen=True)
class Mark:
    """Something to look at, in words and colour (bad, warn)."""

    text: str
    kind: str = "warn"


@dataclass(frozen=True)
class Line:
    """Somebody planned at a place; `hours` only when it is a part of the session."""

    entry: RosterEntry
    name: str
    hours: str
    marks: list[Mark]

    @property
    def is_bad(self) -> bool:
        return any(mark.kind == "bad" for mark in self.marks)


@dataclass(frozen=True)
class Was:
    """Somebody who was signed in at a window without being planned there."""

    name: str
    hours: str


@dataclass(frozen=True)
class Place:
    """A window in a session (number 0 is the floor), who is there, and what is open."""

    session: HallSession
    number: int
    window: Window | None
    lines: list[Line]
    gaps: list[str]
    was: list[Was]  # who stood in the gaps of a session that is over
    is_extra: bool = False  # planned, though the session does not count on this window


@dataclass(frozen=True)
class Block:
    """A session of a day with its places."""

    session: HallSession
    hours: str
    places: list[Place]
    is_over: bool

    @property
    def open_places(self) -> int:
        return sum(1 for place in self.places if place.gaps)


@dataclass(frozen=True)
class Day:
    day: date
    words: str
    is_today: bool
    blocks: list[Block]


@dataclass(frozen=True)
class Person:
    """A row of the people: what they are planned for, day by day."""

    staff: Staff
    days: list[tuple[str, bool]]  # hours in words, and whether the person is absent
    minutes: int
    off_hours: int
    balance: int
    marks: list[Mark]

    @property
    def hours(self) -> str:
        return hours_words(self.minutes)

    @property
    def left(self) -> str:
        return length_words(self.balance)


@dataclass
class Week:
    """A hall's week."""

    hall: Hall
    monday: date
    days: list[Day] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    open_places: int = 0
    warnings: int = 0

    @property
    def earlier(self) -> date:
        return self.monday - timedelta(days=7)

    @property
    def later(self) -> date:
        return self.monday + timedelta(days=7)

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)


def week_page(hall: Hall, monday: date, *, now: datetime, today: date) -> Week:
    """The hall's week: sessions with their places, people with their hours; 13 queries, one
    more when a session is over."""
    page = Week(hall, monday)
    view = _Reading.of(hall, monday, now)
    for n in range(7):
        day = monday + timedelta(days=n)
        blocks = [view.block(one, now) for one in view.sessions if one.service_day == day]
        page.days.append(Day(day, saying.short_day(day), day == today, blocks))
        page.open_places += sum(one.open_places for one in blocks if not one.is_over)
    left = balances(view.people)
    page.people = [view.person(staff, left.get(pk, 0)) for pk, staff in view.people.items()]
    marked = [line for d in page.days for b in d.blocks for p in b.places for line in p.lines]
    page.warnings = sum(1 for line in marked if line.marks)
    return page


@dataclass
class _Reading:
    """What was read for a week."""

    monday: date
    sessions: list[HallSession]
    staffed: dict[int, dict[int, Window]]
    entries: dict[int, list[RosterEntry]]
    people: dict[int, Staff]
    carried: dict[int, Load]
    listed: dict[int, set[int]]
    limits: dict[str, int]
    stood: list[Shift]  # at windows, while a session that is over was held

    @classmethod
    def of(cls, hall: Hall, monday: date, now: datetime) -> "_Reading":
        sunday = monday + timedelta(days=6)
        sessions = list(
            HallSession.objects.filter(
                hall=hall, state="open", service_day__range=(monday, sunday)
            ).order_by("starts_at", "pk")
        )
        staffed: dict[int, dict[int, Window]] = {one.pk: {} for one in sessions}
        rows = SessionWindow.objects.filter(session__in=staffed, is_cancelled=False)
        rows = rows.select_related("window").prefetch_related("window__matters")
        for row in rows.order_by("window__number"):
            staffed[row.session_id][row.window_id] = row.window
        entries: dict[int, list[RosterEntry]] = {one.pk: [] for one in sessions}
        planned = RosterEntry.objects.filter(session__in=staffed, is_cancelled=False)
        planned = planned.select_related("staff", "window", "session")
        for entry in planned.order_by("period", "pk"):
            entries[entry.session_id].append(entry)
        people = {one.pk: one for one in people_of(hall, CLERK, GUIDE)}
        for of_session in entries.values():
            people |= {entry.staff_id: entry.staff for entry in of_session}
        return cls(
            monday, sessions, staffed, entries, people,
            loads(people, monday - LATELY, sunday + timedelta(days=1)),
            skills_of(people), rules(LIMITS, hall=hall, day=monday), _stood(hall, sessions, now),
        )  # fmt: skip

    def block(self, session: HallSession, now: datetime) -> Block:
        at: dict[int | None, list[RosterEntry]] = {}
        for entry in self.entries[session.pk]:
            at.setdefault(entry.window_id, []).append(entry)
        windows = self.staffed[session.pk]
        is_over = session.ends_at <= now
        places = [
            self.place(session, one, at.get(pk, []), is_over=is_over) for pk, one in windows.items()
        ]
        for pk, entries in at.items():
            if pk is not None and pk not in windows:
                places.append(self.place(session, entries[0].window, entries, is_extra=True))
        if at.get(None):
            places.append(self.place(session, None, at[None]))
        hours = saying.hours(session.starts_at, session.ends_at)
        return Block(session, hours, places, is_over)

    def place(
        self,
        session: HallSession,
        window: Window | None,
        entries: list[RosterEntry],
        *,
        is_extra: bool = False,
        is_over: bool = False,
    ) -> Place:
        duties = [duty for one in entries if (duty := duty_of(one))]
        gaps = [] if window is None or is_extra else open_times(session, duties)
        whole = [(session.starts_at, session.ends_at)]
        return Place(
            session=session,
            number=window.number if window else 0,
            window=window,
            lines=[self.line(duty, window) for duty in duties],
            gaps=["" if gaps == whole else saying.hours(*gap) for gap in gaps],
            was=self.was(session, window, gaps) if is_over and window else [],
            is_extra=is_extra,
        )

    def was(
        self, session: HallSession, window: Window, gaps: list[tuple[datetime, datetime]]
    ) -> list[Was]:
        """Who stood at the window in the gaps, and when if not all the time."""
        there: dict[str, tuple[datetime, datetime]] = {}
        for shift in self.stood:
            for begins, ends in gaps if shift.window_id == window.pk else ():
                since = max(shift.period.lower or begins, begins)
                until = min(shift.period.upper or ends, ends)
                if until - since >= A_MOMENT:
                    known = there.get(str(shift.staff), (since, until))
                    there[str(shift.staff)] = min(known[0], since), max(known[1], until)
        whole = session.starts_at, session.ends_at
        return [
            Was(name, "" if hours == whole else saying.hours(*hours))
            for name, hours in there.items()
        ]

    def line(self, duty: Duty, window: Window | None) -> Line:
        session = duty.entry.session
        whole = (duty.begins, duty.ends) == (session.starts_at, session.ends_at)
        hours = "" if whole else saying.hours(duty.begins, duty.ends)
        return Line(duty.entry, str(duty.entry.staff), hours, list(self._marks(duty, window)))

    def _marks(self, duty: Duty, window: Window | None) -> Iterable[Mark]:
        load = self.carried[duty.entry.staff_id]
        if load.is_away(duty.begins, duty.ends):
            yield Mark(_("absent"), "bad")
        rest = load.rest_around(duty.begins, duty.ends, duty.day)
        if rest is not None and rest < timedelta(hours=self.limits["rest_hours"]):
            hours = int(rest.total_seconds() // 3600)
            yield Mark(_("only %(n)s h of rest") % {"n": hours})
        if window is not None:
            served = share_served(
                self.listed.get(duty.entry.staff_id), _wanted(duty.entry.session, window)
            )
            if served < 1:
                yield Mark(_("cannot serve all matters") if served else _("cannot serve here"))

    def person(self, staff: Staff, balance: int) -> Person:
        load, sunday = self.carried[staff.pk], self.monday + timedelta(days=6)
        week = [self.monday + timedelta(days=n) for n in range(7)]
        days = [(self._day(load, day), _is_off(load.away, day)) for day in week]
        minutes = load.minutes_between(self.monday, sunday)
        marks = []
        if minutes > self.limits["duty_week_hours"] * 60:
            most = {"n": self.limits["duty_week_hours"]}
            marks.append(Mark(_("more than %(n)s h in the week") % most))
        if any(load.minutes_on(day) > self.limits["duty_day_hours"] * 60 for day in week):
            most = {"n": self.limits["duty_day_hours"]}
            marks.append(Mark(_("more than %(n)s h on a day") % most))
        off_hours = load.off_hours_between(sunday - LATELY, sunday)
        return Person(staff, days, minutes, off_hours, balance, marks)

    def _day(self, load: Load, day: date) -> str:
        minutes = load.minutes_on(day)
        return hours_words(minutes) if minutes else ""


def _stood(hall: Hall, sessions: list[HallSession], now: datetime) -> list[Shift]:
    """Who was signed in at the hall's windows during its sessions that are over."""
    over = [one for one in sessions if one.ends_at <= now]
    if not over:
        return []
    span = DateTimeTZRange(over[0].starts_at, max(one.ends_at for one in over))
    rows = Shift.objects.filter(window__hall=hall, period__overlap=span)
    return list(rows.select_related("staff").order_by("period"))


def _wanted(session: HallSession, window: Window) -> set[int]:
    """The matters at the window in the session, from what was read."""
    served = {matter.pk for matter in window.matters.all() if matter.is_offered}
    return served & set(session.matter_ids) if session.matter_ids else served


def _is_off(away: list[Absence], day: date) -> bool:
    begins, ends = civil.city_day(day)
    return any(
        (one.period.lower or begins) < ends and begins < (one.period.upper or ends) for one in away
    )
