"""How many parts an SMS has, and thereby what it costs.

3GPP TS 23.038: a text of the GSM alphabet has 7 bits a character, any other text is UCS-2
with 16. TS 23.040: one part holds 160 or 70 of them, each of several 153 or 67, since a
header says how they go together. Chinese is always UCS-2; one character outside of the
alphabet (a masked Chinese name in an English text) makes the whole text so.
"""

from collections.abc import Iterable
from dataclasses import dataclass

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_ESCAPED = frozenset("\f^{}\\[~]|€")  # two places each
GSM_ONE, GSM_EACH = 160, 153
UCS_ONE, UCS_EACH = 70, 67


@dataclass(frozen=True)
class Size:
    """How long an SMS is: characters, the places that they take, and parts."""

    characters: int
    places: int
    parts: int
    is_gsm: bool


def size(text: str) -> Size:
    """The size of the text as an SMS; an empty one has one part, as phones send it."""
    is_gsm = all(one in GSM or one in GSM_ESCAPED for one in text)
    widths = [_gsm_width(one) if is_gsm else _ucs_width(one) for one in text]
    alone, each = (GSM_ONE, GSM_EACH) if is_gsm else (UCS_ONE, UCS_EACH)
    parts = 1 if sum(widths) <= alone else _parts(widths, each)
    return Size(len(text), sum(widths), parts, is_gsm)


def _parts(widths: Iterable[int], each: int) -> int:
    """A character of two places is never cut in two."""
    parts, room = 1, each
    for width in widths:
        if width > room:
            parts, room = parts + 1, each
        room -= width
    return parts


def _gsm_width(character: str) -> int:
    return 2 if character in GSM_ESCAPED else 1


def _ucs_width(character: str) -> int:
    return 2 if ord(character) > 0xFFFF else 1
