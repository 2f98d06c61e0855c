"""What somebody types or scans in the hall: a reference, an ID number, a booking's link, or
the link of a number that was given already. Other codes are told to be none of ours."""

import re
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from appointments.id_numbers import IdNumber, clean_id_number, normalise
from appointments.sealing import secret_matches

TICKET_LINK = re.compile(r"/t/([A-Za-z0-9_-]{16,40})/?(?:[?#].*)?\Z")
OTHER_CODE = re.compile(r"\w+:|.*[/?&=]", re.ASCII)
LINK = re.compile(r"/b/([A-Za-z0-9]{4,12})/(?:\?(?:.*&)?k=([A-Za-z0-9_-]{1,64}))?")
ID_SHAPE = re.compile(r"[0-9]{15}|[0-9]{17}[0-9X]")
REFERENCE = re.compile(r"[A-Z0-9]{4,12}")


@dataclass(frozen=True)
class Said:
    """One of the three is known: a booking's reference, an ID number, a ticket's public id."""

    reference: str | None = None
    id_number: IdNumber | None = None
    ticket: str | None = None


def understand(text: str, *, today: date) -> Said:
    """What was meant. Raises ValidationError when it can be none of these.

    A booking's link counts only with the secret that this city gave it: a code of another
    city, whose references may look like ours, is told apart and changes nothing.
    """
    said = text.strip()
    if link := LINK.search(said):
        reference, secret = link[1].upper(), link[2]
        if not secret or not secret_matches(reference, secret):
            raise _not_ours()
        return Said(reference=reference)
    if ticket := TICKET_LINK.search(said):
        return Said(ticket=ticket[1])
    plain = normalise(text)
    if ID_SHAPE.fullmatch(plain):
        return Said(id_number=clean_id_number(plain, today=today))
    if REFERENCE.fullmatch(plain):
        return Said(reference=plain)
    if OTHER_CODE.match(said):
        raise _not_ours()
    raise ValidationError(
        _("This is neither a booking reference nor an ID number. Please compare it."), code="shape"
    )


def _not_ours() -> ValidationError:
    return ValidationError(
        _(
            "This code is not of a booking in this city. Type your reference or your ID number,"
            " or take a number without a booking."
        ),
        code="not_ours",
    )
