"""Who loses a place by a change, and what is proposed instead, in a supervisor's words.

Names are unsealed only where `with_names` says that the reader runs the hall. Read only.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appointments import saying
from appointments.change_forms import CHOICES, SHORT
from appointments.changes.picturing import ChangePreview, Losing
from appointments.models import Booking
from appointments.sealing import unseal
from config import civil

ROWS_SHOWN = 200
DEFAULT = "offer"


@dataclass(frozen=True)
class PartyRow:
    """People who come together and lose their places, with one choice for all of them."""

    party: int
    name: str
    matter: str
    was: str
    hall: str
    to: str
    far: str
    urgent: bool
    no_phone: bool
    why: str
    options: list[tuple[str, str]]
    chosen: str


@dataclass(frozen=True)
class ShownLosing:
    """Who loses a place; the rows are empty for who may see only counts."""

    people: int
    heading: str
    summary: str
    default: str = DEFAULT
    rows: list[PartyRow] = field(default_factory=list)
    more: str = ""
    for_all: list[tuple[str, Any]] = field(default_factory=list)


def shown_losing(
    preview: ChangePreview, with_names: bool, default: str, choices: dict[int, str]
) -> ShownLosing:
    """Who loses a place, party by party; `choices` are those made so far."""
    people = preview.people
    if not people:
        return ShownLosing(0, _("Nobody loses a place"), _("All bookings stay as they are."))
    heading = ngettext("%(n)s person loses the place", "%(n)s people lose their places", people) % {
        "n": people
    }
    summary = " ".join(_summary(preview.losing))
    if not with_names:
        return ShownLosing(people, heading, summary, default)
    parties: dict[int, list[Losing]] = {}
    for one in preview.losing:
        parties.setdefault(one.party, []).append(one)
    several = len({one.booking.hall_id for one in preview.losing}) > 1
    rows = [_row(members, choices.get(party, ""), several) for party, members in parties.items()]
    left = len(rows) - ROWS_SHOWN
    more = ngettext("And %(n)s more: as for all.", "And %(n)s more: as for all.", left)
    return ShownLosing(
        people,
        heading,
        summary,
        default,
        rows[:ROWS_SHOWN],
        more % {"n": left} if left > 0 else "",
        list(CHOICES.items()) if preview.proposed else [],
    )


def _summary(losing: Sequence[Losing]) -> Iterable[str]:
    """How good the proposals are, all together; what is missing is among the warnings."""
    found = [one for one in losing if one.proposal]
    near = sum(1 for one in found if one.same_hall and one.same_day)
    if found:
        said = ngettext(
            "%(n)s new place is found, %(near)s of them in the same hall on the same day.",
            "%(n)s new places are found, %(near)s of them in the same hall on the same day.",
            len(found),
        )
        yield said % {"n": len(found), "near": near}
    silent = sum(1 for one in losing if not one.has_phone)
    if silent:
        said = ngettext(
            "%(n)s of them left no phone: please tell them yourself.",
            "%(n)s of them left no phone: please tell them yourself.",
            silent,
        )
        yield said % {"n": silent}


def _row(members: list[Losing], chosen: str, with_hall: bool) -> PartyRow:
    first = members[0]
    places = [one.proposal for one in members]
    options = ["move", *(["offer"] if all(one.can_offer for one in members) else []), "withdraw"]
    names = {bytes(one.booking.id_index): name_of(one.booking) for one in members}
    return PartyRow(
        party=first.party,
        name=_(", ").join(names.values()),
        matter=" + ".join(dict.fromkeys(one.booking.matter.name for one in members)),
        was=saying.when(first.booking.starts_at),
        hall=first.booking.hall.name if with_hall else "",
        to=place_words(first) if all(places) else "",
        far=far_words(first) if all(places) else "",
        urgent=any(one.urgent for one in members),
        no_phone=not first.has_phone,
        why=str(first.why_words),
        options=[(value, str(SHORT[value])) for value in options] if all(places) else [],
        chosen=chosen,
    )


def name_of(booking: Booking) -> str:
    return unseal(booking.name_sealed, purpose="name")


def place_words(one: Losing) -> str:
    """When, and where if it is another hall."""
    place = one.proposal
    if place is None:
        return ""
    said = saying.when(place.starts_at)
    return said if one.same_hall else f"{said}, {place.hall.name}"


def far_words(one: Losing) -> str:
    place = one.proposal
    if place is None:
        return ""
    where = _("same hall") if one.same_hall else _("another hall")
    days = (place.service_day - one.booking.service_day).days
    if civil.city_date(place.starts_at) == civil.city_date(one.booking.starts_at):
        days = 0  # from the night before: the same date on the wall
    return f"{where} · {away_words(one.minutes_away or 0, days)}"


def away_words(minutes: int, days: int) -> str:
    """How much earlier or later, in days or in hours and minutes."""
    if days:
        later = ngettext("%(n)s day later", "%(n)s days later", days)
        earlier = ngettext("%(n)s day earlier", "%(n)s days earlier", -days)
        return (later if days > 0 else earlier) % {"n": abs(days)}
    if not minutes:
        return _("at the same time")
    hours, rest = divmod(abs(minutes), 60)
    length = _("%(h)s h %(m)s min") if hours and rest else _("%(h)s h") if hours else _("%(m)s min")
    said = _("%(length)s later") if minutes > 0 else _("%(length)s earlier")
    return said % {"length": length % {"h": hours, "m": rest}}
