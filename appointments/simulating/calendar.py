"""Which sessions the simulated halls have, and that one of them always runs now."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from appointments.simulating.copying import Row, copy_in, with_ids
from config import civil
from windows.calendar_days import day_kind, day_kinds
from windows.kinds import USUAL
from windows.models import Hall, HallSession, Rule, SessionWindow, Slot, WeeklyPlan, Window
from windows.planning import plan_slots
from windows.rules import rules
from windows.wanted import covers

Kind, On = HallSession.Kind, WeeklyPlan.On
Span = tuple[datetime, datetime]
BIG_HALLS = 3
SHARES = ["walkin_percent", "assisted_percent"]
HALF_HOUR = timedelta(minutes=30)
RELEASED_BEFORE = timedelta(days=14)
DAYS_AHEAD = 16
TUESDAY, THURSDAY, SATURDAY = 1, 3, 5
UNTIL_AFTER_MIDNIGHT = 6  # the hall whose night sessions end at 00:30


@dataclass(frozen=True)
class Planned:
    """A session to be: its hall, kind, service day, hours and the numbers of its windows."""

    hall: Hall
    kind: str
    day: date
    starts_at: datetime
    ends_at: datetime
    windows: tuple[int, ...]
    plan: int | None = None

    @property
    def span(self) -> Span:
        return self.starts_at, self.ends_at


def number_of(hall: Hall) -> int:
    return int(hall.code.removeprefix("H"))


def lay_plans(halls: Iterable[Hall], first: date, now: datetime) -> None:
    """Every hall has weekly plans; one that has some keeps what it has.

    The nightly job looks no further than this city does, so that new days get their people.
    """
    ahead = {"name": "plan_days_ahead", "hall": None, "effective_on": date(2000, 1, 1)}
    Rule.objects.get_or_create(**ahead, defaults={"value": DAYS_AHEAD})
    there = set(WeeklyPlan.objects.values_list("hall_id", flat=True))
    windows: dict[int, list[Window]] = {}
    for window in Window.objects.filter(is_in_use=True).order_by("number"):
        windows.setdefault(window.hall_id, []).append(window)
    for hall in halls:
        if hall.pk not in there and hall.pk in windows:
            for kind, weekdays, on, opens, closes, at in usual_plans(hall, windows[hall.pk]):
                plan = WeeklyPlan.objects.create(
                    hall=hall, kind=kind, weekdays=weekdays, on=on, opens=opens, closes=closes,
                    valid_from=first, made_at=now, is_simulated=True,
                )  # fmt: skip
                plan.windows.set(at)


Usual = tuple[str, list[int], str, time, time, list[Window]]


def usual_plans(hall: Hall, windows: list[Window]) -> list[Usual]:
    """What the hall has every week: kind, weekdays, days, hours, windows."""
    number = number_of(hall)
    daytime = windows if number <= BIG_HALLS else windows[:3]
    plans: list[Usual] = [(Kind.REGULAR, [1, 2, 3, 4, 5], On.WORKDAYS, time(9), time(17), daytime)]
    if evenings := [day + 1 for day in range(5) if _has_night(number, day)]:
        closes = time(0, 30) if number == UNTIL_AFTER_MIDNIGHT else time(21, 30)
        plans.append((Kind.NIGHT, evenings, On.WORKDAYS, time(18, 30), closes, windows[-2:]))
    saturday = [SATURDAY + 1]
    if number % 2 == 1:
        plans.append((Kind.WEEKEND, saturday, On.DAYS_OFF, time(9), time(16), daytime[:3]))
    elif number % 4 == 2:
        plans.append((Kind.STUDENT, saturday, On.DAYS_OFF, time(9), time(16), windows[-2:]))
    return plans


def planned_days(halls: Iterable[Hall], first: date, last: date) -> list[Planned]:
    """What the halls' plans have on those days, past ones too."""
    by_id = {hall.pk: hall for hall in halls}
    alive = WeeklyPlan.objects.filter(hall__in=by_id, ended_at=None)
    plans = list(alive.prefetch_related("windows").order_by("hall__code", "pk"))
    calendar = day_kinds(first, last)
    return [
        Planned(
            by_id[plan.hall_id], plan.kind, day,
            *civil.session_hours(day, plan.opens, plan.closes),
            tuple(sorted(window.number for window in plan.windows.all())), plan.pk,
        )
        for plan in plans
        for day, kind in calendar.items()
        if covers(plan, day, kind)
    ]  # fmt: skip


def _has_night(number: int, weekday: int) -> bool:
    """A third of the halls on two evenings; the first hall on Thursdays only."""
    if number == 1:
        return weekday == THURSDAY
    return number % 3 == 0 and weekday in (TUESDAY, THURSDAY)


def lay_days(halls: Iterable[Hall], first: date, last: date, now: datetime) -> list[Row]:
    """The sessions of the weekly plans are there on those days; returns the new slots."""
    halls = list(halls)
    lay_plans(halls, first, now)
    there, of_plan = set(), set()
    for hall, kind, starts_at, plan, day in HallSession.objects.filter(
        service_day__range=(first, last)
    ).values_list("hall_id", "kind", "starts_at", "plan_id", "service_day"):
        there.add((hall, kind, starts_at))
        of_plan.add((plan, day))
    return lay(
        [
            planned
            for planned in planned_days(halls, first, last)
            if (planned.hall.pk, planned.kind, planned.starts_at) not in there
            and (planned.plan, planned.day) not in of_plan
        ],
        now,
    )


