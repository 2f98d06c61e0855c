"""Why this person now: the facts of a call, in words."""

from datetime import datetime

from django.utils.translation import gettext as _

from config import civil
from queues.models import Call, Ticket


def _at(instant: datetime) -> str:
    return f"{civil.city_time(instant):%H:%M}"


def why(call: Call) -> str:
    """One sentence for the clerk and for whoever asks: why this ticket was called.

    From the facts kept with the call, so that it says what was true then.
    """
    facts = call.why
    issued = _at(datetime.fromisoformat(facts["issued_at"]))
    rank = _at(datetime.fromisoformat(facts["rank_at"]))
    if facts.get("jumped"):
        return _("Green channel (%(reason)s): goes first, at most once in three calls.") % {
            "reason": Ticket.Priority(facts["priority"]).label
        }
    if facts.get("booked_for"):
        booked = _at(datetime.fromisoformat(facts["booked_for"]))
        return _(
            "Booked for %(booked)s, checked in at %(issued)s, ranks at %(rank)s:"
            " the first in line for this window."
        ) % {"booked": booked, "issued": issued, "rank": rank}
    return _(
        "Walk-in, came at %(issued)s, ranks at %(rank)s: the first in line for this window."
    ) % {"issued": issued, "rank": rank}
