"""The words of “your turn is near”: the number, the hall or window, and: please come back."""

from django.conf import settings
from django.utils import translation
from django.utils.translation import ngettext

from appointments.messaging.templating import Words, say
from appointments.models import Message
from queues.models import Ticket

SMS = Message.Channel.SMS


def turn_text(ticket: Ticket, *, ahead: int, language: str) -> str:
    """What is true of the ticket now, in the language in which it was asked for."""
    return turn_words(ticket, ahead=ahead, language=language).text


def turn_words(ticket: Ticket, *, ahead: int, language: str, channel: str = SMS) -> Words:
    """The same for any channel, with its title."""
    with translation.override(language):
        facts = {
            "number": ticket.label,
            "hall": ticket.hall.name,
            "link": f"{settings.SITE_URL}/t/{ticket.public_id}/",
            "window": ticket.window.number if ticket.window else "",
            "ahead": ahead_words(ticket.label, ahead),
        }
        return say(Message.Kind.SOON, _case(ticket, ahead), facts=facts, channel=channel)


def ahead_words(number: str, ahead: int) -> str:
    return ngettext(
        "%(n)s person is before number %(number)s",
        "%(n)s people are before number %(number)s",
        ahead,
    ) % {"n": ahead, "number": number}


def _case(ticket: Ticket, ahead: int) -> str:
    if ticket.state == Ticket.State.CALLED and ticket.window:
        return "called"
    if ticket.state == Ticket.State.MISSED:
        return "missed"
    return "ahead" if ahead else "next"
