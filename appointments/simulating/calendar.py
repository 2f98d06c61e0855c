"""Which sessions the simulated halls have, and that one of them always runs now."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from appointments.simulating.copying import Row, copy_in, with_ids
from config import civil
from windows.calendar_days import day_kind
from windows.models import Hall, HallSession, SessionWindow, Slot, Window
from windows.rules import rules
from windows.sessions import plan_slots

Kind = HallSession.Kind
Span = tuple[datetime, datetime]
BIG_HALLS = 3
SHARES = ["walkin_percent", "assisted_percent"]
HALF_HOUR = timedelta(minutes=30)
RELEASED_BEFORE = timedelta(days=14)
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

    @property
    def span(self) -> Span:
        return self.starts_at, self.ends_at


def number_of(hall: Hall) -> int:
    return int(hall.code.removeprefix("H"))


def plan_day(hall: Hall, windows: int, day: date) -> list[Planned]:
    """The hall's sessions of that day, as they are usually planned."""
    number, weekday = number_of(hall), day.weekday()
    staffed = windows if number <= BIG_HALLS else min(windows, 3)
    daytime = tuple(range(1, staffed + 1))
    last_two = (windows - 1, windows)
    hours: list[tuple[str, time, time, tuple[int, ...]]] = []
    if day_kind(day).is_workday:
        hours.append((Kind.REGULAR, time(9), time(17), daytime))
        if _has_night(number, weekday):
            closes = time(0, 30) if number == UNTIL_AFTER_MIDNIGHT else time(21, 30)
            hours.append((Kind.NIGHT, time(18, 30), closes, last_two))
    elif weekday == SATURDAY and number % 2 == 1:
        hours.append((Kind.WEEKEND, time(9), time(16), daytime[:3]))
    elif weekday == SATURDAY and number % 4 == 2:
        hours.append((Kind.STUDENT, time(9), time(16), last_two))
    return [
        Planned(hall, kind, day, *civil.session_hours(day, opens, closes), numbers)
        for kind, opens, closes, numbers in hours
    ]


def _has_night(number: int, weekday: int) -> bool:
    """A third of the halls on two evenings; the first hall on Thursdays only."""
    if number == 1:
        return weekday == THURSDAY
    return number % 3 == 0 and weekday in (TUESDAY, THURSDAY)


def lay_days(halls: Iterable[Hall], first: date, last: date, now: datetime) -> list[Row]:
    """The planned sessions of those days are there; returns the slots that are new."""
    there = set(
        HallSession.objects.filter(service_day__range=(first, last)).values_list(
            "hall_id", "kind", "starts_at"
        )
    )
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    windows = Counter(Window.objects.values_list("hall_id", flat=True))
    return lay(
        [
            planned
            for hall in halls
            for day in days
            for planned in plan_day(hall, windows[hall.pk], day)
            if (planned.hall.pk, planned.kind, planned.starts_at) not in there
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
    rows = HallSession.objects.filter(state="open", ends_at__gt=floor - HALF_HOUR)
    by_hall: dict[int, list[HallSession]] = {}
    for session in rows.filter(starts_at__lt=until).order_by("starts_at"):
        by_hall.setdefault(session.hall_id, []).append(session)
    plans: list[Planned] = []
    for hall in halls:
        sessions = by_hall.get(hall.pk, [])
        runs = any(s.starts_at <= now < s.ends_at for s in sessions)
        first = floor if runs else floor - 2 * HALF_HOUR
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
