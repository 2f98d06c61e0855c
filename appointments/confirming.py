"""Confirming what is held: the promise, more time for it, and finding one's booking."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from appointments import reminding
from appointments.journal import record
from appointments.models import Booking
from appointments.sealing import secret_matches
from config import civil
from config.refusals import NotFound, Refusal
from windows.models import Staff
from windows.rules import rules


class HoldExpired(Refusal):
    code = "hold_expired"
    message = _("The place was held for a while and is free again. Please choose a time again.")


class AlreadyExtended(Refusal):
    code = "already_extended"
    message = _("The time was extended once already. Confirm now, or choose again later.")


@transaction.atomic
def confirm(*, booking: Booking, now: datetime, by: Staff | None = None) -> list[Booking]:
    """The group's held places are promised; confirming again changes nothing.

    Messages are owed in the same transaction. Refuses: HoldExpired.
    """
    bookings = _locked_group(booking)
    present = next(b for b in bookings if b.pk == booking.pk)
    if present.state == Booking.State.CONFIRMED:
        return [b for b in bookings if b.state == Booking.State.CONFIRMED]
    held = _held_now(bookings, present, now)
    for one in held:
        one.state, one.confirmed_at = Booking.State.CONFIRMED, now
        one.save(update_fields=["state", "confirmed_at"])
        record(one, "confirmed", now=now, was=Booking.State.HELD, by=by)
        reminding.promise(booking=one, now=now)
    return held


@transaction.atomic
def extend_hold(*, booking: Booking, now: datetime) -> list[Booking]:
    """The group's held places are kept longer by `hold_more_minutes`, once, on request.

    Refuses: HoldExpired, AlreadyExtended.
    """
    bookings = _locked_group(booking)
    present = next(b for b in bookings if b.pk == booking.pk)
    held = _held_now(bookings, present, now)
    if present.hold_extended_at is not None:
        raise AlreadyExtended
    numbers = rules(["hold_more_minutes"], hall=None, day=civil.city_date(now))
    more = timedelta(minutes=numbers["hold_more_minutes"])
    for one in held:
        assert one.hold_expires_at is not None  # noqa: S101  booking_hold_has_end
        one.hold_expires_at, one.hold_extended_at = one.hold_expires_at + more, now
        one.save(update_fields=["hold_expires_at", "hold_extended_at"])
        record(one, "extended", now=now, was=one.state)
    return held


def _locked_group(booking: Booking) -> list[Booking]:
    group = Booking.objects.filter(group_id=booking.group_id).order_by("pk")
    return list(group.select_for_update())


def _held_now(bookings: list[Booking], present: Booking, now: datetime) -> list[Booking]:
    held = [b for b in bookings if b.state == Booking.State.HELD]
    if present not in held or any(b.hold_expires_at and b.hold_expires_at <= now for b in held):
        raise HoldExpired
    return held


def find(reference: str, secret: str) -> Booking:
    """The booking, for the holder of its secret. Raises NotFound, the same for both."""
    booking = (
        Booking.objects.filter(reference=reference.strip().upper())
        .select_related("slot", "hall", "matter", "group", "ticket")
        .first()
        if "\x00" not in reference
        else None
    )
    if not secret_matches(reference.strip().upper(), secret) or booking is None:
        raise NotFound
    return booking
