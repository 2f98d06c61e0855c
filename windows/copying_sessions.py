"""A day, a week or a hall's sessions for other days and other halls."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.db.models import Sum

from config import civil
from windows.models import Hall, HallSession, SessionWindow, Slot
from windows.rules import rule
from windows.series import Asked


def sessions_of(*, hall: Hall, first: date, days: int) -> list[HallSession]:
    """The hall's sessions on those days that are not cancelled."""
    last = first + timedelta(days=days - 1)
    rows = HallSession.objects.filter(
        hall=hall, state=HallSession.State.OPEN, service_day__range=(first, last)
    )
    return list(rows.order_by("starts_at", "pk"))


def copies(
    sessions: Sequence[HallSession], *, first: date, to_first: date, halls: Sequence[Hall]
) -> list[Asked]:
    """The same sessions as many days later as `to_first` is after `first`, in each of the
    halls; what would stand on itself is left out."""
    numbers = _numbers(sessions)
    shares = _shares(sessions)
    later = to_first - first
    return [
        Asked(
            hall=hall,
            day=session.service_day + later,
            kind=session.kind,
            opens=civil.city_time(session.starts_at).time(),
            closes=civil.city_time(session.ends_at).time(),
            numbers=numbers.get(session.pk),
            shape={
                "slot_minutes": session.slot_minutes,
                "audience_zh": session.audience_zh,
                "audience_en": session.audience_en,
                "matter_ids": session.matter_ids,
                **shares.get(session.pk, {}),
            },
        )
        for hall in halls
        for session in sessions
        if later or hall.pk != session.hall_id
    ]


def _numbers(sessions: Sequence[HallSession]) -> dict[int, tuple[int, ...]]:
    staffed = SessionWindow.objects.filter(session__in=sessions, is_cancelled=False)
    numbers: dict[int, tuple[int, ...]] = {}
    for session, number in staffed.order_by("window__number").values_list(
        "session_id", "window__number"
    ):
        numbers[session] = (*numbers.get(session, ()), number)
    return numbers


def _shares(sessions: Sequence[HallSession]) -> dict[int, dict[str, int]]:
    """The shares of each session's minutes in percent, as they are now; those that nobody may
    give by hand any more are left to the kind."""
    halls = {session.pk: (session.hall_id, session.service_day) for session in sessions}
    sums = (
        Slot.objects.filter(session__in=sessions)
        .values_list("session_id")
        .annotate(Sum("minutes"), Sum("walkin_quota"), Sum("assisted_quota"))
    )
    shares = {}
    for session, minutes, walkin, assisted in sums:
        hall, day = halls[session]
        of_walkin = -(-100 * walkin // minutes) if minutes else 0
        if of_walkin >= max(1, rule("walkin_min_percent", hall=hall, day=day)):
            shares[session] = {
                "walkin_percent": of_walkin,
                "assisted_percent": min(100 * assisted // minutes, 100 - of_walkin),
            }
    return shares
