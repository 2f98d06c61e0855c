"""Who is planned where: looked up, nothing is changed. See windows/rostering.py."""

from datetime import datetime

from django.db.models import QuerySet

from windows.models import Hall, HallSession, RosterEntry, Staff, Window


def roster_of(session: HallSession) -> list[RosterEntry]:
    """Who is planned in the session, by window and time, those of the floor last."""
    planned = RosterEntry.objects.filter(session=session, is_cancelled=False)
    rows = planned.select_related("staff", "window", "session")
    return list(rows.order_by("window__number", "period", "pk"))


def planned_at(window: Window, now: datetime) -> RosterEntry | None:
    """Who is planned at the window now."""
    then = RosterEntry.objects.filter(
        window=window, is_cancelled=False, period__contains=now, session__state="open"
    )
    entry = then.select_related("staff", "session").first()
    return entry if entry and entry.session.ends_at > now else None


def planned_now(halls: QuerySet[Hall], now: datetime) -> dict[int, RosterEntry]:
    """Who is planned at each window of the halls now; one query."""
    then = RosterEntry.objects.filter(
        window__hall__in=halls, is_cancelled=False, period__contains=now,
        session__state=HallSession.State.OPEN, session__ends_at__gt=now,
    )  # fmt: skip
    return {one.window_id: one for one in then.select_related("staff") if one.window_id}


def window_of(staff: Staff, now: datetime) -> Window | None:
    """The window at which the person is planned now."""
    mine = RosterEntry.objects.filter(
        staff=staff, window__isnull=False, is_cancelled=False, period__contains=now,
        session__state=HallSession.State.OPEN, session__ends_at__gt=now,
    )  # fmt: skip
    entry = mine.select_related("window__hall").first()
    return entry.window if entry else None
