"""A hall's weekly plans: adding, changing and ending them. What they make of the coming days
is `windows/plans.py`."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config import civil
from config.refusals import Refusal
from windows.kinds import KindBook, check_shape
from windows.models import Hall, HallSession, Matter, Staff, WeeklyPlan, Window
from windows.planning import SHORTEST, SessionTooLong, SessionTooShort, check_matters
from windows.plans import Generated, generate
from windows.sessions import NoWindows, WindowElsewhere
from windows.wanted import On

WEEK = 7 * 24 * 60  # minutes


class NoWeekday(Refusal):
    code = "no_weekday"
    message = _("Choose at least one day of the week.")
    field = "weekdays"


class PlanInPast(Refusal):
    code = "plan_in_past"
    message = _("A plan holds from today on at the earliest.")
    field = "valid_from"


class PlanEndsEarly(Refusal):
    code = "plan_ends_early"
    message = _("The last day of the plan is before its first one.")
    field = "valid_until"


class PlanHasNoHours(Refusal):
    code = "plan_has_no_hours"
    message = _("It opens and closes at the same hour. Choose a later end.")
    field = "closes"


class DrawnOneByOne(Refusal):
    code = "drawn_one_by_one"
    message = _("A draw is announced for one session at a time, so a plan cannot have one.")
    field = "release"


class PlanOverlaps(Refusal):
    code = "plan_overlaps"
    message = _(
        "Window %(number)s stands in another plan of this hall at those hours: "
        "%(kind)s, %(hours)s. Change that one or choose other windows."
    )
    field = "windows"

    def __init__(self, *, plan: int, number: int, kind: str, hours: str) -> None:
        super().__init__(number=number, kind=kind, hours=hours)
        self.plan = plan

    def body(self) -> dict[str, Any]:
        return super().body() | {"facts": {"plan": self.plan}}


class PlanOver(Refusal):
    code = "plan_over"
    message = _("This plan has been ended or changed in the meantime. Look again.")


class NotARehearsal(Exception):
    """Takes back what a rehearsal has written."""


@transaction.atomic
def add_plan(
    *,
    hall: Hall,
    kind: str,
    weekdays: Iterable[int],
    on: str,
    opens: time,
    closes: time,
    windows: Sequence[Window],
    valid_from: date,
    valid_until: date | None = None,
    matters: Sequence[Matter] = (),
    by: Staff | None,
    now: datetime,
    besides: int | None = None,
    simulated: bool = False,
    **shape: Any,
) -> WeeklyPlan:
    """The hall has that plan; `generate` makes its sessions.

    `shape`: slot length, shares, release and audience where they differ from the kind's.
    `besides` is a plan that this one takes the place of. Refuses: NoWeekday, PlanInPast,
    PlanEndsEarly, PlanHasNoHours, SessionTooLong, SessionTooShort, NoWindows, WindowElsewhere,
    MatterNotServed, DrawnOneByOne, PlanOverlaps, SlotLength, SharesTooMuch, WalkinTooLittle.
    """
    days = sorted(set(weekdays))
    _check_days(days, valid_from, valid_until, now)
    _check_hours(hall, opens, closes, valid_from)
    _check_windows(hall, windows, matters)
    _check_shape(hall, kind, valid_from, shape)
    Hall.objects.select_for_update(no_key=True).get(pk=hall.pk)  # plans of a hall, one by one
    plan = WeeklyPlan(
        hall=hall, kind=kind, weekdays=days, on=on, opens=opens, closes=closes,
        valid_from=valid_from, valid_until=valid_until, made_by=by, made_at=now,
        is_simulated=simulated, **shape,
    )  # fmt: skip
    _check_overlap(plan, windows, besides)
    plan.save(force_insert=True)
    plan.windows.set(windows)
    plan.matters.set(matters)
    return plan


def _check_days(days: list[int], first: date, last: date | None, now: datetime) -> None:
    if not days or not all(1 <= day <= 7 for day in days):
        raise NoWeekday
    if first < civil.city_date(now):
        raise PlanInPast
    if last is not None and last < first:
        raise PlanEndsEarly


def _check_hours(hall: Hall, opens: time, closes: time, day: date) -> None:
    if opens == closes:
        raise PlanHasNoHours
    starts, ends = civil.session_hours(day, opens, closes)
    most = KindBook([hall.pk]).rule("session_max_hours", hall.pk, day)
    if ends - starts > timedelta(hours=most):
        raise SessionTooLong(hours=most)
    if ends - starts < SHORTEST:
        raise SessionTooShort


def _check_windows(hall: Hall, windows: Sequence[Window], matters: Sequence[Matter]) -> None:
    if not windows:
        raise NoWindows
    if any(window.hall_id != hall.pk or not window.is_in_use for window in windows):
        raise WindowElsewhere
    check_matters([matter.pk for matter in matters], windows)


def _check_shape(hall: Hall, kind: str, day: date, shape: dict[str, Any]) -> None:
    if shape.get("release") == HallSession.Release.DRAW:
        raise DrawnOneByOne
    book = KindBook([hall.pk])
    facts = book.facts(kind, hall.pk, day)
    said = {
        name: getattr(facts, name) if shape.get(name) is None else shape[name]
        for name in ("slot_minutes", "walkin_percent", "assisted_percent")
    }
    own = shape.get("walkin_percent") is not None
    least = book.rule("walkin_min_percent", hall.pk, day) if own else 0
    check_shape(**said, least=least)


def _check_overlap(plan: WeeklyPlan, windows: Sequence[Window], besides: int | None) -> None:
    """No other living plan has one of the windows at those hours of a common day."""
    others = WeeklyPlan.objects.filter(hall=plan.hall, ended_at=None).exclude(pk=besides or 0)
    if plan.valid_until:
        others = others.filter(valid_from__lte=plan.valid_until)
    others = others.filter(Q(valid_until=None) | Q(valid_until__gte=plan.valid_from))
    mine = {window.pk: window.number for window in windows}
    for other in others.prefetch_related("windows").order_by("pk"):
        shared = [mine[w.pk] for w in other.windows.all() if w.pk in mine]
        if shared and _meet(plan, other):
            raise PlanOverlaps(
                plan=other.pk, number=min(shared), kind=other.get_kind_display(),
                hours=f"{other.opens:%H:%M}–{other.closes:%H:%M}",
            )  # fmt: skip


def _meet(one: WeeklyPlan, other: WeeklyPlan) -> bool:
    """Whether sessions of both stand at the same time in some week."""
    never_the_same_day = {one.on, other.on} == {On.WORKDAYS, On.DAYS_OFF}
    return any(
        _at_days(one, other, first, second)
        for first in one.weekdays
        for second in other.weekdays
        if not (never_the_same_day and first == second)
    )


def _at_days(one: WeeklyPlan, other: WeeklyPlan, first: int, second: int) -> bool:
    """Whether a session of `one` on its weekday meets one of `other` on that weekday."""
    starts, ends = _in_week(one, first)
    at, until = _in_week(other, second)
    return any(starts < until + week and at + week < ends for week in (-WEEK, 0, WEEK))


def _in_week(plan: WeeklyPlan, weekday: int) -> tuple[int, int]:
    """Minutes from Monday's midnight."""
    opens = weekday * 1440 + plan.opens.hour * 60 + plan.opens.minute
    closes = weekday * 1440 + plan.closes.hour * 60 + plan.closes.minute
    return opens, closes if closes > opens else closes + 1440


