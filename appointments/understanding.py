"""What somebody types or scans at a kiosk: a reference, an ID number, or a booking's link."""

import re
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from appointments.arriving import NothingBooked
from appointments.id_numbers import IdNumber, clean_id_number, normalise
from appointments.sealing import secret_matches

LINK = re.compile(r"/b/([A-Za-z0-9]{4,12})/(?:\?(?:.*&)?k=([A-Za-z0-9_-]{1,64}))?")
ID_SHAPE = re.compile(r"[0-9]{15}|[0-9]{17}[0-9X]")
REFERENCE = re.compile(r"[A-Z0-9]{4,12}")


@dataclass(frozen=True)
class Said:
    """One of the two is known."""

    reference: str | None = None
    id_number: IdNumber | None = None


def understand(text: str, *, today: date) -> Said:
    """What was meant. Raises ValidationError when it can be neither; refuses NothingBooked
    for a link whose secret does not fit."""
    if link := LINK.search(text.strip()):
        reference, secret = link[1].upper(), link[2]
        if secret and not secret_matches(reference, secret):
            raise NothingBooked
        return Said(reference=reference)
    plain = normalise(text)
    if ID_SHAPE.fullmatch(plain):
        return Said(id_number=clean_id_number(plain, today=today))
    if REFERENCE.fullmatch(plain):
        return Said(reference=plain)
    raise ValidationError(
        _("This is neither a booking reference nor an ID number. Please compare it."), code="shape"
    )
