"""The words of “your turn is near”: the number, the hall or window, and: please come back."""

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from queues.models import Ticket


def turn_text(ticket: Ticket, *, ahead: int, language: str) -> str:
    """What is true of the ticket now, in the language in which it was asked for."""
    with translation.override(language):
        page = f"{settings.SITE_URL}/t/{ticket.public_id}/"
        facts = {"number": ticket.label, "hall": ticket.hall.name, "page": page, "ahead": ahead}
        if ticket.state == Ticket.State.CALLED and ticket.window:
            facts["window"] = ticket.window.number
            words = _(
                "Dengta: number %(number)s is called to window %(window)s in %(hall)s now."
                " Please come at once: %(page)s"
            )
        elif ticket.state == Ticket.State.MISSED:
            words = _(
                "Dengta: number %(number)s was called in %(hall)s and missed. Nothing is lost:"
                " please come back and show it to the guide: %(page)s"
            )
        elif not ahead:
            words = _(
                "Dengta: number %(number)s is next in %(hall)s."
                " Please come back to the hall now: %(page)s"
            )
        else:
            words = ngettext(
                "Dengta: %(ahead)s person is before number %(number)s in %(hall)s."
                " Please come back to the hall now: %(page)s",
                "Dengta: %(ahead)s people are before number %(number)s in %(hall)s."
                " Please come back to the hall now: %(page)s",
                ahead,
            )
        return words % facts
