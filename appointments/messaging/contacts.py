"""Addresses: which ones work, and whose holders want no more than what they need.

What is known of an address hangs on its blind index; nobody can read the address there.
"""

import base64
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse

from appointments.messaging.readdressing import turn_to_sms
from appointments.models import Booking, BookingGroup, Contact, Message
from appointments.sealing import is_secret_of, link_secret, unseal
from config.refusals import NotFound
from queues.models import Ticket

Channel, Kind = Message.Channel, Message.Kind
NOT_NEEDED = {Kind.REMINDER_DAY, Kind.REMINDER_HOURS, Kind.RATING}
LEAVES = {"s": Channel.SMS, "e": Channel.EMAIL}  # the first letter of a link to leave
INDEX_CHARACTERS = 43  # of 32 bytes


@dataclass(frozen=True)
class Address:
    """An address as far as it is known here: its channel and its blind index."""

    channel: str
    index: bytes


def why_not(message: Message) -> str:
    """Why the address is not sent this kind; empty when it is."""
    if message.kind not in NOT_NEEDED or message.to_index is None:
        return ""
    address = Address(message.channel, bytes(message.to_index))
    return "not wanted" if wants_only_needed(address) else ""


def wants_only_needed(address: Address) -> bool:
    return _known(address).filter(opted_out_at__isnull=False).exists()


def only_needed(address: Address, *, wanted: bool, now: datetime) -> None:
    """The address gets no more than what a visit needs, or everything again."""
    if not wanted:
        _known(address).update(opted_out_at=None)
        return
    _make_known(address)
    _known(address).filter(opted_out_at__isnull=True).update(opted_out_at=now)


@transaction.atomic
def bounced(message: Message, *, reason: str, now: datetime) -> None:
    """The address does not work: it is marked, with the reason, until it is proved again.

    Whose e-mail comes back is written by SMS from now on, this message included; a phone is
    only marked. The person is told at the next check-in.
    """
    if message.to_index is None:
        return
    address = Address(message.channel, bytes(message.to_index))
    _make_known(address)
    _known(address).filter(bounced_at__isnull=True).update(
        bounced_at=now, bounce_reason=reason[:200] or "refused", told_at=None
    )
    if message.channel == Channel.EMAIL:
        turn_to_sms(message, now)


def proved(phone_index: bytes | memoryview) -> None:
    """Somebody read a code on that phone: it works."""
    known = _known(Address(Channel.SMS, bytes(phone_index)))
    known.filter(bounced_at__isnull=False).update(bounced_at=None, bounce_reason="", told_at=None)


def tell(group: BookingGroup, *, now: datetime) -> None:
    """Who arrives now is told that messages do not reach them; nobody is told twice."""
    _of(group).filter(bounced_at__isnull=False, told_at__isnull=True).update(told_at=now)


@dataclass(frozen=True)
class Unreached:
    """What the person is told at check-in: which ways to them do not work."""

    ending: str  # of the phone; empty when it works
    email: bool  # the e-mail address does not; SMS are sent instead


def unreached_at(ticket: Ticket) -> Unreached | None:
    """What the arrival with this number has to be told; None when nothing."""
    booked = Booking.objects.filter(ticket=ticket, arrived_at__isnull=False)
    booking = booked.select_related("group").first()
    return unreached(booking.group, at=booking.arrived_at) if booking else None


def unreached(group: BookingGroup, *, at: datetime | None = None) -> Unreached | None:
    """Which of the group's addresses do not work; with `at`, those told of at that arrival."""
    marked = _of(group).filter(bounced_at__isnull=False)
    found = set((marked.filter(told_at=at) if at else marked).values_list("channel", flat=True))
    if not found:
        return None
    phone = unseal(group.phone_sealed, purpose="phone") if group.phone_sealed else ""
    return Unreached(phone[-2:] if Channel.SMS in found else "", Channel.EMAIL in found)


def addresses_of(group: BookingGroup) -> list[Address]:
    pairs = [(Channel.SMS, group.phone_index), (Channel.EMAIL, group.email_index)]
    return [Address(channel, bytes(index)) for channel, index in pairs if index is not None]


def leave_link(message: Message) -> str:
    """The link by which the address gets no more than what it needs; "" without an address."""
    letter = next((name for name, channel in LEAVES.items() if channel == message.channel), "")
    if message.to_index is None or not letter:
        return ""
    token = leave_token(Address(message.channel, bytes(message.to_index)))
    return settings.SITE_URL + reverse("appointments:leave", args=[token])


def leave_token(address: Address) -> str:
    letter = next(name for name, channel in LEAVES.items() if channel == address.channel)
    name = letter + base64.urlsafe_b64encode(address.index).decode().rstrip("=")
    return name + link_secret("leave", name)


def address_of_token(token: str) -> Address:
    """The address whose link this is. Raises NotFound."""
    name, secret = token[: INDEX_CHARACTERS + 1], token[INDEX_CHARACTERS + 1 :]
    if not name.isascii() or not is_secret_of("leave", name, secret):
        raise NotFound
    return Address(LEAVES[name[0]], base64.urlsafe_b64decode(name[1:] + "="))


def _known(address: Address) -> QuerySet[Contact]:
    return Contact.objects.filter(address_index=address.index, channel=address.channel)


def _of(group: BookingGroup) -> QuerySet[Contact]:
    either = Q(pk__in=[])
    for one in addresses_of(group):
        either |= Q(address_index=one.index, channel=one.channel)
    return Contact.objects.filter(either)


def _make_known(address: Address) -> None:
    """The address has its row (contact_once_per_address)."""
    row = Contact(address_index=address.index, channel=address.channel)
    Contact.objects.bulk_create([row], ignore_conflicts=True)
