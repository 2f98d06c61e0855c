"""What a change was: what stood before and after it, for the pages and for taking it back."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Count, Q, QuerySet

from appointments.models import Displaced
from windows.models import HallSession, RosterEntry, SessionChange, SessionWindow, Slot, Staff

SLOT = (
    "is_open", "minutes", "online_quota", "assisted_quota", "reserved_quota", "walkin_quota",
)  # fmt: skip
State = Displaced.State
COUNTED = (
    State.MOVED, State.OFFERED, State.ACCEPTED, State.CHANGED, State.DECLINED, State.EXPIRED,
    State.WITHDRAWN,
)  # fmt: skip


def instant(at: datetime) -> str:
    """The same words for the same instant, in whatever zone it is said."""
    return at.astimezone(UTC).isoformat()


def slot_facts(slot: Slot) -> dict[str, Any]:
    return {"ends_at": instant(slot.ends_at)} | {name: getattr(slot, name) for name in SLOT}


def session_facts(session: HallSession) -> dict[str, Any]:
    return {
        "starts_at": instant(session.starts_at),
        "ends_at": instant(session.ends_at),
        "state": session.state,
        "is_by_hand": session.is_by_hand,
    }


def period_facts(row: SessionWindow | RosterEntry) -> dict[str, Any]:
    lower, upper = bounds(row.period)
    return {"lower": instant(lower), "upper": instant(upper), "is_cancelled": row.is_cancelled}


def bounds(period: DateTimeTZRange) -> tuple[datetime, datetime]:
    """From when to when; sessions, closures and rosters have both."""
    assert period.lower is not None  # noqa: S101
    assert period.upper is not None  # noqa: S101
    return period.lower, period.upper


def note_places(
    *,
    session: HallSession,
    before: Iterable[Slot],
    after: Iterable[Slot],
    by: Staff | None,
    now: datetime,
    **facts: Any,
) -> SessionChange:
    """Minutes of a session's slots were changed by hand, and can be taken back.

    `before` and `after` are the rows, in the same order, of slots that the caller has locked.
    """
    pairs = [
        {"id": new.pk, "before": slot_facts(old), "after": slot_facts(new)}
        for old, new in zip(before, after, strict=True)
    ]
    return SessionChange.objects.create(
        session=session, kind=SessionChange.Kind.PLACES, facts={"slots": pairs, **facts},
        made_by=by, made_at=now,
    )  # fmt: skip


def changes_of(session: HallSession) -> QuerySet[SessionChange]:
    """The session's changes, the newest first, with how many bookings stand in which state:
    people_moved, people_offered and so on."""
    counts = {
        f"people_{state}": Count("displaced", filter=Q(displaced__state=state)) for state in COUNTED
    }
    changes = session.changes.select_related("made_by", "undone_by", "closure")
    return changes.annotate(**counts).order_by("-pk")


def displaced_of(change: SessionChange) -> QuerySet[Displaced]:
    """Who lost a place to the change, by their old time."""
    mine = Displaced.objects.filter(change=change).select_related(
        "booking__matter", "booking__hall", "booking__group", "old_slot__hall", "new_slot__hall",
        "entry",
    )  # fmt: skip
    return mine.order_by("old_slot__starts_at", "booking__group", "booking__position", "pk")


def unreachable(change: SessionChange) -> QuerySet[Displaced]:
    """Those of them who left no phone: somebody must tell them otherwise."""
    return displaced_of(change).filter(booking__group__phone_sealed__isnull=True)
