"""Who could stand there: free people of a hall, the fairest choice first."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from windows.access import CLERK
from windows.duties import LATELY, Load, loads, night_day, people_of, week_of
from windows.models import Hall, Shift, Staff
from windows.rules import rules
from windows.skills import share_served, skills_of

LIMITS = ["rest_hours", "duty_day_hours", "duty_week_hours"]


@dataclass(frozen=True)
class Candidate:
    """Somebody who is free then, with what speaks for and against them."""

    staff: Staff
    served: float  # the part of the matters that the person can serve; 1 is all
    rest: timedelta | None  # the shorter time off before and after; None: nothing near
    is_rested: bool
    day_minutes: int  # with this time
    week_minutes: int
    off_hours: int  # nights and weekends in the last four weeks
    is_within_day: bool
    is_within_week: bool

    @property
    def is_skilled(self) -> bool:
        return self.served >= 1

    @property
    def is_fitting(self) -> bool:
        """Nothing speaks against it."""
        return self.is_skilled and self.is_rested and self.is_within_day and self.is_within_week

    @property
    def rest_hours(self) -> int | None:
        return None if self.rest is None else int(self.rest.total_seconds() // 3600)

    @property
    def week_hours(self) -> float:
        return round(self.week_minutes / 60, 1)

    def rank(self) -> tuple[object, ...]:
        """Free and fitting first, then who can serve most, then who carries least."""
        limits = (not self.is_rested, not self.is_within_day, not self.is_within_week)
        carries = (self.week_minutes, self.off_hours, self.staff.username)
        return (self.served <= 0, sum(limits), -self.served, *carries)


def free_staff(
    *,
    hall: Hall,
    period: DateTimeTZRange,
    matter_ids: Collection[int] | None = None,
    roles: Collection[str] = (CLERK,),
    service_day: date | None = None,
    now: datetime | None = None,
) -> list[Candidate]:
    """The hall's people who are neither planned nor absent then, the best choice first.

    `now`: when the time has begun by then, who is signed in at a window is not free.
    """
    people = {one.pk: one for one in people_of(hall, *roles)}
    begins, ends = period.lower, period.upper
    assert begins and ends  # noqa: S101, PT018  a time to stand somewhere has both
    day = service_day or night_day(begins)
    monday, sunday = week_of(day)
    carried = loads(people, min(monday, day) - LATELY, sunday + timedelta(days=1))
    standing = set()
    if now is not None and begins <= now:
        there = Shift.objects.filter(staff__in=people, period__upper_inf=True)
        standing = set(there.values_list("staff_id", flat=True))
    listed, limits = skills_of(people), rules(LIMITS, hall=hall, day=day)
    found = [
        judge(staff, carried[pk], begins, ends, day, share_served(listed.get(pk), matter_ids or ()),
              limits)
        for pk, staff in people.items()
        if pk not in standing
        and not carried[pk].is_busy(begins, ends)
        and not carried[pk].is_away(begins, ends)
    ]  # fmt: skip
    return sorted(found, key=Candidate.rank)


def judge(
    staff: Staff,
    load: Load,
    begins: datetime,
    ends: datetime,
    day: date,
    served: float,
    limits: dict[str, int],
) -> Candidate:
    """What speaks for and against planning the person then."""
    minutes = int((ends - begins).total_seconds() // 60)
    monday, sunday = week_of(day)
    rest = load.rest_around(begins, ends, day)
    of_day = load.minutes_on(day) + minutes
    of_week = load.minutes_between(monday, sunday) + minutes
    return Candidate(
        staff=staff,
        served=served,
        rest=rest,
        is_rested=rest is None or rest >= timedelta(hours=limits["rest_hours"]),
        day_minutes=of_day,
        week_minutes=of_week,
        off_hours=load.off_hours_between(sunday - LATELY, sunday),
        is_within_day=of_day <= limits["duty_day_hours"] * 60,
        is_within_week=of_week <= limits["duty_week_hours"] * 60,
    )
