"""The words with which a message leaves."""

from collections.abc import Sequence
from dataclasses import dataclass

from appointments.models import Booking, Message
from appointments.sealing import unseal
from appointments.texting import booking_text


@dataclass(frozen=True)
class Words:
    """A text, and for an e-mail its subject."""

    text: str
    title: str = ""


def words_of(message: Message, family: Sequence[Booking]) -> Words:
    """What the message says: the text that it was given, or the one of its kind about the
    bookings of `family` (its own first). Raises InvalidTag, KeyError or ValueError when that
    cannot be read."""
    if message.text_sealed is not None:
        return Words(unseal(message.text_sealed, purpose="message"))
    return Words("\n".join(booking_text(message.kind, booking) for booking in family))
