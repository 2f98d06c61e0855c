"""Why minutes of a slot were moved, said from the move's figures in the reader's language."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from appointments.models import QuotaMove
from config import civil

BOUND = {
    "demand": _("With this the slot follows the demand."),
    "night": _("One night moves at most %(night_percent)s%% of a slot."),
    "walk_in_least": _("Walk-ins keep at least %(least)s minutes."),
    "sold": _("Only minutes that nobody had booked could move."),
}
CHANNELS = {"online": _("Online"), "walkin": _("Walk-in")}


def why(move: QuotaMove) -> str:
    """The move's reason in sentences. Takes the move with its run and slot."""
    return why_of(move.facts, day=move.run.demand_day, slot=move.slot)


def why_of(facts: dict[str, Any], *, day: Any, slot: Any) -> str:
    """The same for a move that is only planned."""
    hour = civil.city_time(slot.starts_at).hour
    said = {**facts, "day": f"{day:%Y-%m-%d}", "from": f"{hour:02d}:00"}
    said["until"] = f"{(hour + 1) % 24:02d}:00"
    asked = _(
        "On %(day)s between %(from)s and %(until)s: %(asked_online)s booked online,"
        " %(unmet)s searched in vain, %(asked_walk_in)s came without a booking."
    )
    share = _("Walk-ins had %(share_before)s%% of the minutes and needed %(share_target)s%%.")
    bound = BOUND.get(facts.get("bound", ""), BOUND["demand"])
    return " ".join(str(part) % said for part in (asked, share, bound))
