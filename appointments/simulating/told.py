"""One message of each kind in both languages, about what is in the simulated city.

They are owed as any message is and leave by the same way; whoever looks into the
demonstration's inbox finds what the city can say, with links that open real pages.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from appointments import reminding
from appointments.alert_words import ahead_words
from appointments.draw_words import entry_link
from appointments.messaging.template_samples import sample
from appointments.messaging.template_text import Text
from appointments.messaging.template_texts import ALL
from appointments.messaging.templating import say
from appointments.models import Booking, DrawEntry, Message
from appointments.sealing import seal
from appointments.texting import visit_facts
from queues.models import Ticket

Kind, State = Message.Kind, Booking.State
LANGUAGES = ["zh-hans", "en"]
SUBJECT = "shown"
SHOWN_FOR = timedelta(days=1)  # a city that sleeps longer shows others
# Each kind and language has a number of its own, so that nobody seems to get too much.
PHONE = "+86138000{:05d}"
STATES = {
    Kind.CANCELLED: State.CANCELLED,
    Kind.WITHDRAWN: State.WITHDRAWN,
    Kind.MISSED: State.NO_SHOW,
    Kind.ANSWERED: State.NO_SHOW,
    Kind.RATING: State.SERVED,
}
OF_DRAW = {Kind.REGISTERED, Kind.DRAWN}


def tell_each_kind(now: datetime) -> None:
    """Every text of every kind is owed once, in both languages. Again: nothing."""
    if Message.objects.filter(subject__startswith=f"{SUBJECT}:").exists():
        return
    reminding.owe_all(_messages(now))


def _messages(now: datetime) -> Iterator[Message]:
    waiting = Ticket.objects.filter(hall__is_simulated=True, state=Ticket.State.WAITING)
    tickets = iter(waiting.order_by("pk"))
    for number, text in enumerate(ALL):
        for place, language in enumerate(LANGUAGES):
            ticket = next(tickets, None) if text.kind == Kind.SOON else None
            if text.kind == Kind.SOON and ticket is None:
                continue
            with translation.override(language):
                words = say(text.kind, text.case, facts=_facts(text, ticket)).text
            subject = f"ticket:{ticket.pk}" if ticket else f"{SUBJECT}:{text.slug}-{language}"
            phone = seal(PHONE.format(2 * number + place), purpose="phone")
            message = reminding.owed(
                subject=subject, kind=text.kind, to_sealed=phone, text=words, now=now,
                language=language,
            )  # fmt: skip
            message.useless_after = now + SHOWN_FOR
            yield message


def _facts(text: Text, ticket: Ticket | None) -> dict[str, Any]:
    """What is true of somebody in the city, where it is known; else a sample's values."""
    facts: dict[str, Any] = dict(sample(text))
    if ticket is not None:
        found: dict[str, Any] = {
            "number": ticket.label, "hall": ticket.hall.name,
            "link": _site(f"t/{ticket.public_id}/"), "ahead": ahead_words(ticket.label, 3),
        }  # fmt: skip
    elif text.kind in OF_DRAW:
        found = _of_draw()
    else:
        found = _of_visit(text)
    return facts | {name: value for name, value in found.items() if name in text.knows}


def _of_draw() -> dict[str, Any]:
    entry = DrawEntry.objects.order_by("pk").first()
    return {"link": settings.SITE_URL + entry_link(entry)} if entry else {}


def _of_visit(text: Text) -> dict[str, Any]:
    """A visit of the city in the state that the message is about."""
    wanted = STATES.get(Kind(text.kind), State.CONFIRMED)
    visits = Booking.objects.filter(hall__is_simulated=True, group__is_simulated=True)
    visits = visits.select_related("group", "hall", "matter", "ticket")
    one = visits.filter(state=wanted).order_by("-starts_at", "pk").first()
    if one is None:
        return {}
    facts: dict[str, Any] = visit_facts([one], [[one]], Message.Channel.SMS)
    facts.pop("people")
    facts["visits"] = _("%(who)s, %(when)s, %(where)s: %(link)s") % facts
    if text.kind == Kind.RATING and one.ticket:
        facts["link"] = _site(f"t/{one.ticket.public_id}/")
    return facts


def _site(path: str) -> str:
    return f"{settings.SITE_URL}/{path}"
