"""The words with which a message leaves."""

from collections.abc import Sequence

from django.utils import translation

from appointments.messaging.templating import Words, plain_title
from appointments.models import Booking, Message
from appointments.sealing import unseal
from appointments.texting import booking_words

__all__ = ["Words", "words_of"]


def words_of(message: Message, family: Sequence[Booking]) -> Words:
    """What the message says: the text that it was given, or the one of its kind about the
    bookings of `family` (its own first). Raises InvalidTag, KeyError or ValueError when that
    cannot be read."""
    if message.text_sealed is None:
        return booking_words(message.kind, family, message.channel, message.language)
    text = unseal(message.text_sealed, purpose="message")
    if message.channel == Message.Channel.SMS:
        return Words(text)
    with translation.override(message.language):
        return Words(text, plain_title(message.kind))
