"""A hall's day as it is planned now, read for the twin."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Count, Q
from django.db.models.functions import TruncDate
from django.utils.translation import gettext_lazy as _

from appointments.models import Booking
from appointments.twin.day import Booked, Span, TwinDay, TwinSlot, TwinWindow
from appointments.twin.habits import habits_of
from appointments.twin.wanting import Wanted, wanted_in
from config import civil
from config.refusals import Refusal
from queues.pacing import Pacing, pacing_of
from windows.models import (
    Hall,
    HallClosure,
    HallSession,
    Matter,
    PlannedBreak,
    SessionWindow,
    Slot,
)
from windows.rules import rules

Rests = dict[int, list[tuple[float, float]]]  # window -> breaks, in minutes of the day

NUMBERS = ["patience_minutes", "checkin_early_minutes", "checkin_late_minutes"]


class NothingKnown(Refusal):
    code = "nothing_known"
    message = _("There is no forecast for that day, and no day before that says how many come.")


class NoSessionThen(Refusal):
    code = "no_session_then"
    message = _("The hall has no session on that day.")


@dataclass(frozen=True)
class ReadDay:
    """A planned day, and from where its demand is known."""

    hall: Hall
    day: date
    twin: TwinDay
    wanted: Wanted
    sessions: tuple[HallSession, ...]
    pacing: Pacing


def read_day(*, hall: Hall, day: date, now: datetime) -> ReadDay:
    """The day as it stands: its sessions, places, windows, breaks and bookings, and what is
    expected. Hours that are over are asked for no places any more. Refuses: NothingKnown."""
    wanted = wanted_in(hall, day)
    if wanted is None:
        raise NothingKnown
    pacing = pacing_of(hall, min(day, civil.city_date(now)))
    numbers = rules(NUMBERS, hall=hall, day=day)
    sessions = tuple(
        HallSession.objects.filter(hall=hall, service_day=day, state=HallSession.State.OPEN)
        .order_by("starts_at", "pk")
    )  # fmt: skip
    twin = TwinDay(
        slots=slots_of(sessions, day, now),
        windows=windows_from(hall, staffed_in(sessions), day, pacing),
        demand=wanted.demand,
        needs={pk: float(minutes) for pk, minutes in Matter.objects.values_list("pk", "minutes")},
        services={pk: pace.quantiles for pk, pace in pacing.matters.items()},
        booked=booked_on(hall, day),
        habits=habits_of(hall, min(day, civil.city_date(now)), pacing),
        spread=wanted.spread,
        hours=dict(pacing.hours),
        patience=float(numbers["patience_minutes"]),
        early=float(numbers["checkin_early_minutes"]),
        late=float(numbers["checkin_late_minutes"]),
    )
    return ReadDay(hall, day, _from_now(twin, day, now), wanted, sessions, pacing)


def minutes_of(day: date, at: datetime) -> float:
    """The instant in minutes of the service day."""
    return (at - civil.city_day(day)[0]).total_seconds() / 60


def within(day: date, period: DateTimeTZRange) -> tuple[float, float]:
    """Its beginning and end in minutes of the service day."""
    begins, ends = _bounds(period)
    return minutes_of(day, begins), minutes_of(day, ends)


def _bounds(period: DateTimeTZRange) -> tuple[datetime, datetime]:
    begins, ends = period.lower, period.upper
    assert begins is not None  # noqa: S101  planned periods have both ends
    assert ends is not None  # noqa: S101
    return begins, ends


def _from_now(twin: TwinDay, day: date, now: datetime) -> TwinDay:
    """Nobody asks any more for a place in an hour that is over."""
    passed = minutes_of(day, now) // 60
    demand = tuple(
        replace(one, online=0.0, assisted=0.0) if one.hour < passed else one for one in twin.demand
    )
    return replace(twin, demand=demand)


def slots_of(sessions: tuple[HallSession, ...], day: date, now: datetime) -> tuple[TwinSlot, ...]:
    """The places that can still be booked."""
    matters = {one.pk: frozenset(one.matter_ids) or None for one in sessions}
    slots = Slot.objects.filter(session__in=sessions, is_open=True, starts_at__gt=now)
    return tuple(
        TwinSlot(
            minutes_of(day, slot.starts_at),
            minutes_of(day, slot.ends_at),
            slot.online_quota - slot.online_taken,
            slot.assisted_quota - slot.assisted_taken,
            matters[slot.session_id],
        )
        for slot in slots.order_by("starts_at", "pk")
    )


Staffed = list[tuple[int, DateTimeTZRange, bool]]  # window, period, stays until all are served


def staffed_in(sessions: tuple[HallSession, ...]) -> Staffed:
    """The windows that the sessions plan. Who stands there at the end of a session stays
    until all who came are served."""
    rows = SessionWindow.objects.filter(session__in=sessions, is_cancelled=False)
    return [
        (row.window_id, row.period, _bounds(row.period)[1] >= row.session.ends_at)
        for row in rows.select_related("session")
    ]


def windows_from(hall: Hall, staffed: Staffed, day: date, pacing: Pacing) -> tuple[TwinWindow, ...]:
    """The staffed windows with their planned breaks, while the hall is not closed."""
    shut = HallClosure.objects.filter(hall=hall, period__overlap=_around(day)).order_by("period")
    closures = [within(day, one.period) for one in shut]
    return made_windows(hall, staffed, day, pacing, closures)


def _around(day: date) -> DateTimeTZRange:
    """The service day, and the night after it."""
    begins = civil.city_day(day)[0]
    return DateTimeTZRange(begins, begins + timedelta(hours=42))


def made_windows(
    hall: Hall,
    staffed: Staffed,
    day: date,
    pacing: Pacing,
    closures: Sequence[tuple[float, float]] = (),
    rests: Rests | None = None,
) -> tuple[TwinWindow, ...]:
    """Windows from (window, period, stays until all are served); with `rests`, else with the
    breaks that are planned."""
    windows = {one.pk: one for one in hall.windows.prefetch_related("matters")}
    breaks = _breaks(hall, day) if rests is None else rests
    spans: dict[int, list[Span]] = {}
    for pk, period, stays in staffed:
        begins, ends = within(day, period)
        spans.setdefault(pk, []).extend(_without(Span(begins, ends, stays), closures))
    return tuple(
        TwinWindow(
            number=windows[pk].number,
            matters=frozenset(one.pk for one in windows[pk].matters.all()),
            spans=tuple(sorted(spans[pk], key=lambda span: span.begins)),
            breaks=tuple(breaks.get(pk, ())),
            slowness=pacing.slowness.get(pk, 1.0),
        )
        for pk in sorted(spans, key=lambda pk: windows[pk].number)
    )


def _without(span: Span, closures: Sequence[tuple[float, float]]) -> list[Span]:
    """What a closure leaves of it; who is in the hall when it closes is served."""
    found, begins = [], span.begins
    for shuts, opens in closures:
        if shuts < span.ends and opens > begins:
            if shuts > begins:
                found.append(Span(begins, shuts))
            begins = opens
    if begins < span.ends:
        found.append(Span(begins, span.ends, span.stays))
    return found


def _breaks(hall: Hall, day: date) -> Rests:
    planned = PlannedBreak.objects.filter(window__hall=hall, period__overlap=_around(day))
    found: Rests = {}
    for one in planned.order_by("period"):
        found.setdefault(one.window_id, []).append(within(day, one.period))
    return found


def booked_on(hall: Hall, day: date) -> tuple[Booked, ...]:
    """Who holds a place; a visit of several matters counts with its first one."""
    rows = (
        Booking.objects.filter(hall=hall, service_day=day, state__in=Booking.HOLDING)
        .filter(Q(ticket__isnull=True) | Q(position=0))
        .annotate(made_on=TruncDate("made_at", tzinfo=civil.CITY))
        .values("starts_at", "matter", "made_on")
        .annotate(people=Count("pk"))
        .order_by("starts_at", "matter")
    )
    return tuple(
        Booked(
            minutes_of(day, row["starts_at"]),
            row["matter"],
            max((day - row["made_on"]).days, 0),
            row["people"],
        )
        for row in rows
    )
