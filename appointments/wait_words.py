"""The words of messages to people on the waiting list: short, in the language of the entry."""

from collections.abc import Iterable
from datetime import date, datetime

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appointments import saying
from appointments.id_numbers import mask_name
from appointments.messaging.templating import say
from appointments.models import Booking, Message, WaitEntry
from appointments.sealing import link_secret, unseal
from appointments.texting import when

Kind = Message.Kind


def joined_text(entry: WaitEntry) -> str:
    """They are on the list, and where they can look."""
    with translation.override(entry.language):
        return say(Kind.WAITING, "joined", facts=_facts(entry)).text


def offer_text(entry: WaitEntry, bookings: list[Booking], until: datetime) -> str:
    """A place is kept for them, and until when."""
    with translation.override(entry.language):
        facts = _facts(
            entry,
            until=saying.clock(until),
            when=when(bookings[0]),
            where=bookings[0].hall.name,
        )
        return say(Kind.OFFER, facts=facts).text


def passed_text(entry: WaitEntry) -> str:
    """They let so many offers pass that the place in line goes to others."""
    with translation.override(entry.language):
        facts = _facts(entry, passed=passed_words(entry.offers_passed))
        return say(Kind.WAITING, "passed", facts=facts).text


def passed_words(offers: int) -> str:
    return ngettext(
        "%(n)s offer was not taken", "%(n)s offers were not taken", offers
    ) % {"n": offers}  # fmt: skip


def ended_text(entry: WaitEntry) -> str:
    """Their days are over and nothing came free."""
    with translation.override(entry.language):
        return say(Kind.WAITING, "ended", facts=_facts(entry)).text


def entry_link(entry: WaitEntry) -> str:
    """The link that shows and leaves this entry, for whoever holds it."""
    return f"{settings.SITE_URL}{own_path(entry)}"


def own_path(entry: WaitEntry) -> str:
    """The address of the entry's own page."""
    address = reverse("appointments:wait_entry", args=[entry.public_id])
    return f"{address}?k={link_secret('waiting', entry.public_id)}"


def days_words(first: date, last: date) -> str:
    """Mon 3 May to Fri 7 May; a single day alone."""
    facts = {"first": saying.short_day(first), "last": saying.short_day(last)}
    return facts["first"] if first == last else _("%(first)s to %(last)s") % facts


def _facts(entry: WaitEntry, **more: object) -> dict[str, object]:
    people = entry.people.order_by("position").values_list("name_sealed", flat=True)
    join = reverse("appointments:wait_join")
    return {
        "who": _who(mask_name(unseal(name, purpose="name")) for name in people),
        "what": entry.matter.name,
        "days": days_words(entry.first_day, entry.last_day),
        "link": entry_link(entry),
        "again": f"{settings.SITE_URL}{join}?matter={entry.matter.code}",
        **more,
    }


def _who(names: Iterable[str]) -> str:
    first, *others = names
    if not others:
        return first
    facts = {"name": first, "n": len(others)}
    return ngettext("%(name)s and %(n)s more", "%(name)s and %(n)s more", len(others)) % facts
