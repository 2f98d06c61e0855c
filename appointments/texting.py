"""The words about bookings: short, in the group's language, true about the night.

Dates are said in full, never as "tomorrow": a message may arrive later than it was meant to.
What several people or matters of a group have on one day in one hall is one text: the
earliest time and the place once, who comes for what, and one link.
"""

from collections.abc import Iterable, Sequence

from django.conf import settings
from django.utils import dateformat, translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from appointments import saying
from appointments.chaining import by_person
from appointments.id_numbers import mask_name
from appointments.messaging.parts import size
from appointments.messaging.template_text import spoken
from appointments.messaging.template_texts import TEXTS
from appointments.messaging.templating import Words, say
from appointments.models import Booking, Message
from appointments.sealing import booking_secret, unseal
from config import civil
from windows.models import Material

Kind, Channel = Message.Kind, Message.Channel
OF_BOOKING = (
    Kind.CONFIRMED,
    Kind.REMINDER_DAY,
    Kind.REMINDER_HOURS,
    Kind.MOVED,
    Kind.CANCELLED,
)
BRING_CHARACTERS = {"zh-hans": 40, "en": 80}
BRING_IN_A_MAIL = 2000


def booking_words(kind: str, family: Sequence[Booking], channel: str, language: str) -> Words:
    """What a message says about these bookings of a group, each day and hall once.

    Raises ValueError when there are none.
    """
    if not family:
        raise ValueError("a message about no booking")
    days: dict[tuple[int, object], list[Booking]] = {}
    for booking in sorted(family, key=lambda one: (one.starts_at, one.position, one.pk)):
        days.setdefault((booking.hall_id, booking.service_day), []).append(booking)
    with translation.override(language):
        said = [_of_day(kind, bookings, channel) for bookings in days.values()]
    gap = "\n" if channel == Channel.SMS else "\n\n"
    return Words(gap.join(one.text for one in said), said[0].title)


def _of_day(kind: str, bookings: list[Booking], channel: str) -> Words:
    visits = by_person(bookings)
    case = "family" if len(visits) > 1 and (kind, "family") in TEXTS else ""
    facts = visit_facts(bookings, visits, channel)
    if kind == Kind.RATING and bookings[0].ticket:
        facts["link"] = f"{settings.SITE_URL}/t/{bookings[0].ticket.public_id}/"
    short = say(kind, case, facts=facts, channel=channel)
    if channel != Channel.SMS or facts["address"] in short.text:
        return short
    where = _("%(where)s (%(address)s)") % facts
    full = say(kind, case, facts=facts | {"where": where}, channel=channel)
    return full if size(full.text).parts <= size(short.text).parts else short


def visit_facts(
    bookings: list[Booking], visits: list[list[Booking]], channel: str
) -> dict[str, str]:
    """What the texts about a visit can say."""
    first = bookings[0]
    and_then = pgettext("between materials", ", ")
    room = BRING_IN_A_MAIL if channel == Channel.EMAIL else 0
    return {
        "who": and_then.join(_name(visit[0]) for visit in visits),
        "what": and_then.join(dict.fromkeys(one.matter.name for one in bookings)),
        "people": pgettext("between people", "; ").join(_person(one, first) for one in visits),
        "when": when(first),
        "where": first.hall.name,
        "address": first.hall.address,
        "bring": bring(*bookings, room=room),
        "reference": first.reference,
        "link": link(first),
        "again": again(first),
    }


def _name(booking: Booking) -> str:
    return mask_name(unseal(booking.name_sealed, purpose="name"))


def _person(visit: list[Booking], first: Booking) -> str:
    """A person with matters, and the time where it is not the first one's."""
    begins = min(one.starts_at for one in visit)
    facts = {
        "who": _name(visit[0]),
        "what": pgettext("between materials", ", ").join(one.matter.name for one in visit),
        "time": saying.clock(begins),
    }
    if begins == first.starts_at:
        return _("%(who)s (%(what)s)") % facts
    return _("%(who)s (%(time)s, %(what)s)") % facts


def code_text(code: str, *, minutes: int, language: str) -> str:
    """What the message with a one-time code says."""
    with translation.override(language):
        return say(Kind.CODE, facts={"code": code, "minutes": minutes}).text


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


def bring(*bookings: Booking, room: int = 0) -> str:
    """The materials by name, each once, as many as there is room for; the page lists them all."""
    materials = {
        material.name: material
        for booking in bookings
        for material in sorted(booking.matter.materials.all(), key=lambda one: one.position)
        if material.kind == Material.Kind.BRING
    }
    kept = _that_fit(materials, room or BRING_CHARACTERS[spoken()])
    if not kept:
        return ""
    listed = pgettext("between materials", ", ").join(kept)
    if len(kept) < len(materials):
        return _("Bring: %(materials)s and what the page lists.") % {"materials": listed}
    return _("Bring: %(materials)s.") % {"materials": listed}


def _that_fit(names: Iterable[str], room: int) -> list[str]:
    kept: list[str] = []
    for name in names:
        room -= len(name) + 1
        if room < 0:
            break
        kept.append(name)
    return kept


def again(booking: Booking) -> str:
    """Where another time is chosen for the same matter."""
    return f"{settings.SITE_URL}/book/{booking.matter.code}/"


def link(booking: Booking) -> str:
    """The link that shows, changes and cancels this booking, for whoever holds it."""
    secret = booking_secret(booking.reference)
    return f"{settings.SITE_URL}/b/{booking.reference}/?k={secret}"
