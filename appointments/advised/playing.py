"""Playing an advice: the day as it stands, and with the windows more or less."""

from dataclasses import dataclass
from datetime import datetime
from math import ceil

from appointments.advised.choosing import More, enough_windows
from appointments.changes.asking import Ask, preview_change
from appointments.foreseeing_empty import Empty
from appointments.foreseeing_hours import DAY_HOURS
from appointments.models import ForecastRun, SessionAdvice
from appointments.twin.effecting import effect_of_change, effect_of_opening
from config import civil
from windows.models import HallSession, SessionWindow
from windows.rules import rule

Reason = SessionAdvice.Reason


@dataclass(frozen=True)
class Night:
    """The forecast that advises, and how often a day is played."""

    run: ForecastRun
    runs: int
    now: datetime


def play_more(more: More, night: Night) -> SessionAdvice | None:
    """The advice to open these windows, with its effect; None: the twin knows nothing."""
    need, plan = more.need, more.plan
    effect = effect_of_opening(plan, now=night.now, runs=night.runs).in_short()
    if effect is None:
        return None
    return SessionAdvice(
        run=night.run, hall=plan.hall, service_day=need.day, first_hour=need.first_hour,
        ends_hour=need.ends_hour, starts_at=plan.starts_at, ends_at=plan.ends_at,
        reason=more.reason, kind=plan.kind, session=more.session,
        numbers=[window.number for window in plan.windows], staff_hours=plan.staff_hours,
        expected=need.expected, places=need.places, effect=effect.as_stored(),
        made_at=night.now,
    )  # fmt: skip


def play_less(empty: Empty, night: Night) -> SessionAdvice | None:
    """The advice to close windows of a session that runs empty, with its effect; None: all of
    them are needed, or somebody would lose a place. Refuses what `preview_change` refuses."""
    session = HallSession.objects.select_related("hall").get(pk=empty.session)
    staffed = _staffed(session)
    share = rule("advice_empty_percent", hall=session.hall, day=empty.day)
    keep = max(ceil(len(staffed) * empty.percent / max(share, 1)), 1)
    numbers = enough_windows({n: serves for n, (_pk, serves) in staffed.items()}, keep)
    closed = [number for number in staffed if number not in numbers]
    if not closed:
        return None
    windows = tuple(sorted(staffed[number][0] for number in numbers))
    seen = preview_change(Ask.cut(session, windows=windows), now=night.now)
    effect = effect_of_change(seen, now=night.now, runs=night.runs).in_short()
    if seen.losing or effect is None:
        return None
    hours = (session.ends_at - session.starts_at).total_seconds() / 3600
    return SessionAdvice(
        run=night.run, hall=session.hall, service_day=empty.day,
        first_hour=_hour(session), ends_hour=_hour(session) + ceil(hours),
        starts_at=session.starts_at, ends_at=session.ends_at, reason=Reason.EMPTY,
        kind=session.kind, session=session, numbers=closed, staff_hours=hours * len(closed),
        expected=empty.expected, places=empty.places, effect=effect.as_stored(),
        made_at=night.now,
    )  # fmt: skip


def _staffed(session: HallSession) -> dict[int, tuple[int, frozenset[int]]]:
    """The session's windows by number: key and the matters they serve."""
    rows = SessionWindow.objects.filter(session=session, is_cancelled=False)
    return {
        row.window.number: (
            row.window_id, frozenset(one.pk for one in row.window.matters.all())
        )
        for row in rows.select_related("window").prefetch_related("window__matters")
        .order_by("window__number")
    }  # fmt: skip


def _hour(session: HallSession) -> int:
    starts = civil.city_time(session.starts_at)
    return int(starts.hour + DAY_HOURS * (starts.date() - session.service_day).days)
