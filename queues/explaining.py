"""Why this person now: the facts of a call, in words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from config import civil
from queues.models import Call, Ticket
from windows.models import Hall


def _at(instant: str) -> str:
    return f"{civil.city_time(datetime.fromisoformat(instant)):%H:%M}"


def why(call: Call) -> str:
    """One sentence for the clerk and for whoever asks: why this ticket was called.

    From the facts kept with the call, so that it says what was true then.
    """
    facts = call.why
    if facts.get("recall"):
        return _("Called again. %(why)s") % {"why": _chosen(facts)}
    return _chosen(facts)


def _chosen(facts: Mapping[str, Any]) -> str:
    if facts.get("picked"):
        return _picked(facts)
    if facts.get("jumped"):
        return _("Green channel (%(reason)s): goes first, at most once in three calls.") % {
            "reason": Ticket.Priority(facts["priority"]).label
        }
    return _moved(facts) or _in_line(facts)


def _picked(facts: Mapping[str, Any]) -> str:
    reason, note = Call.Picked(facts["picked"]).label, facts.get("note")
    told = {"reason": f"{reason}: {note}" if note else reason}
    if facts.get("jumped"):
        return (
            _(
                "Picked by the clerk (%(reason)s): goes before people of a lower rank, at most once"
                " in three calls."
            )
            % told
        )
    return _("Picked by the clerk (%(reason)s): nobody of a lower rank waits.") % told


def _moved(facts: Mapping[str, Any]) -> str:
    """The sentence for a number that was moved since it was given; else empty."""
    told = {"rank": _at(facts["rank_at"])}
    if facts.get("sent_here"):
        return _("Sent to this window, ranks at %(rank)s: the first in line for it.") % told
    if facts.get("missed"):
        return (
            _(
                "Missed the call and came back, ranks at %(rank)s:"
                " the first in line for this window."
            )
            % told
        )
    if facts.get("after") == "transferred":
        return _("Sent on with the rank of %(rank)s: the first in line for this window.") % told
    if facts.get("after") == "continued":
        return (
            _(
                "Goes on with the next matter and keeps the rank of %(rank)s:"
                " the first in line for this window."
            )
            % told
        )
    if facts.get("after") == "returned":
        return (
            _(
                "Stepped aside, came back and keeps the rank of %(rank)s:"
                " the first in line for this window."
            )
            % told
        )
    if facts.get("from_hall"):
        hall = Hall.objects.filter(code=facts["from_hall"]).first()
        return _(
            "Comes from %(hall)s with the rank of %(rank)s: the first in line for this window."
        ) % {**told, "hall": hall.name if hall else facts["from_hall"]}
    if facts.get("postponed"):
        return (
            _("Asked for more minutes, ranks at %(rank)s: the first in line for this window.")
            % told
        )
    return ""


def _in_line(facts: Mapping[str, Any]) -> str:
    told = {"issued": _at(facts["issued_at"]), "rank": _at(facts["rank_at"])}
    if facts.get("booked_for"):
        told["booked"] = _at(facts["booked_for"])
        return (
            _(
                "Booked for %(booked)s, checked in at %(issued)s, ranks at %(rank)s:"
                " the first in line for this window."
            )
            % told
        )
    return (
        _("Walk-in, came at %(issued)s, ranks at %(rank)s: the first in line for this window.")
        % told
    )
