"""How a group wants its messages: by SMS or e-mail, in which language, and how many.

Codes, and links that were asked for with a phone, always go to the phone.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from appointments.changing import CHANGEABLE
from appointments.journal import record
from appointments.messaging import contacts
from appointments.messaging.readdressing import readdress
from appointments.models import Booking, BookingGroup, Message
from appointments.reminding import owe_all, reminders_of
from appointments.sealing import blind_index, seal, unseal
from windows.models import Staff

Channel = Message.Channel


def email_facts(address: str) -> dict[str, Any]:
    """The address sealed, and the index under which it is found, the same however its
    letters are written."""
    return {
        "email_sealed": seal(address, purpose="email"),
        "email_index": blind_index(address.lower(), purpose="email"),
    }


def email_of(group: BookingGroup) -> str:
    """The e-mail address to which the group's messages go; "" when they go to the phone."""
    if group.channel != Channel.EMAIL or group.email_sealed is None:
        return ""
    return unseal(group.email_sealed, purpose="email")


def write_by_email(group_id: int, address: str) -> None:
    """A group that was just made gets its messages at that address."""
    facts = email_facts(address)
    BookingGroup.objects.filter(pk=group_id).update(channel=Channel.EMAIL, **facts)


@transaction.atomic
def change(
    *,
    booking: Booking,
    channel: str,
    email: str = "",
    language: str,
    only_needed: bool,
    now: datetime,
) -> BookingGroup:
    """The group's messages come this way from now on, those that are owed already too.

    `email` replaces the address that is known; empty keeps it. What is needed for a visit
    (confirmation, change, cancellation) comes in any case.
    """
    assert language in dict(settings.LANGUAGES)  # noqa: S101  the form asked
    group = _locked(booking)[0].group
    group.channel, group.language = channel, language
    if email:
        group.email_sealed, group.email_index = email_facts(email).values()
    group.save(update_fields=["channel", "language", "email_sealed", "email_index"])
    for address in contacts.addresses_of(group):
        if address.channel == channel:
            contacts.only_needed(address, wanted=only_needed, now=now)
    readdress(group)
    return group


@transaction.atomic
def correct_phone(*, booking: Booking, phone: str, by: Staff, now: datetime) -> BookingGroup:
    """Staff put the group's phone right at the person's wish; what is owed goes there.

    A group that had no phone is reminded from now on.
    """
    bookings = _locked(booking)
    group = bookings[0].group
    group.phone_sealed = seal(phone, purpose="phone")
    group.phone_index = blind_index(phone, purpose="phone")
    group.save(update_fields=["phone_sealed", "phone_index"])
    readdress(group)
    for one in bookings:
        if one.state in CHANGEABLE and one.confirmed_at is not None:
            owe_all(reminders_of(one, now))
        record(one, "phone_corrected", now=now, was=one.state, by=by)
    return group


def _locked(booking: Booking) -> list[Booking]:
    """The bookings of the group, locked by number, and then the group itself."""
    bookings = Booking.objects.filter(group_id=booking.group_id).order_by("pk")
    found = list(bookings.select_for_update(of=("self",)))
    group = BookingGroup.objects.select_for_update(no_key=True).get(pk=booking.group_id)
    for one in found:
        one.group = group
    return found
