"""Breaks: planned for a window, dropped again, and when one is due at the desk."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config import civil
from config.refusals import NotFound, Refusal, refusing
from windows.access import ADMIN, CLERK, SUPERVISOR, has_role
from windows.models import Break, PlannedBreak, Shift, Staff, Window
from windows.rules import rule

NEAR = timedelta(minutes=10)  # before a planned break the desk begins to say so
AHEAD = timedelta(hours=12)  # a time of the day that is further off has passed


class BreakPlannedThen(Refusal):
    code = "break_planned_then"
    message = _("The window has a break planned at that time already. Choose another time.")
    field = "at"


class BreakHasPassed(Refusal):
    code = "break_has_passed"
    message = _("%(at)s has passed. Choose a time that is still to come.")
    field = "at"


class NotYourWindow(Refusal):
    code = "not_your_window"
    message = _("You can plan breaks for the window at which you are signed in.")


@dataclass(frozen=True)
class Rest:
    """How long somebody has been at the window without a break, and what is planned."""

    minutes: int
    is_due: bool
    planned: PlannedBreak | None
    running: Break | None = None

    @property
    def is_said(self) -> bool:
        return self.is_due or self.planned is not None


@transaction.atomic
def plan(*, window: Window, at: time, minutes: int, staff: Staff, now: datetime) -> PlannedBreak:
    """The window rests at that time of the day; estimates count on it, the desk reminds of it.

    Refuses: BreakHasPassed, BreakPlannedThen, NotYourWindow. Raises NotFound elsewhere.
    """
    return plan_from(
        window=window, begins_at=_next_time(at, now), minutes=minutes, staff=staff, now=now
    )


@transaction.atomic
def plan_from(
    *, window: Window, begins_at: datetime, minutes: int, staff: Staff, now: datetime
) -> PlannedBreak:
    """The window rests from that instant, today or on another day.

    Refuses: BreakHasPassed, BreakPlannedThen, NotYourWindow. Raises NotFound elsewhere.
    """
    _may_plan(window, staff)
    if begins_at <= now - timedelta(minutes=1):
        raise BreakHasPassed(at=f"{civil.city_time(begins_at):%H:%M}")
    period = DateTimeTZRange(begins_at, begins_at + timedelta(minutes=minutes))
    with refusing({"planned_break_one_at_a_time": BreakPlannedThen}):
        return PlannedBreak.objects.create(window=window, period=period, planned_by=staff)


@transaction.atomic
def drop(*, planned: PlannedBreak, staff: Staff) -> None:
    """The planned break is off. Refuses: NotYourWindow. Raises NotFound elsewhere."""
    _may_plan(planned.window, staff)
    planned.delete()


def _may_plan(window: Window, staff: Staff) -> None:
    """A supervisor of the hall, or the clerk who is there."""
    if has_role(staff, window.hall_id, SUPERVISOR, ADMIN):
        return
    if not has_role(staff, window.hall_id, CLERK):
        raise NotFound
    if not Shift.objects.filter(staff=staff, window=window, period__upper_inf=True).exists():
        raise NotYourWindow


def _next_time(at: time, now: datetime) -> datetime:
    """When the wall shows that time next, also after midnight of a night session.

    Refuses: BreakHasPassed.
    """
    today = civil.city_date(now)
    this_minute = now - timedelta(minutes=1)
    days = (today, today + timedelta(days=1))
    coming = next(one for day in days if (one := civil.city_instant(day, at)) > this_minute)
    if coming - now > AHEAD:
        raise BreakHasPassed(at=f"{at:%H:%M}")
    return coming


def coming_breaks(window: Window, now: datetime) -> list[PlannedBreak]:
    """The window's planned breaks that are not over, soonest first."""
    planned = PlannedBreak.objects.filter(window=window, period__endswith__gt=now)
    return list(planned.order_by("period"))


def rest_of(shift: Shift, now: datetime) -> Rest:
    """What the desk says about a rest; nothing while the window is paused."""
    last = shift.breaks.order_by("-began_at").first()
    began = shift.period.lower or now
    since = max(began, (last.ended_at or now)) if last else began
    minutes = max(0, int((now - since).total_seconds() // 60))
    if shift.is_paused:
        return Rest(minutes, is_due=False, planned=None, running=last)
    after = rule("break_after_minutes", hall=shift.window.hall_id, day=shift.service_day)
    return Rest(minutes, is_due=minutes >= after, planned=_near(shift, now))


def _near(shift: Shift, now: datetime) -> PlannedBreak | None:
    """The planned break that begins soon or should have begun, unless it was taken."""
    near = PlannedBreak.objects.filter(
        window=shift.window_id, period__startswith__lte=now + NEAR, period__endswith__gt=now
    ).first()
    if near is None:
        return None
    from_then = Q(ended_at__isnull=True) | Q(ended_at__gt=near.period.lower)
    taken = Break.objects.filter(from_then, shift__window=shift.window_id)
    return None if taken.filter(began_at__lt=near.period.upper).exists() else near