def _living(plan: WeeklyPlan) -> WeeklyPlan:
    """The plan, locked, when it still says something. Refuses: PlanOver."""
    locked = WeeklyPlan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
    if locked.ended_at is not None:
        raise PlanOver
    return locked


@transaction.atomic
def change_plan(
    *, plan: WeeklyPlan, valid_from: date, by: Staff | None, now: datetime, **facts: Any
) -> WeeklyPlan:
    """From that day on another plan stands in the place of this one; before it all stays.

    Refuses: PlanOver, and what `add_plan` refuses.
    """
    locked = _living(plan)
    new = add_plan(
        hall=locked.hall, valid_from=valid_from, by=by, now=now, besides=locked.pk, **facts
    )
    _stop(locked, valid_from - timedelta(days=1), now)
    return new


@transaction.atomic
def end_plan(*, plan: WeeklyPlan, last_day: date, by: Staff | None, now: datetime) -> WeeklyPlan:
    """The plan says nothing of the days after `last_day`; yesterday ends it at once.

    Refuses: PlanOver, PlanInPast.
    """
    locked = _living(plan)
    if last_day < civil.city_date(now) - timedelta(days=1):
        raise PlanInPast(field="last_day")
    if locked.valid_until is None or last_day < locked.valid_until:
        _stop(locked, last_day, now)
    return locked


def _stop(plan: WeeklyPlan, last_day: date, now: datetime) -> None:
    if last_day < plan.valid_from:
        plan.ended_at = now
        plan.save(update_fields=["ended_at"])
    elif plan.valid_until is None or last_day < plan.valid_until:
        plan.valid_until = last_day
        plan.save(update_fields=["valid_until"])


def rehearse(run: Callable[[], object], *, hall: Hall, days: int, now: datetime) -> Generated:
    """What the coming days would become if `run` had happened. Nothing stays written.

    Refuses: what `run` refuses.
    """
    first = civil.city_date(now)
    told: list[Generated] = []
    try:
        with transaction.atomic():
            run()
            last = first + timedelta(days=days)
            told.append(generate(first=first, last=last, halls=[hall], now=now, dry_run=True))
            raise NotARehearsal
    except NotARehearsal:
        return told[0]
