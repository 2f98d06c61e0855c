"""A session's own link (windows/links.py) as who comes by it sees it, and who invited them.

By the link one books in that session alone: the times show what its share and the online
minutes have together. Who invites sees how full it is, in numbers, and no names.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appointments import saying
from appointments.booking import NUMBERS
from appointments.models import Booking
from appointments.offering import OfferedSlot, slots_of
from appointments.picking import Times, by_date, few_places
from config import civil
from config.refusals import NotFound
from windows.links import is_over, link_of
from windows.models import HallSession, Matter, SessionLink
from windows.rules import rules
from windows.served import served

TOKEN = re.compile(r"[A-Za-z0-9_-]{1,24}")


@dataclass(frozen=True)
class Invitation:
    """The session of a link in words."""

    link: SessionLink
    session: HallSession
    day: str
    hours: str
    audience: str
    matters: list[Matter]
    kept_until: str
    opens: str


@dataclass(frozen=True)
class FilledTime:
    """A time of the session: who booked by the link, what its share still has, by minutes."""

    at: str
    people: int
    kept: int
    kept_taken: int


@dataclass(frozen=True)
class Fill:
    """How full a link's share is; `room`: how many more people it holds."""

    times: list[FilledTime]
    people: int
    percent: int | None
    room: int


def asked_link(request: HttpRequest) -> str:
    """The token in the address, "" when there is none that could be one."""
    token = request.GET.get("link", "")
    return token if TOKEN.fullmatch(token) else ""


def times_address(token: str, matter: str, people: int = 1) -> str:
    address = reverse("appointments:outreach_times", args=[token, matter])
    return f"{address}?{urlencode({'people': people})}" if people > 1 else address


def invitation(link: SessionLink, now: datetime) -> Invitation:
    session = link.session
    reserves = link.reserved_percent and link.released_at is None and link.releases_at
    opens = session.slots.aggregate(at=Max("booking_opens_at"))["at"]
    return Invitation(
        link=link,
        session=session,
        day=saying.long_day(session.service_day),
        hours=saying.hours(session.starts_at, session.ends_at),
        audience=session.audience,
        matters=served(session),
        kept_until=saying.when(link.releases_at) if reserves and link.releases_at else "",
        opens=saying.when_from(opens, now) if opens and opens > now else "",
    )


def times_of(link: SessionLink, matter: Matter, *, people: int, now: datetime) -> list[OfferedSlot]:
    """The session's times that still come, with the places of its share and the others'."""
    session = link.session
    asked = {"hall": session.hall, "matter": matter, "people": people, "now": now}
    found = slots_of(day=session.service_day, **asked)  # type: ignore[arg-type]
    kept: dict[int, int] = {}
    if link.reserved_percent and link.released_at is None:
        share = slots_of(day=session.service_day, channel="reserved", **asked)  # type: ignore[arg-type]
        kept = {slot.id: slot.places for slot in share}
    mine = [slot for slot in found if slot.session_id == session.pk]
    return [slot._replace(places=slot.places + kept.get(slot.id, 0)) for slot in mine]


def most_people(now: datetime) -> int:
    return rules(NUMBERS, hall=None, day=civil.city_date(now))["group_max"]


def times_by_link(
    request: HttpRequest,
    *,
    token: str,
    matter: Matter,
    people: int,
    now: datetime,
    errors: Iterable[str] = (),
    status: int = 409,
) -> HttpResponse | None:
    """The page of the session's times; None when the link is over or does not lead there."""
    try:
        link = link_of(token)
    except NotFound:
        return None
    if is_over(link, now) or matter not in served(link.session):
        return None
    offered = times_of(link, matter, people=people, now=now)
    times: tuple[Times, ...] = tuple(
        by_date(offered, link.session.service_day, 0, few_places(now))
    )  # fmt: skip
    context = {
        "invitation": invitation(link, now),
        "matter": matter,
        "people": people,
        "numbers": [(n, saying.people_words(n)) for n in range(1, most_people(now) + 1)],
        "bring": matter.materials.filter(kind="bring").order_by("position", "pk"),
        "times": times,
        "any_free": any(slot.places > 0 for slot in offered),
        "errors": list(errors),
        "address": reverse("appointments:outreach_times", args=[token, matter.code]),
        "invited": reverse("appointments:outreach", args=[token]),
    }
    return render(request, "appointments/outreach/times.html", context, status=status)


def fill_of(link: SessionLink) -> Fill:
    """How full the link's share is, and who came by it; numbers only."""
    came = Booking.objects.filter(group__link=link, state__in=Booking.HOLDING)
    by_slot = dict(
        came.values("slot").annotate(n=Count("id_index", distinct=True)).values_list("slot", "n")
    )
    slots = list(link.session.slots.order_by("starts_at", "pk"))
    is_mine = link.reserved_percent > 0
    times = [
        FilledTime(
            saying.clock(slot.starts_at),
            by_slot.get(slot.pk, 0),
            slot.reserved_quota if is_mine else 0,
            slot.reserved_taken if is_mine else 0,
        )
        for slot in slots
    ]
    kept, taken = sum(one.kept for one in times), sum(one.kept_taken for one in times)
    minutes = min((matter.minutes for matter in served(link.session)), default=0)
    room = sum((one.kept - one.kept_taken) // minutes for one in times) if minutes else 0
    share = round(100 * taken / kept) if kept else None
    return Fill(times, sum(by_slot.values()), share, room)


def address_of(link: SessionLink) -> str:
    """What the poster's code leads to."""
    return settings.SITE_URL + reverse("appointments:outreach", args=[link.token])


def kept_words(link: SessionLink) -> str:
    """What is kept by the link and until when, in a sentence."""
    if not link.reserved_percent:
        return _("Keeps no share: whoever comes by it books among all others.")
    facts = {"percent": link.reserved_percent}
    if link.released_at:
        return (
            _("Kept %(percent)s %% of the online minutes; what was left is for everyone.") % facts
        )
    when = saying.when(link.releases_at) if link.releases_at else ""
    return _("Keeps %(percent)s %% of the online minutes until %(when)s.") % {**facts, "when": when}


def links_of(session: HallSession) -> list[SessionLink]:
    """The session's links with how many people booked by each (`people`), newest first."""
    booked = Q(groups__bookings__state__in=Booking.HOLDING)
    people = Count("groups__bookings__id_index", filter=booked, distinct=True)
    return list(session.links.annotate(people=people).order_by("-pk"))


def people_words(people: int) -> str:
    said = ngettext("%(n)s person booked by it", "%(n)s people booked by it", people)
    return said % {"n": people}
