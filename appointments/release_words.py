"""Places that are not on offer yet: when and how they are released, in words and links."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext

from appointments import saying
from appointments.models import Draw, WaitingRoom
from appointments.offering import HallDay, Release, next_releases
from config import civil
from windows.models import Hall, HallSession
from windows.rules import rule

MOST_TOLD = 3


@dataclass(frozen=True)
class Coming:
    """One release to come; `href` leads to what can be done for it already."""

    words: str
    href: str = ""
    link: str = ""


def next_coming(asked: Mapping[str, Any], halls: Sequence[Hall]) -> tuple[Coming, ...]:
    """The next releases in these halls (none: in the city), soonest first.

    `asked` is what is looked for (picking.looked_for).
    """
    now = asked["now"]
    found = next_releases(
        matters=asked["matters"], halls=halls, bookable=asked["bookable"], now=now
    )
    return tuple(_coming(one, now) for one in found[:MOST_TOLD])


def coming_of_day(day: HallDay, now: datetime) -> Coming:
    """The release of a day of which nothing is on offer yet."""
    opens_at = day.opens_at or now
    return _coming(Release(opens_at, day.service_day, day.release, day.session_id), now)


def _coming(release: Release, now: datetime) -> Coming:
    if release.how == HallSession.Release.DRAW:
        return _by_draw(release, now)
    facts = {
        "when": saying.when_from(release.opens_at, now),
        "day": saying.long_day(release.service_day),
    }
    if release.how == HallSession.Release.ROOM:
        return _behind_room(release, facts, now)
    return Coming(gettext("Next release %(when)s: the places of %(day)s.") % facts)


def _by_draw(release: Release, now: datetime) -> Coming:
    draw = Draw.objects.filter(session=release.session_id).defer("result").first()
    facts = {"day": saying.long_day(release.service_day)}
    if draw is None or draw.registers_until <= now:
        facts["when"] = saying.when_from(release.opens_at, now)
        words = gettext("%(day)s goes by draw; what is left opens %(when)s.")
        return Coming(words % facts, _address("draw", draw), gettext("The draw and its result"))
    facts["until"] = saying.when_from(draw.registers_until, now)
    if draw.registers_from > now:
        facts["from"] = saying.when_from(draw.registers_from, now)
        words = gettext("%(day)s goes by draw: register from %(from)s until %(until)s.")
        return Coming(words % facts, _address("draw", draw), gettext("About the draw"))
    words = gettext("%(day)s goes by draw: register until %(until)s.")
    return Coming(words % facts, _address("draw", draw), gettext("Register for the draw"))


def _behind_room(release: Release, facts: dict[str, str], now: datetime) -> Coming:
    early = rule("room_opens_minutes", hall=None, day=civil.city_date(release.opens_at))
    facts["from"] = saying.clock(release.opens_at - timedelta(minutes=early))
    words = gettext("Next release %(when)s, waiting room from %(from)s: the places of %(day)s.")
    room = WaitingRoom.objects.filter(releases_at=release.opens_at).first()
    return Coming(words % facts, _address("room", room), gettext("To the waiting room"))


def _address(page: str, row: Draw | WaitingRoom | None) -> str:
    try:
        return reverse(f"appointments:{page}", args=[row.pk]) if row else ""
    except NoReverseMatch:
        return ""
