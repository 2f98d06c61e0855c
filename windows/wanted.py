"""The sessions that a hall's plans want on some days, and what else has its windows then."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q
from django.utils.translation import gettext as _

from config import civil
from windows.calendar_days import DayKind
from windows.kinds import KindBook, KindFacts
from windows.models import Hall, HallClosure, HallSession, SessionWindow, WeeklyPlan

On = WeeklyPlan.On
WORKING_WEEK = frozenset({1, 2, 3, 4, 5})
SAID = ("slot_minutes", "walkin_percent", "assisted_percent", "release_days")
WRITTEN = ("release", "audience_zh", "audience_en")
Span = tuple[datetime, datetime, int]  # from, to, session


def covers(plan: WeeklyPlan, day: date, kind: DayKind) -> bool:
    """Whether the plan has a session on that day.

    A plan of the whole working week has one on make-up days too, whatever weekday they are.
    """
    if day < plan.valid_from or (plan.valid_until and day > plan.valid_until):
        return False
    named = day.isoweekday() in plan.weekdays
    if plan.on == On.DAYS_OFF:
        return named and not kind.is_workday
    if plan.on == On.WORKDAYS:
        made_up = day.isoweekday() > 5 and set(plan.weekdays) >= WORKING_WEEK
        return kind.is_workday and (named or made_up)
    return named


def facts_of(plan: WeeklyPlan, book: KindBook, day: date) -> KindFacts:
    """What the plan's sessions are like: as it says, else as usual for the kind."""
    usual = book.facts(plan.kind, plan.hall_id, day)
    said: dict[str, Any] = {name: getattr(plan, name) for name in SAID}
    said = {name: value for name, value in said.items() if value is not None}
    said |= {name: getattr(plan, name) for name in WRITTEN if getattr(plan, name)}
    if matters := tuple(sorted(matter.pk for matter in plan.matters.all())):
        said["matter_ids"] = matters
    facts = replace(usual, **said)
    if facts.release == HallSession.Release.DRAW:  # announced one by one: see releasing.py
        facts = replace(facts, release=HallSession.Release.PLAIN)
    return facts


@dataclass(frozen=True)
class Wanted:
    """A session that a plan wants."""

    plan: WeeklyPlan
    day: date
    starts_at: datetime
    ends_at: datetime
    windows: tuple[int, ...]
    facts: KindFacts
    booking_opens_at: datetime


@dataclass
class HallPlans:
    """The hall's plans, its sessions that come from plans, and its windows' time."""

    hall: Hall
    calendar: dict[date, DayKind]
    now: datetime
    plans: list[WeeklyPlan]
    sessions: list[HallSession]
    busy: dict[int, list[Span]] = field(default_factory=dict)
    others: dict[int, HallSession] = field(default_factory=dict)
    numbers: dict[int, int] = field(default_factory=dict)
    closures: list[HallClosure] = field(default_factory=list)

    @classmethod
    def read(cls, hall: Hall, calendar: dict[date, DayKind], now: datetime) -> "HallPlans":
        first, last = min(calendar), max(calendar)
        alive = WeeklyPlan.objects.filter(hall=hall, ended_at=None, valid_from__lte=last)
        plans = alive.filter(Q(valid_until=None) | Q(valid_until__gte=first))
        theirs = HallSession.objects.filter(
            hall=hall, plan__isnull=False, service_day__range=(first, last), starts_at__gt=now
        )
        read = cls(
            hall, calendar, now,
            list(plans.prefetch_related("windows", "matters").order_by("pk")),
            list(theirs.order_by("service_day", "pk")),
        )  # fmt: skip
        read._read_windows()
        return read

    def _read_windows(self) -> None:
        days = civil.city_day(min(self.calendar))[0], civil.city_day(max(self.calendar))[1]
        span = DateTimeTZRange(days[0], days[1] + timedelta(days=1))
        staffed = SessionWindow.objects.filter(
            window__hall=self.hall, is_cancelled=False, period__overlap=span
        )
        for row in staffed.select_related("session", "window"):
            period = row.period
            assert period.lower and period.upper  # noqa: S101, PT018  sessions have an end
            self.busy.setdefault(row.window_id, []).append(
                (period.lower, period.upper, row.session_id)
            )
            self.others[row.session_id] = row.session
            self.numbers[row.window_id] = row.window.number
        closures = HallClosure.objects.filter(hall=self.hall, reopened_at=None)
        self.closures = list(closures.filter(period__overlap=span))

    @cached_property
    def book(self) -> KindBook:
        return KindBook([self.hall.pk])

    @cached_property
    def _wanted(self) -> list[Wanted]:
        return list(self._all_wanted())

    def wanted(self) -> list[Wanted]:
        """What the plans want, the older plan first; only what has not begun."""
        return self._wanted

    def _all_wanted(self) -> Iterator[Wanted]:
        for plan in self.plans:
            windows = [window for window in plan.windows.all() if window.is_in_use]
            self.numbers |= {window.pk: window.number for window in windows}
            ids = tuple(window.pk for window in sorted(windows, key=lambda one: one.number))
            for day, kind in self.calendar.items():
                if covers(plan, day, kind):
                    starts, ends = civil.session_hours(day, plan.opens, plan.closes)
                    if starts > self.now:
                        facts = facts_of(plan, self.book, day)
                        opens = self.book.opens_at(day, self.hall.pk, facts.release_days, self.now)
                        yield Wanted(plan, day, starts, ends, ids, facts, opens)

    def windows_of(self, session: HallSession) -> set[int]:
        """The windows that stand in the session."""
        return {pk for pk, spans in self.busy.items() if any(s[2] == session.pk for s in spans)}

    def free(
        self, wanted: Wanted, own: int | None
    ) -> tuple[tuple[int, ...], dict[int, HallSession]]:
        """The wanted windows that no other session has then; the others by number."""
        free, busy = [], {}
        for pk in wanted.windows:
            other = self._other(pk, wanted, own)
            if other is None:
                free.append(pk)
            else:
                busy[self.numbers[pk]] = self.others[other]
        return tuple(free), busy

    def _other(self, window: int, wanted: Wanted, own: int | None) -> int | None:
        for starts, ends, session in self.busy.get(window, []):
            if session != own and starts < wanted.ends_at and wanted.starts_at < ends:
                return session
        return None

    def take(self, wanted: Wanted, windows: tuple[int, ...]) -> None:
        """The wanted session will have those windows; who comes after finds them taken."""
        coming = -len(self.others) - 1
        self.others[coming] = HallSession(
            hall=self.hall, kind=wanted.plan.kind, service_day=wanted.day,
            starts_at=wanted.starts_at, ends_at=wanted.ends_at,
        )  # fmt: skip
        for pk in windows:
            self.busy.setdefault(pk, []).append((wanted.starts_at, wanted.ends_at, coming))

    def closed(self, wanted: Wanted) -> str:
        """Why the hall is closed then; "" when it is not."""
        for closure in self.closures:
            lower, upper = closure.period.lower, closure.period.upper
            begins = lower is None or lower < wanted.ends_at
            if begins and (upper is None or wanted.starts_at < upper):
                return _("The hall is closed then: %(reason)s.") % {
                    "reason": closure.get_reason_display()
                }
        return ""
