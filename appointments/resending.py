"""The links of one's bookings, sent again to the phone that booked.

Whoever asks hears the same and waits as long, whether the phone has bookings or not: for
a phone without any a message is written too, one that is useless at once and never leaves.
"""

import uuid
from datetime import datetime

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appointments import limiting, reminding
from appointments.chaining import by_person
from appointments.id_numbers import mask_name
from appointments.limiting import Purpose
from appointments.messaging.templating import say
from appointments.models import Booking, Message
from appointments.sealing import blind_index, seal, unseal
from appointments.texting import link, when
from config import civil
from windows.rules import rules

OF_PHONE = Purpose("links of phone", "", "links_an_hour")
OF_ADDRESS = Purpose("links", "", "codes_most_an_hour")
VISITS_TOLD = 6
SENT = gettext_lazy("If there are bookings for this number, a message is on its way.")


@transaction.atomic
def send_links(*, phone: str, address: str, language: str, now: datetime) -> None:
    """The phone (E.164) is owed the links of its open bookings, a few times an hour.

    Refuses: TooManyAsked, CannotCount; neither depends on what the phone has booked.
    """
    names = [OF_PHONE.most, OF_ADDRESS.most]
    most = rules(names, hall=None, day=civil.city_date(now))
    if limiting.take(OF_ADDRESS, address, most=most[OF_ADDRESS.most], now=now) < 1:
        raise limiting.too_many(OF_ADDRESS, now)
    if limiting.take(OF_PHONE, phone, most=most[OF_PHONE.most], now=now) < 1:
        return
    visits = open_visits(phone)
    reminding.owe(
        subject=f"links:{uuid.uuid4().hex}",
        kind=Message.Kind.LINKS,
        to_sealed=seal(phone, purpose="phone"),
        text=links_text(visits, language=language),
        now=now,
        useless_after=None if visits else now,
    )


def open_visits(phone: str) -> list[Booking]:
    """The next visits booked from the phone: the first matter of each person in each group."""
    booked = Booking.objects.filter(
        group__phone_index=blind_index(phone, purpose="phone"), state__in=Booking.OPEN
    )
    groups: dict[int, list[Booking]] = {}
    for booking in booked.select_related("hall", "matter").order_by("starts_at", "pk"):
        groups.setdefault(booking.group_id, []).append(booking)
    return [visit[0] for group in groups.values() for visit in by_person(group)]


def links_text(visits: list[Booking], *, language: str) -> str:
    """One line per visit: who, when, where, and the link."""
    with translation.override(language):
        lines = [_line(visit) for visit in visits[:VISITS_TOLD]]
        if len(visits) > VISITS_TOLD:
            lines.append(_("The later ones follow when these are over."))
        return say(Message.Kind.LINKS, facts={"visits": "\n".join(lines)}).text


def _line(visit: Booking) -> str:
    facts = {
        "who": mask_name(unseal(visit.name_sealed, purpose="name")),
        "when": when(visit),
        "where": visit.hall.name,
        "link": link(visit),
    }
    return _("%(who)s, %(when)s, %(where)s: %(link)s") % facts
