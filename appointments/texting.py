"""The words of messages: short, in the group's language, true about the night.

A text is one headline, what to bring, and the link to one's own booking. Dates are said
in full, never as "tomorrow": a message may arrive later than it was meant to.
"""

from collections.abc import Iterable

from django.conf import settings
from django.utils import dateformat, translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from appointments.id_numbers import mask_name
from appointments.models import Booking, Message
from appointments.sealing import booking_secret, unseal
from config import civil
from windows.models import Material

Kind = Message.Kind
OF_BOOKING = (
    Kind.CONFIRMED,
    Kind.REMINDER_DAY,
    Kind.REMINDER_HOURS,
    Kind.MOVED,
    Kind.CANCELLED,
    Kind.WITHDRAWN,
)
BRING_CHARACTERS = {"zh": 40, "en": 80}


def booking_text(kind: str, booking: Booking) -> str:
    """What the message of that kind says about the booking, in the group's language."""
    with translation.override(booking.group.language):
        if kind == Kind.CANCELLED:
            return _sentences(headline(kind, booking), again(booking))
        if kind == Kind.WITHDRAWN:
            return _sentences(headline(kind, booking), again(booking))
        return _sentences(headline(kind, booking), bring(booking), own_page(booking))


def code_text(code: str, *, minutes: int, language: str) -> str:
    """What the message with a one-time code says."""
    with translation.override(language):
        return _(
            "Dengta: your code is %(code)s, valid for %(minutes)s minutes. "
            "Type it only on our page; our staff never ask for it."
        ) % {"code": code, "minutes": minutes}


def headline(kind: str, booking: Booking) -> str:
    facts = {
        "what": booking.matter.name,
        "who": mask_name(unseal(booking.name_sealed, purpose="name")),
        "when": when(booking),
        "where": booking.hall.name,
        "reference": booking.reference,
    }
    return _headlines()[kind] % facts


def _headlines() -> dict[str, str]:
    return {
        Kind.CONFIRMED: _(
            "Dengta: booked for %(who)s: %(what)s, %(when)s, %(where)s. Number %(reference)s."
        ),
        Kind.REMINDER_DAY: _(
            "Dengta: a reminder for %(who)s: %(what)s, %(when)s, %(where)s. Number %(reference)s."
        ),
        Kind.REMINDER_HOURS: _(
            "Dengta: soon for %(who)s: %(what)s, %(when)s, %(where)s. Number %(reference)s."
        ),
        Kind.MOVED: _(
            "Dengta: changed for %(who)s: %(what)s, now %(when)s, %(where)s. Number %(reference)s."
        ),
        Kind.CANCELLED: _(
            "Dengta: cancelled for %(who)s: %(what)s, %(when)s, %(where)s. Number %(reference)s."
        ),
        Kind.WITHDRAWN: _(
            "Dengta: we are sorry, the hall has to cancel for %(who)s: %(what)s, %(when)s, "
            "%(where)s. Number %(reference)s."
        ),
    }


def when(booking: Booking) -> str:
    """Date and time on the wall; one after midnight also names the evening it belongs to."""
    at = civil.city_time(booking.starts_at)
    words = dateformat.format(at, pgettext("date format", "D j M, H:i"))
    if at.date() == booking.service_day:
        return words
    evening = dateformat.format(booking.service_day, pgettext("date format", "D j M"))
    return _("%(when)s (after midnight, in the night of %(evening)s)") % {
        "when": words,
        "evening": evening,
    }


def bring(booking: Booking) -> str:
    """The materials by name, as many as a short message holds; the page lists them all."""
    materials = sorted(booking.matter.materials.all(), key=lambda material: material.position)
    names = [material.name for material in materials if material.kind == Material.Kind.BRING]
    kept = _that_fit(names)
    if not kept:
        return ""
    listed = pgettext("between materials", ", ").join(kept)
    if len(kept) < len(names):
        return _("Bring: %(materials)s and what the page lists.") % {"materials": listed}
    return _("Bring: %(materials)s.") % {"materials": listed}


def _that_fit(names: Iterable[str]) -> list[str]:
    room = BRING_CHARACTERS["zh" if _is_chinese() else "en"]
    kept: list[str] = []
    for name in names:
        room -= len(name) + 1
        if room < 0:
            break
        kept.append(name)
    return kept


def own_page(booking: Booking) -> str:
    """The link that shows, changes and cancels this booking, for whoever holds it."""
    return _("Show, change or cancel: %(link)s") % {"link": link(booking)}


def again(booking: Booking) -> str:
    page = f"{settings.SITE_URL}/book/{booking.matter.code}/"
    return _("Choose another time: %(link)s") % {"link": page}


def link(booking: Booking) -> str:
    secret = booking_secret(booking.reference)
    return f"{settings.SITE_URL}/b/{booking.reference}/?k={secret}"


def _is_chinese() -> bool:
    return (translation.get_language() or "zh").startswith("zh")


def _sentences(*sentences: str) -> str:
    return ("" if _is_chinese() else " ").join(filter(None, sentences))
