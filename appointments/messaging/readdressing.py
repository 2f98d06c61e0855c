"""Another way to a group: what is owed and has not left yet goes that way too.

Locks are taken in one order: bookings of the group by number, the group, its messages.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from appointments.models import Booking, BookingGroup, Message
from appointments.reminding import address_of
from appointments.texting import OF_BOOKING

Channel, State = Message.Channel, Message.State
BY_GROUP = [Channel.SMS, Channel.EMAIL]


def readdress(group: BookingGroup) -> None:
    """What is ready for the group's bookings will go where the group wants its messages.

    A message that has been tried that way already keeps its own (message_once_per_version);
    a text that was put into words keeps its language.
    """
    to = address_of(group)
    ready = Message.objects.filter(booking__group=group, state=State.READY, channel__in=BY_GROUP)
    ready.filter(text_sealed__isnull=True).update(language=group.language)
    if to["to_sealed"] is None:
        return
    tried = Message.objects.filter(
        subject=OuterRef("subject"),
        kind=OuterRef("kind"),
        version=OuterRef("version"),
        channel=to["channel"],
    ).exclude(pk=OuterRef("pk"))
    ready.filter(~Exists(tried)).update(
        channel=to["channel"], to_sealed=to["to_sealed"], to_index=to["to_index"]
    )


@transaction.atomic
def turn_to_sms(failed: Message, now: datetime) -> None:
    """The e-mail address of `failed` does not work: its groups get SMS from now on.

    What was ready for it goes over in the same transaction, and `failed`, with those that
    it led, is owed once more by SMS. Groups without a phone stay as they are.
    """
    told = Message.objects.filter(
        to_index=failed.to_index, channel=Channel.EMAIL, booking__isnull=False
    )
    concerned = list(told.values_list("booking__group", flat=True).distinct())
    bookings = Booking.objects.filter(group__in=concerned).order_by("pk")
    list(bookings.select_for_update(of=("self",), no_key=True).values_list("pk"))
    groups = BookingGroup.objects.filter(
        pk__in=concerned,
        channel=Channel.EMAIL,
        email_index=failed.to_index,
        phone_sealed__isnull=False,
    )
    for group in groups.select_for_update(no_key=True).order_by("pk"):
        group.channel = Channel.SMS
        group.save(update_fields=["channel"])
        readdress(group)
    lost = Message.objects.filter(Q(pk=failed.pk) | Q(bundled_into=failed.pk))
    with_phone = lost.filter(booking__group__phone_sealed__isnull=False)
    _owe_by_sms(with_phone.select_related("booking__group"), now)


def _owe_by_sms(lost: Iterable[Message], now: datetime) -> None:
    """Each of them is owed by SMS as well, unless it is or has come too late."""
    Message.objects.bulk_create(
        (_by_sms(one, now) for one in lost if not one.useless_after or now < one.useless_after),
        ignore_conflicts=True,
    )


def _by_sms(one: Message, now: datetime) -> Message:
    assert one.booking is not None  # noqa: S101  only those of a group are asked for
    group = one.booking.group
    return Message(
        subject=one.subject,
        booking=one.booking,
        kind=one.kind,
        version=one.version,
        channel=Channel.SMS,
        language=one.language,
        to_sealed=group.phone_sealed,
        to_index=group.phone_index,
        text_sealed=None if one.kind in OF_BOOKING else one.text_sealed,
        due_at=now,
        useless_after=one.useless_after,
        made_at=now,
    )
