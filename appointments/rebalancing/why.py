"""The reasons of moves and of proposals for staff, in sentences made from their figures."""

from datetime import date
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from appointments.models import QuotaMove, StaffProposal
from appointments.rebalancing.demand_for import FORECAST, QUIET
from appointments.rebalancing.planning import PlannedMove

BOUND_WORDS = {
    "night": _("A night moves at most %(night)s %% of a slot."),
    "step": _("The steps of a day move at most %(step)s %% of a slot."),
    "hall": _("In a hall at most %(hall)s %% of a day's minutes move."),
    "sold": _("The rest is booked already."),
    "least": _("Walk-ins keep at least %(least)s %%."),
}


# Walk-ins' share of the slot, as far as the move has come.
MADE, PROPOSED, UNDONE, DROPPED = "made", "proposed", "undone", "dropped"
SHARE_WORDS = {
    PROPOSED: _(
        "Walk-ins have %(before)s %% of the minutes; with this move it would be %(after)s %%."
    ),
    MADE: _("Walk-ins had %(before)s %% of the minutes; with this move it is %(after)s %%."),
    UNDONE: _(
        "By this move walk-ins had %(after)s %% of the minutes; it was taken back, and what they"
        " had before, %(before)s %%, was theirs again."
    ),
    DROPPED: _(
        "Walk-ins had %(before)s %% of the minutes and would have had %(after)s %%; this move was"
        " not made."
    ),
}


def why(move: QuotaMove | PlannedMove) -> str:
    """The reasons of a move in a few sentences, made from its facts; they say whether it would
    be, is, or was taken back."""
    facts = move.facts
    said = SAID.get(facts.get("source", ""), _counted)(facts)
    parts = [said, _share(facts, fate_of(move)), _effect(facts), _bound(facts)]
    return " ".join(part for part in parts if part)


def fate_of(move: QuotaMove | PlannedMove) -> str:
    """What became of a move: proposed, made, undone, or dropped before it was made."""
    if isinstance(move, PlannedMove):
        return PROPOSED
    if move.undone_at:
        return UNDONE if move.moved_at else DROPPED
    return MADE if move.moved_at else PROPOSED


def _share(facts: dict[str, Any], fate: str) -> str:
    return str(SHARE_WORDS[fate]) % {
        "before": facts["share_before"],
        "after": facts["share_after"],
    }


def _counted(facts: dict[str, Any]) -> str:
    return gettext(
        "On %(day)s from %(hour)s:00, %(booked)s people booked, %(unmet)s found no place and"
        " %(came)s came without a booking: walk-ins asked for %(target)s %% of the minutes."
    ) % {
        "day": facts["demand_day"],
        "hour": f"{facts['hour']:02d}",
        "booked": facts["asked_online"],
        "unmet": facts["unmet"],
        "came": facts["asked_walk_in"],
        "target": facts["share_target"],
    }


def _expected(facts: dict[str, Any]) -> str:
    online, walk_in = facts["online_range"] or ["?", "?"], facts["walk_in_range"] or ["?", "?"]
    return gettext(
        "From %(hour)s:00 about %(online)s people are expected to book (nine times in ten between"
        " %(online_low)s and %(online_high)s) and %(came)s to come without a booking (%(came_low)s"
        " to %(came_high)s)."
    ) % {
        "hour": f"{facts['hour']:02d}",
        "online": facts["asked_online"],
        "online_low": online[0],
        "online_high": online[1],
        "came": facts["asked_walk_in"],
        "came_low": walk_in[0],
        "came_high": walk_in[1],
    }


def _quiet(facts: dict[str, Any]) -> str:
    return gettext(
        "From %(hour)s:00 hardly anybody asks of their own accord; people are expected there who"
        " find the hours beside it full."
    ) % {"hour": f"{facts['hour']:02d}"}


SAID = {FORECAST: _expected, QUIET: _quiet}


def _effect(facts: dict[str, Any]) -> str:
    """What the hall's day is expected to gain, where it is a minute or more."""
    before, after = facts.get("hall_day", {}).get("unmet", [0, 0])
    if before <= after:
        return ""
    return gettext(
        "Minutes of people expected to find no place in the hall on that day: %(before)s as it"
        " stood, %(after)s with all moves together."
    ) % {"before": before, "after": after}


def _bound(facts: dict[str, Any]) -> str:
    """What kept the move from going farther."""
    bound, limits = BOUND_WORDS.get(facts["bound"]), facts["limit"]
    if not bound:
        return ""
    return str(bound) % {
        "night": limits["rebalance_max_percent"],
        "step": limits.get("rebalance_step_percent", 0),
        "hall": limits.get("rebalance_hall_percent", 0),
        "least": limits["walkin_min_percent"],
    }


def why_staff(proposal: StaffProposal) -> str:
    """What a window's hours elsewhere would bring, in two sentences."""
    facts = proposal.facts
    moved = {
        "hours": proposal.hours,
        "from_hour": f"{proposal.from_hour % 24:02d}",
        "to_hour": f"{proposal.to_hour % 24:02d}",
        "from_hall": proposal.from_hall.name,
        "to_hall": proposal.to_hall.name,
    }
    if proposal.from_hall_id == proposal.to_hall_id:
        said = ngettext(
            "One window for %(hours)s hour: from %(to_hour)s:00 instead of from %(from_hour)s:00.",
            "One window for %(hours)s hours: from %(to_hour)s:00 instead of from %(from_hour)s:00.",
            proposal.hours,
        )
    else:
        said = ngettext(
            "One window for %(hours)s hour from %(to_hour)s:00: in %(to_hall)s instead of in"
            " %(from_hall)s.",
            "One window for %(hours)s hours from %(to_hour)s:00: in %(to_hall)s instead of in"
            " %(from_hall)s.",
            proposal.hours,
        )
    gained = gettext(
        "Minutes of people who find no place: %(unmet_before)s, then %(unmet_after)s. Minutes of"
        " work that wait an hour: %(wait_before)s, then %(wait_after)s."
    ) % {name: round(facts[name]) for name in EFFECT}
    return f"{said % moved} {gained}"


EFFECT = ("unmet_before", "unmet_after", "wait_before", "wait_after")


def why_lesson(lesson: dict[str, Any]) -> str:
    """Which window should learn what, and how much that would help."""
    return gettext(
        "If window %(window)s also served %(matter)s: in the days ahead, work of %(before)s minutes"
        " would find no window that serves it; then it would be %(after)s minutes."
    ) % {name: lesson[name] for name in ("window", "matter", "before", "after")}


def searches_link(move: QuotaMove | PlannedMove) -> str:
    """The page of the hall's past day and hour, with the searches that a move follows."""
    facts = move.facts
    hour = facts.get("demand_hour", facts["hour"])
    day = date.fromisoformat(facts["demand_day"])
    return f"/supervise/demand/{move.slot.hall.code}/{day.isoformat()}/?hour={hour}"
