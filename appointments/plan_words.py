"""Weekly plans and what becomes of days, in a supervisor's words, and as a picture of a week."""

from dataclasses import dataclass
from datetime import date, time

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from appointments import saying
from windows.models import HallSession, WeeklyPlan
from windows.models.hall import in_language
from windows.plans import Generated
from windows.series import DayFate

MONDAY = date(2024, 1, 1)
LEFT, TOP, COLUMN, HOUR = 34, 20, 46, 13  # of the picture's own units
SHOWN_MOST = 40


@dataclass(frozen=True)
class ShownFate:
    """A day of a list, with its day as people say it."""

    fate: DayFate
    day: str
    day_end: str


@dataclass(frozen=True)
class Bar:
    """A plan on one weekday of the picture."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    title: str


@dataclass(frozen=True)
class Mark:
    """An hour or a weekday beside the picture."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class WeekPicture:
    """A week of plans: `width` and `height` of its box."""

    width: int
    height: int
    bars: list[Bar]
    hours: list[Mark]
    days: list[Mark]


@dataclass(frozen=True)
class PlanLine:
    """A plan in words."""

    plan: WeeklyPlan
    days: str
    hours: str
    windows: str
    valid: str
    differs: str
    audience: str


def shown_fates(fates: list[DayFate]) -> list[ShownFate]:
    next_day = _("the next day")
    return [
        ShownFate(
            fate,
            saying.short_day(fate.asked.day),
            next_day if fate.preview and fate.preview.ends_next_day else "",
        )
        for fate in fates
    ]


def plan_line(plan: WeeklyPlan) -> PlanLine:
    until = plan.valid_until
    facts = {"first": f"{plan.valid_from:%Y-%m-%d}", "last": f"{until:%Y-%m-%d}" if until else ""}
    valid = _("%(first)s to %(last)s") if until else _("from %(first)s on")
    return PlanLine(
        plan=plan,
        days=weekday_words(plan.weekdays),
        hours=hours_words(plan.opens, plan.closes),
        windows=", ".join(str(n) for n in sorted(w.number for w in plan.windows.all())),
        valid=valid % facts,
        differs=differs_words(plan),
        audience=in_language(plan.audience_zh, plan.audience_en),
    )


def weekday_words(weekdays: list[int]) -> str:
    """Mon–Fri, or the days one by one."""
    days = sorted(weekdays)
    names = [saying.short_weekday(date(2024, 1, day)) for day in days]
    if len(days) > 2 and days == list(range(days[0], days[-1] + 1)):
        return pgettext("weekdays", "%(first)s–%(last)s") % {"first": names[0], "last": names[-1]}
    return pgettext("between weekdays", ", ").join(names)


def hours_words(opens: time, closes: time) -> str:
    facts = {"opens": f"{opens:%H:%M}", "closes": f"{closes:%H:%M}"}
    if closes <= opens:
        return _("%(opens)s to %(closes)s the next day") % facts
    return _("%(opens)s to %(closes)s") % facts


def differs_words(plan: WeeklyPlan) -> str:
    """Where it is not as usual for its kind."""
    said = []
    if plan.slot_minutes is not None:
        said.append(_("times of %(n)s min") % {"n": plan.slot_minutes})
    if plan.walkin_percent is not None:
        said.append(_("%(n)s%% on site") % {"n": plan.walkin_percent})
    if plan.assisted_percent is not None:
        said.append(_("%(n)s%% on someone's behalf") % {"n": plan.assisted_percent})
    if plan.release_days is not None:
        said.append(_("bookable %(n)s days before") % {"n": plan.release_days})
    if matters := [matter.name for matter in plan.matters.all()]:
        said.append(pgettext("between matters", ", ").join(matters))
    return " · ".join(said)


def picture(plans: list[WeeklyPlan]) -> WeekPicture | None:
    """The week of the plans, past midnight under its own evening; None without a plan."""
    if not plans:
        return None
    spans = [(plan, *_minutes(plan)) for plan in plans]
    first = min(start for _plan, start, _end in spans) // 60
    last = -(-max(end for _plan, _start, end in spans) // 60)
    bars = []
    for weekday in range(1, 8):
        today = sorted((s for s in spans if weekday in s[0].weekdays), key=lambda s: s[1:])
        bars += _column(weekday, today, first)
    hours = [
        Mark(LEFT - 5, TOP + (hour - first) * HOUR + 4, f"{hour % 24:02d}:00")
        for hour in range(first, last + 1, 2)
    ]
    days = [
        Mark(LEFT + (n + 0.5) * COLUMN, 13, saying.short_weekday(date(2024, 1, n + 1)))
        for n in range(7)
    ]
    height = TOP + (last - first) * HOUR + 8
    return WeekPicture(LEFT + 7 * COLUMN + 2, height, bars, hours, days)


def _minutes(plan: WeeklyPlan) -> tuple[int, int]:
    start = plan.opens.hour * 60 + plan.opens.minute
    end = plan.closes.hour * 60 + plan.closes.minute
    return start, end if end > start else end + 24 * 60


def _column(weekday: int, today: list[tuple[WeeklyPlan, int, int]], first: int) -> list[Bar]:
    """Plans at the same time stand side by side."""
    lanes: list[int] = []
    placed = []
    for plan, start, end in today:
        lane = next((n for n, free in enumerate(lanes) if free <= start), len(lanes))
        lanes[lane : lane + 1] = [end]
        placed.append((plan, start, end, lane))
    width = (COLUMN - 4) / max(len(lanes), 1)
    left = LEFT + (weekday - 1) * COLUMN + 2
    return [
        Bar(
            left + lane * width, TOP + (start / 60 - first) * HOUR, width - 1,
            (end - start) / 60 * HOUR, plan.kind,
            f"{plan.get_kind_display()} · {hours_words(plan.opens, plan.closes)}",
        )
        for plan, start, end, lane in placed
    ]  # fmt: skip


@dataclass(frozen=True)
class Told:
    """What a plan would do to the coming days, in words."""

    lines: list[str]
    left_alone: list[tuple[str, str, HallSession | None]]
    more: int


def told(done: Generated) -> Told:
    counted = [(count, text) for count, text in _counted(done) if count]
    alone = [(saying.short_day(o.day), o.why, o.session) for o in done.left_alone[:SHOWN_MOST]]
    return Told(
        [text % {"n": count} for count, text in counted]
        or [_("Nothing changes in the coming days.")],
        [(day, why, one if one and one.pk else None) for day, why, one in alone],
        max(0, len(done.left_alone) - SHOWN_MOST),
    )


def _counted(done: Generated) -> list[tuple[int, str]]:
    made = ngettext("%(n)s session is made.", "%(n)s sessions are made.", done.made)
    replaced = ngettext(
        "%(n)s session that nobody has booked changes.",
        "%(n)s sessions that nobody has booked change.",
        done.replaced,
    )
    withdrawn = ngettext(
        "%(n)s session that nobody has booked goes away.",
        "%(n)s sessions that nobody has booked go away.",
        done.withdrawn,
    )
    kept = ngettext("%(n)s session stays as it is.", "%(n)s sessions stay as they are.", done.kept)
    return [
        (done.made, made), (done.replaced, replaced), (done.withdrawn, withdrawn),
        (done.kept, kept),
    ]  # fmt: skip
