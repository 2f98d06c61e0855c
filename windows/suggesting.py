"""A whole week's roster, suggested or copied: looked at first, then planned in one press.

A library's solver gives each group of simultaneous places the people for whom the sum of
what speaks against them is least: matters they cannot serve, hours and nights they carry
already, another window than the day before. Who has no rest, is absent or has reached the
day's or the week's hours is not suggested; what nobody can take stays open and is told.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import attrgetter

import numpy as np
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from scipy.optimize import linear_sum_assignment

from config.refusals import Refusal
from windows.access import CLERK
from windows.candidates import LIMITS, Candidate, judge
from windows.duties import LATELY, Duty, Load, duty_of, loads, people_of, week_of
from windows.models import Hall, HallSession, RosterEntry, SessionWindow, Staff, Window
from windows.rostering import assign, lock_people, lock_sessions
from windows.rules import rules
from windows.skills import share_served, skills_of

NEVER, UNSKILLED, OFF_HOURS, OTHER_WINDOW = 1e9, 2000.0, 240.0, 15.0


class LookAgain(Refusal):
    code = "roster_changed"
    message = _("The roster has changed since you looked. Look at the new suggestion.")


@dataclass(frozen=True)
class Gap:
    """A time of a session in which nobody is planned at a window."""

    session: HallSession
    window: Window
    begins: datetime
    ends: datetime
    matters: frozenset[int] = frozenset()

    @property
    def is_whole(self) -> bool:
        return (self.begins, self.ends) == (self.session.starts_at, self.session.ends_at)


@dataclass(frozen=True)
class Proposal:
    """Somebody for a gap, or nobody and why."""

    gap: Gap
    staff: Staff | None
    why: str = ""


def gaps_in(hall: Hall, first: date, last: date, *, now: datetime) -> list[Gap]:
    """What is not planned yet at the windows of the hall's sessions of those days."""
    staffed = SessionWindow.objects.filter(
        session__hall=hall, session__service_day__range=(first, last), is_cancelled=False,
        session__state=HallSession.State.OPEN, session__ends_at__gt=now,
    ).select_related("session__hall", "window")  # fmt: skip
    rows = list(
        staffed.prefetch_related("window__matters").order_by("session__starts_at", "window__number")
    )
    planned: dict[tuple[int, int | None], list[Duty]] = {}
    entries = RosterEntry.objects.filter(session__in={r.session_id for r in rows})
    for entry in entries.filter(is_cancelled=False).select_related("session"):
        if duty := duty_of(entry):
            planned.setdefault((entry.session_id, entry.window_id), []).append(duty)
    found: list[Gap] = []
    for row in rows:
        served = {m.pk for m in row.window.matters.all() if m.is_offered}
        wanted = served & set(row.session.matter_ids) if row.session.matter_ids else served
        there = planned.get((row.session_id, row.window_id), [])
        found += [
            Gap(row.session, row.window, begins, ends, frozenset(wanted))
            for begins, ends in open_times(row.session, there)
        ]
    return found


def open_times(session: HallSession, planned: Iterable[Duty]) -> list[tuple[datetime, datetime]]:
    """The stretches of the session that these duties leave open."""
    at, found = session.starts_at, []
    for duty in sorted(planned, key=attrgetter("begins")):
        if at < duty.begins:
            found.append((at, duty.begins))
        at = max(at, duty.ends)
    if at < session.ends_at:
        found.append((at, session.ends_at))
    return found


def suggest(hall: Hall, monday: date, *, now: datetime) -> list[Proposal]:
    """Who could stand at what is open in that week; nothing is written."""
    sunday = monday + timedelta(days=6)
    team = Team.read(hall, monday)
    found: list[Proposal] = []
    for group in _simultaneous(gaps_in(hall, monday, sunday, now=now)):
        found += team.share_out(group)
    return sorted(found, key=lambda one: (one.gap.begins, one.gap.window.number))


def _simultaneous(gaps: list[Gap]) -> list[list[Gap]]:
    """Gaps that overlap, together: one person can take only one of them."""
    groups: list[list[Gap]] = []
    until = None
    for gap in sorted(gaps, key=lambda one: (one.begins, one.window.number)):
        if until is None or gap.begins >= until:
            groups.append([])
            until = gap.ends
        groups[-1].append(gap)
        until = max(until, gap.ends)
    return groups


