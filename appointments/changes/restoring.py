"""Putting everything back where it stood before a change; see `undoing`, which has looked
whether it may, and holds the locks."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q

from appointments.changes.recording import SLOT, period_facts
from appointments.changes.resettling import event, stand_in
from appointments.models import Booking, BookingEvent, Displaced, Message
from config.refusals import Refusal, refusing
from windows.models import (
    HallSession,
    RosterEntry,
    SessionChange,
    SessionLink,
    SessionWindow,
    Slot,
    Staff,
)
from windows.sessions import WindowJustTaken, close_places

BACK = ["slot", "hall", "service_day", "starts_at", "channel", "version", "state", "ended_at"]


class _PlannedElsewhere(Refusal):
    code = "planned_elsewhere"


def old_channel(change: SessionChange, row: Displaced) -> str:
    channels = change.facts.get("channels", {})
    return str(channels.get(str(row.booking_id), row.booking.channel))


def session_back(change: SessionChange, now: datetime) -> None:
    """Hours, state, windows, roster and links as they were."""
    facts, session = change.facts, change.session
    if there := facts.get("to_session"):
        close_places(session=HallSession.objects.get(pk=there), now=now)
        SessionLink.objects.filter(pk__in=facts["links"]).update(session=session)
    if before := facts.get("session", {}).get("before"):
        session.starts_at = datetime.fromisoformat(before["starts_at"])
        session.ends_at = datetime.fromisoformat(before["ends_at"])
        session.state, session.is_by_hand = before["state"], before["is_by_hand"]
        session.save(update_fields=["starts_at", "ends_at", "state", "is_by_hand"])
    with refusing({"window_in_one_session_at_a_time": WindowJustTaken}):
        was = {one["id"]: one for one in facts.get("windows", {}).get("before", [])}
        if "windows" in facts:
            SessionWindow.objects.filter(session=session).exclude(pk__in=was).delete()
        for row in SessionWindow.objects.filter(pk__in=was):
            _period_back(row, was[row.pk])
    for one in facts.get("roster", []):
        entry = RosterEntry.objects.filter(pk=one["id"]).first()
        if entry is not None and period_facts(entry) == one["after"]:
            _roster_back(entry, one["before"])


def _period_back(row: SessionWindow | RosterEntry, was: dict[str, Any]) -> None:
    lower, upper = (datetime.fromisoformat(was[name]) for name in ("lower", "upper"))
    row.period, row.is_cancelled = type(row.period)(lower, upper), was["is_cancelled"]
    row.save(update_fields=["period", "is_cancelled"])


def _roster_back(row: RosterEntry, was: dict[str, Any]) -> None:
    """Unless the person or the window was planned elsewhere meanwhile."""
    constraints = ("roster_nobody_twice_at_once", "roster_window_once_at_a_time")
    taken = dict.fromkeys(constraints, _PlannedElsewhere)
    try:
        with refusing(taken):
            _period_back(row, was)
    except _PlannedElsewhere:
        return


def people_back(
    change: SessionChange, people: list[Displaced], by: Staff | None, now: datetime
) -> None:
    """Everybody stands where they stood, and what was owed to them before is owed again."""
    events = list[BookingEvent]()
    for one in people:
        booking, was = one.booking, one.booking.state
        stand_in(booking, one.old_slot, old_channel(change, one))
        booking.hall = booking.slot.hall
        booking.ended_at = None
        booking.state = Booking.State.CONFIRMED if booking.confirmed_at else Booking.State.HELD
        events.append(event(booking, "undone", was, now, by, change=change.pk))
    Booking.objects.bulk_update([one.booking for one in people], BACK, batch_size=500)
    BookingEvent.objects.bulk_create(events)
    _messages_back(change, [one.booking for one in people])


def _messages_back(change: SessionChange, bookings: list[Booking]) -> None:
    """A confirmation that had not left, news of an earlier change, reminders: true again."""
    versions = {one.pk: one.version for one in bookings}
    earlier = list(
        Message.objects.filter(
            pk__in=change.facts.get("voided", []),
            booking__in=versions,
            state__in=[Message.State.VOID, Message.State.READY],
        )
    )
    for one in earlier:
        assert one.booking_id is not None  # noqa: S101  asked by booking
        one.state, one.version, one.error = Message.State.READY, versions[one.booking_id], ""
    Message.objects.bulk_update(earlier, ["state", "version", "error"], batch_size=500)


def comes_back(row: Displaced, now: datetime) -> bool:
    """A place that was drawn and not confirmed comes back while it would still be held."""
    booking = row.booking
    if booking.confirmed_at is not None:
        return True
    return booking.hold_expires_at is not None and booking.hold_expires_at > now


def slots_back(change: SessionChange, people: list[Displaced]) -> None:
    """Quotas as they were, with those who came back; what was added is gone."""
    back: dict[tuple[int, str], int] = {}
    for row in people:
        key = (row.old_slot_id, row.booking.channel)
        back[key] = back.get(key, 0) + row.booking.minutes
    for one in change.facts.get("slots", []):
        slot = Slot.objects.get(pk=one["id"])
        if one["before"] is None:
            _take_out(slot)
            continue
        for channel in ("online", "assisted", "reserved"):
            taken = getattr(slot, f"{channel}_taken") + back.get((slot.pk, channel), 0)
            setattr(slot, f"{channel}_taken", taken)
        slot.ends_at = datetime.fromisoformat(one["before"]["ends_at"])
        for name in SLOT:
            setattr(slot, name, one["before"][name])
        slot.save()


def _take_out(slot: Slot) -> None:
    """A slot that nobody ever held is gone; another one is closed."""
    used: Iterable[Any] = (
        slot.bookings.all(),
        Displaced.objects.filter(Q(old_slot=slot) | Q(new_slot=slot)),
        slot.returning.all(),
    )
    if any(rows.exists() for rows in used):
        slot.is_open = False
        slot.save(update_fields=["is_open"])
    else:
        slot.delete()
