"""How much people are planned for: their duties, the rest between them, their fair share."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q, QuerySet

from config import civil
from windows.models import Absence, Hall, HallSession, RosterEntry, Staff, StaffRole

LATELY = timedelta(days=28)  # over which nights and weekends are counted
NIGHT_ENDS = 6  # o'clock: until then it is still the night of the day before
Kind = HallSession.Kind
OFF_HOURS = {Kind.LATE, Kind.NIGHT, Kind.WEEKEND, Kind.STUDENT}


@dataclass(frozen=True)
class Duty:
    """A planned time of somebody: whole as planned, but within the session's hours."""

    entry: RosterEntry
    begins: datetime
    ends: datetime

    @property
    def day(self) -> date:
        return self.entry.session.service_day

    @property
    def minutes(self) -> int:
        return int((self.ends - self.begins).total_seconds() // 60)

    @property
    def is_off_hours(self) -> bool:
        return self.entry.session.kind in OFF_HOURS


@dataclass
class Load:
    """What somebody is planned for around a week; `away` are the absences of that time."""

    duties: list[Duty] = field(default_factory=list)
    away: list[Absence] = field(default_factory=list)

    def minutes_on(self, day: date) -> int:
        return sum(one.minutes for one in self.duties if one.day == day)

    def minutes_between(self, first: date, last: date) -> int:
        return sum(one.minutes for one in self.duties if first <= one.day <= last)

    def off_hours_between(self, first: date, last: date) -> int:
        """Service days with a night, a weekend or a late duty among them."""
        return len({d.day for d in self.duties if d.is_off_hours and first <= d.day <= last})

    def is_busy(self, begins: datetime, ends: datetime) -> bool:
        return any(one.begins < ends and begins < one.ends for one in self.duties)

    def is_away(self, begins: datetime, ends: datetime) -> bool:
        return any(
            (one.period.lower or begins) < ends and begins < (one.period.upper or ends)
            for one in self.away
        )

    def rest_around(self, begins: datetime, ends: datetime, day: date) -> timedelta | None:
        """The shorter of the times off before and after, to duties of other service days."""
        others = [one for one in self.duties if one.day != day]
        gaps = [begins - one.ends for one in others if one.ends <= begins]
        gaps += [one.begins - ends for one in others if ends <= one.begins]
        return min(gaps, default=None)


def week_of(day: date) -> tuple[date, date]:
    """Monday and Sunday of the day's week."""
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)


def night_day(at: datetime) -> date:
    """The service day to which an hour belongs, told by the hour alone."""
    return civil.city_date(at - timedelta(hours=NIGHT_ENDS))


def people_of(hall: Hall | int, *roles: str) -> QuerySet[Staff]:
    """Who has one of the roles in the hall, by hall, district or city; who left is left out."""
    place = hall if isinstance(hall, Hall) else Hall.objects.get(pk=hall)
    here = Q(hall=place) | Q(hall__isnull=True, district="") | Q(district=place.district_zh)
    held = StaffRole.objects.filter(here, role__in=roles)
    people = Staff.objects.filter(is_active=True, pk__in=held.values("staff"))
    return people.order_by("display_name", "username")


def loads(people: Iterable[int], first: date, last: date) -> dict[int, Load]:
    """The duties and absences of those people on these service days; two queries.

    What is planned in a cancelled session is no duty.
    """
    found = {pk: Load() for pk in people}
    entries = RosterEntry.objects.filter(
        staff__in=found, is_cancelled=False, session__state=HallSession.State.OPEN,
        session__service_day__range=(first, last),
    )  # fmt: skip
    for entry in entries.select_related("session__hall", "window").order_by("period", "pk"):
        duty = duty_of(entry)
        if duty is not None:
            found[entry.staff_id].duties.append(duty)
    span = DateTimeTZRange(civil.city_day(first)[0], civil.city_day(last)[1] + timedelta(days=1))
    absences = Absence.objects.filter(staff__in=found, is_cancelled=False, period__overlap=span)
    for absence in absences.order_by("period"):
        found[absence.staff_id].away.append(absence)
    return found


def duty_of(entry: RosterEntry) -> Duty | None:
    """The planned time within the session's present hours; None when nothing is left of it."""
    begins = max(entry.period.lower or entry.session.starts_at, entry.session.starts_at)
    ends = min(entry.period.upper or entry.session.ends_at, entry.session.ends_at)
    return Duty(entry, begins, ends) if begins < ends else None
