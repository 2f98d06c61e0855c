"""Rosters of the first halls: this week and the next are planned, the one after is open.

Each clerk stands at their own window, as in the living day; nights, weekends and what is
left over go to whom the suggestion finds. Somebody is absent, somebody asks for a swap, and
a few people have time off in lieu, so that there is something to decide.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from random import Random

from django.contrib.auth.hashers import make_password
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from appointments.simulating import people
from appointments.simulating.city import COMMON, clerk_name
from config import civil
from config.refusals import Refusal
from windows import absences, swapping, time_off
from windows.duties import week_of
from windows.models import (
    Absence,
    Hall,
    Matter,
    RosterEntry,
    Staff,
    StaffRole,
    StaffSkill,
    TimeOffEntry,
)
from windows.suggesting import Gap, Proposal, Team, gaps_in, suggest

HALLS, RESERVES, WEEKS = 3, 3, 2
AT_WINDOW = {("H01", 3): "clerk"}  # whoever tries the demonstration as a clerk
EARNED = [(0, 95, "周六值守折算"), (1, 240, "国庆值班折算"), (2, 60, "夜间专场延时")]


def lay_rosters(halls: Sequence[Hall], now: datetime) -> int:
    """The first halls have rosters where they have none; returns how many entries are new."""
    monday = week_of(civil.city_date(now))[0]
    made = 0
    for hall in sorted(halls, key=lambda one: one.code)[:HALLS]:
        _reserves(hall)
        weeks = [monday + timedelta(days=7 * n) for n in range(WEEKS)]
        new = sum(_plan_week(hall, one, now) for one in weeks)
        if new and not Absence.objects.filter(staff__roles__hall=hall).exists():
            _something_to_decide(hall, now)
        made += new
    return made


def _reserves(hall: Hall) -> None:
    """Clerks without a window of their own; the last one serves common matters only."""
    names = [f"{hall.code.lower()}-reserve-{n}" for n in range(1, RESERVES + 1)]
    there = set(Staff.objects.filter(username__in=names).values_list("username", flat=True))
    nobody = make_password(None)
    made = Staff.objects.bulk_create(
        Staff(
            username=name, password=nobody, display_name=people.name(Random(name)),
            is_simulated=True,
        )
        for name in names
        if name not in there
    )  # fmt: skip
    StaffRole.objects.bulk_create(
        StaffRole(staff=one, hall=hall, role=StaffRole.Role.CLERK) for one in made
    )
    if made:
        common = Matter.objects.filter(code__in=[*COMMON, "PICKUP"])
        StaffSkill.objects.bulk_create(StaffSkill(staff=made[-1], matter=one) for one in common)


def _plan_week(hall: Hall, monday: date, now: datetime) -> int:
    sunday = monday + timedelta(days=6)
    planned = RosterEntry.objects.filter(
        session__hall=hall, session__service_day__range=(monday, sunday)
    )
    if planned.exists():
        return 0
    made = _write(_own_windows(hall, monday, now), now)
    return made + _write(suggest(hall, monday, now=now), now)


def _own_windows(hall: Hall, monday: date, now: datetime) -> list[Proposal]:
    """Each clerk at their own window, as far as rest and hours allow."""
    team = Team.read(hall, monday)
    by_name = {one.username: one for one in team.people}
    found = []
    for gap in gaps_in(hall, monday, monday + timedelta(days=6), now=now):
        number = gap.window.number
        name = AT_WINDOW.get((hall.code, number)) or clerk_name(hall.code, number)
        staff = by_name.get(name)
        if staff is not None and _fits(team, gap, staff):
            team.take(gap, staff)
            found.append(Proposal(gap, staff))
    return found


def _fits(team: Team, gap: Gap, staff: Staff) -> bool:
    judged = team.judged(gap, staff)
    return judged is not None and judged.is_fitting


def _write(proposals: Sequence[Proposal], now: datetime) -> int:
    made = RosterEntry.objects.bulk_create(
        RosterEntry(
            staff=one.staff, session=one.gap.session, window=one.gap.window,
            period=DateTimeTZRange(one.gap.begins, one.gap.ends), made_at=now,
        )
        for one in proposals
        if one.staff is not None
    )  # fmt: skip
    return len(made)


def _something_to_decide(hall: Hall, now: datetime) -> None:
    """An absence that nobody covers yet, an agreed swap, some time off."""
    entries = RosterEntry.objects.filter(
        session__hall=hall, is_cancelled=False, session__kind="regular",
        session__starts_at__gt=now + timedelta(days=1),
    )  # fmt: skip
    coming = list(entries.select_related("staff", "session").order_by("period", "window__number"))
    _earn(hall, now)
    if not coming:
        return
    away = coming[-1]
    day = away.session.service_day
    begins, ends = (civil.city_instant(day, at) for at in (time(8), time(18)))
    absences.note(staff=away.staff, begins=begins, ends=ends, reason="training", by=None, now=now)
    for entry in coming[:20]:
        if _swap(hall, entry, now):
            return


def _swap(hall: Hall, entry: RosterEntry, now: datetime) -> bool:
    """A reserve has agreed to take over the time."""
    for n in range(1, RESERVES + 1):
        to = Staff.objects.get(username=f"{hall.code.lower()}-reserve-{n}")
        try:
            swap = swapping.ask(entry=entry, to=to, by=entry.staff, now=now)
            swapping.answer(swap=swap, agrees=True, by=to, now=now)
        except Refusal:
            continue
        return True
    return False


def _earn(hall: Hall, now: datetime) -> None:
    first = "clerk" if hall.code == "H01" else clerk_name(hall.code, 3)
    names = [first, clerk_name(hall.code, 1), clerk_name(hall.code, 2)]
    staff = {one.username: one for one in Staff.objects.filter(username__in=names)}
    if TimeOffEntry.objects.filter(staff__in=staff.values()).exists():
        return
    for n, minutes, note in EARNED:
        if names[n] in staff:
            time_off.correct(staff=staff[names[n]], minutes=minutes, note=note, by=None, now=now)