def lay(plans: list[Planned], now: datetime) -> list[Row]:
    """These sessions are open with their windows and slots, where the windows are free."""
    if not plans:
        return []
    ids = {(w.hall_id, w.number): w.pk for w in Window.objects.filter(is_in_use=True)}
    busy = _busy(min(p.starts_at for p in plans), max(p.ends_at for p in plans))
    sessions, staffed, slots = [], [], []
    for plan in plans:
        free = [
            ids[plan.hall.pk, number]
            for number in plan.windows
            if (plan.hall.pk, number) in ids
            and not _overlaps(busy.get(ids[plan.hall.pk, number], []), plan.span)
        ]
        if free:
            session = _session(plan, now)
            sessions.append(session)
            staffed += [(session, pk) for pk in free]
            slots.append((session, plan, len(free)))
    with_ids(HallSession, sessions)
    copy_in(HallSession, sessions)
    copy_in(
        SessionWindow,
        [
            {"session_id": s["id"], "window_id": pk, "period": _range(s["starts_at"], s["ends_at"])}
            for s, pk in staffed
        ],
    )
    halls = {plan.hall.pk for plan in plans}
    shares = {pk: rules(SHARES, hall=pk, day=civil.city_date(now)) for pk in halls}
    rows = [
        row
        for session, plan, count in slots
        for row in _slots(session, plan, count, shares[plan.hall.pk])
    ]
    copy_in(Slot, with_ids(Slot, rows))
    return rows


def _session(plan: Planned, now: datetime) -> Row:
    opens = min(plan.starts_at - RELEASED_BEFORE, now)
    return {
        "hall_id": plan.hall.pk,
        "kind": str(plan.kind),
        "service_day": plan.day,
        "starts_at": plan.starts_at,
        "ends_at": plan.ends_at,
        "booking_opens_at": opens,
        "opened_at": opens,
        "plan_id": plan.plan,
        "audience_zh": USUAL[plan.kind].get("audience_zh", ""),
        "audience_en": USUAL[plan.kind].get("audience_en", ""),
        "is_simulated": True,
    }


def _slots(session: Row, plan: Planned, windows: int, shares: dict[str, int]) -> list[Row]:
    planned = plan_slots(
        starts_at=plan.starts_at, ends_at=plan.ends_at, windows=windows, kind=plan.kind,
        shares=shares,
    )  # fmt: skip
    return [
        {
            "session_id": session["id"],
            "hall_id": plan.hall.pk,
            "service_day": plan.day,
            "starts_at": slot.starts_at,
            "ends_at": slot.ends_at,
            "booking_opens_at": session["booking_opens_at"],
            "minutes": slot.minutes,
            "online_quota": slot.online,
            "online_taken": 0,
            "assisted_quota": slot.assisted,
            "assisted_taken": 0,
            "walkin_quota": slot.walkin,
        }
        for slot in planned
    ]


def _range(starts_at: datetime, ends_at: datetime) -> str:
    return f"[{starts_at.isoformat()},{ends_at.isoformat()})"


def _busy(first: datetime, last: datetime) -> dict[int, list[Span]]:
    busy: dict[int, list[Span]] = {}
    rows = SessionWindow.objects.filter(
        is_cancelled=False, period__overlap=DateTimeTZRange(first, last)
    )
    for window_id, period in rows.values_list("window_id", "period"):
        assert period.lower and period.upper  # noqa: S101, PT018  sessions have an end
        busy.setdefault(window_id, []).append((period.lower, period.upper))
    return busy


def _overlaps(spans: list[Span], span: Span) -> bool:
    return any(starts < span[1] and span[0] < ends for starts, ends in spans)


def cover_now(halls: Iterable[Hall], now: datetime, hours: int) -> list[Row]:
    """Every hall is open now and for that many hours; returns the slots that are new.

    What the usual plan leaves out, at night or on a Sunday, a session of its own fills.
    """
    floor = now.replace(minute=now.minute // 30 * 30, second=0, microsecond=0)
    until = floor + timedelta(hours=hours) + HALF_HOUR
    earliest = floor - 2 * HALF_HOUR
    rows = HallSession.objects.filter(state="open", ends_at__gt=earliest)
    by_hall: dict[int, list[HallSession]] = {}
    for session in rows.filter(starts_at__lt=until).order_by("starts_at"):
        by_hall.setdefault(session.hall_id, []).append(session)
    plans: list[Planned] = []
    for hall in halls:
        sessions = by_hall.get(hall.pk, [])
        runs = any(s.starts_at <= now < s.ends_at for s in sessions)
        first = floor if runs else earliest
        plans += _fill(hall, sessions, first, until)
    return lay(plans, now)


def _fill(
    hall: Hall, sessions: list[HallSession], first: datetime, until: datetime
) -> list[Planned]:
    """Sessions for the time from `first` to `until` in which the hall has none."""
    plans, at = [], first
    before: HallSession | None = None
    for session in [*sessions, None]:
        ends = session.starts_at if session else until
        if at < min(ends, until):
            plans.append(_filler(hall, at, min(ends, until), before))
        if session:
            at, before = max(at, session.ends_at), session
    return plans


def _filler(hall: Hall, starts: datetime, ends: datetime, before: HallSession | None) -> Planned:
    wall = civil.city_time(starts)
    follows = before is not None and before.ends_at == starts
    day = before.service_day if before and follows and wall.hour < 6 else wall.date()
    if 8 <= wall.hour < 16:
        kind = Kind.REGULAR if day_kind(wall.date()).is_workday else Kind.WEEKEND
    else:
        kind = Kind.LATE if follows and 16 <= wall.hour < 18 else Kind.NIGHT
    return Planned(hall, kind, day, starts, ends, (1, 2, 3))
