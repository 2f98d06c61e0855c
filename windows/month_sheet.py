"""A hall's month by person: planned, present, overtime, nights, time off."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Sum

from config import civil
from windows.access import CLERK, GUIDE, SUPERVISOR
from windows.duties import OFF_HOURS, duty_of, people_of
from windows.models import (
    Absence,
    Break,
    Hall,
    OvertimeEntry,
    RosterEntry,
    Shift,
    Staff,
    TimeOffEntry,
)
from windows.overtime import RESTS, month_of
from windows.time_off import moved_between

TEAM = (CLERK, GUIDE, SUPERVISOR)


@dataclass
class SheetRow:
    """One person's month in the hall; all lengths are minutes."""

    staff: Staff
    planned: int = 0
    present: int = 0
    off_days: set[date] = field(default_factory=set)  # service days with a night or weekend duty
    overtime: int = 0
    absent_days: int = 0
    earned: int = 0
    used: int = 0
    expired: int = 0
    corrected: int = 0
    balance: int = 0

    @property
    def off_hours(self) -> int:
        return len(self.off_days)


def month_sheet(hall: Hall, month: date, *, now: datetime) -> list[SheetRow]:
    """Everybody who works in the hall or worked there in that month; nine queries."""
    first, after = month_of(month)
    rows = {one.pk: SheetRow(one) for one in people_of(hall, *TEAM)}

    def row_of(staff: Staff) -> SheetRow:
        return rows.setdefault(staff.pk, SheetRow(staff))

    planned = RosterEntry.objects.filter(
        session__hall=hall, session__state="open", is_cancelled=False,
        session__service_day__gte=first, session__service_day__lt=after,
    )  # fmt: skip
    for entry in planned.select_related("staff", "session"):
        if duty := duty_of(entry):
            row = row_of(entry.staff)
            row.planned += duty.minutes
            if duty.entry.session.kind in OFF_HOURS:
                row.off_days.add(duty.day)
    _add_present(hall, first, after, row_of, now)
    overtime = OvertimeEntry.objects.filter(
        session__hall=hall, service_day__gte=first, service_day__lt=after
    )
    for one in overtime.select_related("staff"):
        row_of(one.staff).overtime += one.minutes
    _add_absences(rows, first, after)
    _add_time_off(rows, first, after)
    return sorted(rows.values(), key=lambda one: (str(one.staff), one.staff.username))


def _add_present(hall, first, after, row_of, now) -> None:  # type: ignore[no-untyped-def]
    """From sign-in to sign-out without rests and meals."""
    shifts = Shift.objects.filter(
        window__hall=hall, service_day__gte=first, service_day__lt=after
    ).select_related("staff")
    rested: dict[int, timedelta] = defaultdict(timedelta)
    for rest in Break.objects.filter(shift__in=shifts, reason__in=RESTS):
        rested[rest.shift_id] += max((rest.ended_at or now) - rest.began_at, timedelta())
    for shift in shifts:
        began = shift.period.lower or now
        there = max((shift.period.upper or now) - began - rested[shift.pk], timedelta())
        row_of(shift.staff).present += int(there.total_seconds() // 60)


def _add_absences(rows: dict[int, SheetRow], first: date, after: date) -> None:
    """Days of the month on which somebody was absent, even for an hour."""
    begins, ends = civil.city_day(first)[0], civil.city_day(after)[0]
    days: dict[int, set[date]] = defaultdict(set)
    absences = Absence.objects.filter(
        staff__in=rows, is_cancelled=False, period__startswith__lt=ends, period__endswith__gt=begins
    )
    for one in absences:
        at = max(one.period.lower or begins, begins)
        last = min(one.period.upper or ends, ends) - timedelta(microseconds=1)
        day = civil.city_date(at)
        while day <= civil.city_date(last):
            days[one.staff_id].add(day)
            day += timedelta(days=1)
    for pk, absent in days.items():
        rows[pk].absent_days = len(absent)


def _add_time_off(rows: dict[int, SheetRow], first: date, after: date) -> None:
    moved = moved_between(rows, first, after - timedelta(days=1))
    for pk, by_kind in moved.items():
        row = rows[pk]
        row.earned, row.used = by_kind.get("grant", 0), -by_kind.get("use", 0)
        row.expired, row.corrected = -by_kind.get("expire", 0), by_kind.get("correct", 0)
    until = TimeOffEntry.objects.filter(staff__in=rows, on__lt=after).values("staff")
    for one in until.annotate(all=Sum("minutes")).order_by():
        rows[one["staff"]].balance = one["all"]
