"""Is it still owed, and may it leave at this hour? Asked in the last moment before it leaves.

The booking's group is locked first (FOR SHARE, in the order of its numbers, as every command
does), so that a cancellation under way is waited for and seen.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q

from appointments import alerting, lately
from appointments.messaging import contacts, push_alerts
from appointments.models import Booking, Message
from appointments.reminding import after_quiet_hours, is_quiet
from queues.models import Rating

Kind, State = Message.Kind, Message.State

REMINDERS = {Kind.REMINDER_DAY, Kind.REMINDER_HOURS}
COMING: set[str] = {Booking.State.CONFIRMED, Booking.State.ARRIVED}
OWED_WHILE: dict[str, set[str]] = {
    Kind.CONFIRMED: COMING,
    Kind.MOVED: COMING,
    Kind.REMINDER_DAY: {Booking.State.CONFIRMED},
    Kind.REMINDER_HOURS: {Booking.State.CONFIRMED},
    Kind.CANCELLED: {Booking.State.CANCELLED},
    Kind.WITHDRAWN: {Booking.State.WITHDRAWN},
    Kind.DISPLACED: COMING,
    Kind.RATING: {Booking.State.SERVED},
}
# What somebody asked for a moment ago, or waits for with the phone in the hand.
AT_ANY_HOUR = {Kind.CODE, Kind.CONFIRMED, Kind.MOVED, Kind.CANCELLED, Kind.LINKS, Kind.SOON}
HOWEVER_MANY = {Kind.CODE, Kind.SOON, Kind.WITHDRAWN, Kind.DISPLACED}
REMIND_AS_WELL = {Kind.CONFIRMED, Kind.MOVED, Kind.DISPLACED, Kind.REMINDER_DAY}
AN_HOUR = timedelta(hours=1)
NUMBERS = ("remind_after_hours", "messages_an_hour", "bundle_minutes")


@dataclass(frozen=True)
class Standing:
    """What is to become of a message: nothing (`why_not`), later (`wait_until`), or it leaves
    while `versions` (booking: state, version) say that the others of the family are owed."""

    why_not: str = ""
    wait_until: datetime | None = None
    bookings: dict[int, tuple[str, int]] | None = None


def standing(message: Message, at: datetime) -> Standing:
    """Whether the message leaves now; call it in the transaction in which it is marked."""
    bookings = locked_group(message)
    why_not = why_not_owed(message, bookings, at) or contacts.why_not(message)
    if why_not:
        return Standing(why_not)
    lately = _left_lately(message, at)
    if message.kind in REMINDERS and _told_just_now(message, lately, at):
        return Standing("told just now")
    return Standing("", _calm_hour(message, at) or _turn_of_address(message, lately, at), bookings)


def locked_group(message: Message) -> dict[int, tuple[str, int]]:
    """State and version of the bookings of the message's group; empty without a booking."""
    if message.booking_id is None:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, state, version FROM appointments_booking WHERE group_id ="
            " (SELECT group_id FROM appointments_booking WHERE id = %s) ORDER BY id FOR SHARE",
            [message.booking_id],
        )
        return {pk: (state, version) for pk, state, version in cursor.fetchall()}


def why_not_owed(message: Message, bookings: dict[int, tuple[str, int]], at: datetime) -> str:
    if message.useless_after and at >= message.useless_after:
        return "too late"
    if message.kind == Kind.SOON:
        of_browser = message.channel == Message.Channel.PUSH
        return (push_alerts if of_browser else alerting).why_not_owed(message)
    if message.booking_id is None:
        return ""
    state, version = bookings[message.booking_id]
    if message.kind not in OWED_WHILE:
        return ""
    if version != message.version:
        return "the booking has changed"
    if message.kind == Kind.RATING and Rating.objects.filter(ticket__bookings=message.booking_id):
        return "rated already"
    return "" if state in OWED_WHILE[Kind(message.kind)] else f"the booking is {state}"


def numbers(at: datetime) -> dict[str, int]:
    """The city's rules of how much and how often (NUMBERS)."""
    return lately.numbers(NUMBERS, now=at)


def _remind_after(at: datetime) -> timedelta:
    return timedelta(hours=numbers(at)["remind_after_hours"])


def _left_lately(message: Message, at: datetime) -> list[tuple[int | None, str, datetime]]:
    """What the address was sent in the last hours: booking, kind and when, oldest first."""
    if message.to_index is None:
        return []
    since = at - max(AN_HOUR, _remind_after(at))
    sent = Message.objects.filter(
        Q(bundled_into=None) | Q(booking=message.booking_id),
        to_index=message.to_index, sent_at__gt=since, state__in=Message.LEFT,
    )  # fmt: skip
    rows = sent.order_by("sent_at").values_list("booking_id", "kind", "sent_at")
    return [(booking, kind, sent_at) for booking, kind, sent_at in rows if sent_at]


def _told_just_now(
    message: Message, lately: list[tuple[int | None, str, datetime]], at: datetime
) -> bool:
    since = at - _remind_after(at)
    return any(
        booking == message.booking_id and kind in REMIND_AS_WELL and sent_at > since
        for booking, kind, sent_at in lately
    )


def _turn_of_address(
    message: Message, lately: list[tuple[int | None, str, datetime]], at: datetime
) -> datetime | None:
    """When an address that was sent very much in the last hour may be sent more."""
    if message.kind in HOWEVER_MANY:
        return None
    most = numbers(at)["messages_an_hour"]
    last_hour = [sent_at for _booking, _kind, sent_at in lately if sent_at > at - AN_HOUR]
    return last_hour[-most] + AN_HOUR if len(last_hour) >= most else None


def _calm_hour(message: Message, at: datetime) -> datetime | None:
    """When something that is late and has come into the quiet hours should leave."""
    if message.kind in AT_ANY_HOUR or not is_quiet(at) or is_quiet(message.due_at):
        return None
    morning = after_quiet_hours(at)
    useless = message.useless_after is not None and morning >= message.useless_after
    return None if useless else morning
