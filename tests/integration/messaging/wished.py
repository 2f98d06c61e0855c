"""What bookings wish and are owed, in the tests of wishes and bounces."""

from datetime import timedelta

from appointments.messaging.wishes import change
from appointments.models import Booking, BookingGroup, Message
from appointments.providing import NotDelivered
from appointments.sealing import unseal
from tests.conftest import NOON

SOON = NOON + timedelta(minutes=1)
MAIL, OTHER_MAIL, OTHER_PHONE = "ning@example.com", "chen@example.org", "+8613900139000"
Kind, State = Message.Kind, Message.State
GONE = NotDelivered("no such mailbox", bounced=True)
ALL = ["confirmed", "reminder_day", "reminder_hours"]


def to_of(message: Message) -> str:
    return unseal(message.to_sealed, purpose="email" if message.channel == "email" else "phone")


def owed(booking: Booking, *states: str) -> list[tuple[str, str, str]]:
    """Kind, channel and address of what is in these states (ready unless said otherwise)."""
    rows = Message.objects.filter(booking=booking, state__in=states or [State.READY])
    return [(m.kind, m.channel, to_of(m)) for m in rows.order_by("kind", "channel")]


def wish(booking: Booking, **changes: object) -> BookingGroup:
    asked = {"channel": "sms", "language": "en", "only_needed": False} | changes
    return change(booking=booking, now=NOON, **asked)