@dataclass
class Team:
    """The hall's clerks and what they carry, as the week fills."""

    people: list[Staff]
    carried: dict[int, Load]
    listed: dict[int, set[int]]
    limits: dict[str, int]
    monday: date

    @classmethod
    def read(cls, hall: Hall, monday: date) -> "Team":
        people = sorted(people_of(hall, CLERK), key=attrgetter("username"))
        pks = [one.pk for one in people]
        carried = loads(pks, monday - LATELY, monday + timedelta(days=7))
        limits = rules(LIMITS, hall=hall, day=monday)
        return cls(people, carried, skills_of(pks), limits, monday)

    def share_out(self, group: list[Gap]) -> list[Proposal]:
        """The best people for these gaps, who carry them from now on."""
        if not self.people:
            return [Proposal(gap, None, gettext("The hall has no clerks.")) for gap in group]
        costs = np.array([[self.cost(gap, one) for one in self.people] for gap in group])
        rows, columns = linear_sum_assignment(costs)
        chosen = {
            row: self.people[column]
            for row, column in zip(rows, columns, strict=True)
            if costs[row, column] < NEVER
        }
        for row, staff in chosen.items():
            self.take(group[row], staff)
        return [
            Proposal(gap, chosen.get(n), "" if n in chosen else self.why_nobody(gap))
            for n, gap in enumerate(group)
        ]

    def take(self, gap: Gap, staff: Staff) -> None:
        """The person carries the gap from now on."""
        self.carried[staff.pk].duties.append(_duty(gap, staff))

    def judged(self, gap: Gap, staff: Staff) -> Candidate | None:
        """None: not free then."""
        load = self.carried[staff.pk]
        if load.is_busy(gap.begins, gap.ends) or load.is_away(gap.begins, gap.ends):
            return None
        served = share_served(self.listed.get(staff.pk), gap.matters)
        day = gap.session.service_day
        return judge(staff, load, gap.begins, gap.ends, day, served, self.limits)

    def cost(self, gap: Gap, staff: Staff) -> float:
        """What speaks against the person there, in minutes; NEVER when it cannot be."""
        one = self.judged(gap, staff)
        if one is None or not (one.is_rested and one.is_within_day and one.is_within_week):
            return NEVER
        if one.served <= 0:
            return NEVER
        load = self.carried[staff.pk]
        first, last = week_of(self.monday)
        lately = load.minutes_between(first - LATELY, last) / 5
        cost = lately + one.week_minutes + UNSKILLED * (1 - one.served)
        if _duty(gap, staff).is_off_hours:
            cost += OFF_HOURS * one.off_hours
        elsewhere = [d for d in load.duties if d.entry.window_id != gap.window.pk]
        return cost + OTHER_WINDOW * bool(elsewhere and elsewhere[-1] is load.duties[-1])

    def why_nobody(self, gap: Gap) -> str:
        """Why nobody can be suggested, the nearest reason."""
        free = [one for staff in self.people if (one := self.judged(gap, staff))]
        if not free:
            return gettext("Everybody is planned elsewhere or absent then.")
        able = [one for one in free if one.served > 0]
        if not able:
            return gettext("Nobody who is free can serve the matters of this window.")
        if not any(one.is_rested for one in able):
            return gettext("Who is free would have less than %(n)s hours of rest.") % {
                "n": self.limits["rest_hours"]
            }
        return gettext("Who is free has reached the hours of the day or of the week.")


def _duty(gap: Gap, staff: Staff) -> Duty:
    entry = RosterEntry(
        staff=staff, session=gap.session, window=gap.window,
        period=DateTimeTZRange(gap.begins, gap.ends),
    )  # fmt: skip
    return Duty(entry, gap.begins, gap.ends)


def copy_week(hall: Hall, monday: date, *, now: datetime) -> list[Proposal]:
    """The week before again, where the same windows are open in the same hours."""
    before = monday - timedelta(days=7)
    team = Team.read(hall, monday)
    past = RosterEntry.objects.filter(
        session__hall=hall, is_cancelled=False, window__isnull=False,
        session__service_day__range=(before, monday - timedelta(days=1)),
    )  # fmt: skip
    known: dict[tuple[object, ...], list[Duty]] = {}
    for entry in past.select_related("session", "staff"):
        if duty := duty_of(entry):
            known.setdefault(_like(entry.session, entry.window_id), []).append(duty)
    found: list[Proposal] = []
    week = timedelta(days=7)
    for gap in gaps_in(hall, monday, monday + timedelta(days=6), now=now):
        duties = known.get(_like(gap.session, gap.window.pk), [])
        if not duties:
            found.append(Proposal(gap, None, gettext("Nobody was there in the week before.")))
        for duty in duties:
            begins, ends = max(duty.begins + week, gap.begins), min(duty.ends + week, gap.ends)
            if begins < ends:
                part = Gap(gap.session, gap.window, begins, ends, gap.matters)
                found.append(_again(team, part, duty.entry.staff))
    return found


def _like(session: HallSession, window_id: int | None) -> tuple[object, ...]:
    """The same weekday, kind and opening hour at the same window."""
    opens = session.starts_at.time()
    return session.service_day.weekday(), session.kind, opens, window_id


def _again(team: Team, gap: Gap, staff: Staff) -> Proposal:
    """The same person as last week, or why not."""
    name = {"name": str(staff)}
    if staff.pk not in team.carried:
        return Proposal(gap, None, gettext("%(name)s does not work in this hall any more.") % name)
    load = team.carried[staff.pk]
    if load.is_away(gap.begins, gap.ends):
        return Proposal(gap, None, gettext("%(name)s is absent then.") % name)
    if load.is_busy(gap.begins, gap.ends):
        return Proposal(gap, None, gettext("%(name)s is planned elsewhere then.") % name)
    team.take(gap, staff)
    return Proposal(gap, staff)


def digest_of(proposals: Sequence[Proposal]) -> str:
    """What was looked at, in short."""
    told = [
        f"{p.gap.session.pk}/{p.gap.window.pk}/{p.gap.begins.timestamp():.0f}/{p.gap.ends.timestamp():.0f}/{p.staff.pk}"
        for p in proposals
        if p.staff
    ]
    return hashlib.sha256("|".join(told).encode()).hexdigest()[:24]


@transaction.atomic
def plan_all(proposals: Sequence[Proposal], *, expect: str, by: Staff | None, now: datetime) -> int:
    """All that was suggested is planned, or nothing; returns how many.

    Refuses: LookAgain when it is not what was seen, and what `rostering.assign` refuses.
    """
    if digest_of(proposals) != expect:
        raise LookAgain
    chosen = [one for one in proposals if one.staff is not None]
    lock_sessions([one.gap.session.pk for one in chosen])
    lock_people([one.staff.pk for one in chosen if one.staff])
    for one in sorted(chosen, key=lambda p: (p.gap.session.pk, p.gap.window.pk, p.gap.begins)):
        assert one.staff is not None  # noqa: S101
        assign(
            staff=one.staff, session=one.gap.session, window=one.gap.window,
            period=DateTimeTZRange(one.gap.begins, one.gap.ends), by=by, now=now,
        )  # fmt: skip
    return len(chosen)
