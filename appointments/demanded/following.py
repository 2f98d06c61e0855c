"""Following a number back: the facts of an hour, and the searches behind what was in vain."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appointments import saying
from appointments.demanded.facts import facts_now
from appointments.demanded.picturing import CHANNELS
from appointments.demanded.vain import IN_VAIN, Offers, shares_of_day, waiting_of_day
from appointments.models import DemandFact, UnmetDemand, VainSearch, WaitEntry
from config import civil
from windows.models import Hall


@dataclass(frozen=True)
class Asked:
    """People who asked in vain on one day, in the same way."""

    asked_on: date
    matter: str
    channel: str
    what: str
    people: int
    counted: int

    @property
    def day(self) -> str:
        return saying.short_day(self.asked_on)


def facts_of(hall: Hall, day: date, hour: int | None = None) -> QuerySet[DemandFact]:
    """The day's numbers as they are known today, with their corrections."""
    facts = facts_now([hall.pk], day, day)
    if hour is not None:
        facts = facts.filter(hour=hour)
    named = facts.select_related("matter", "by", "corrects")
    return named.order_by("hour", "matter", "what", "channel", "kind")


def asked_in_vain(hall: Hall, day: date) -> list[Asked]:
    """Who asked for that day in vain, by the day of asking, the latest first."""
    found = [*_looked(hall, day), *_searched(hall, day), *_waiting(hall, day)]
    return sorted(found, key=lambda one: (one.asked_on, one.people), reverse=True)


def _looked(hall: Hall, day: date) -> Iterator[Asked]:
    looked = UnmetDemand.objects.filter(hall=hall, service_day=day).select_related("matter")
    for one in looked:
        what = _("Looked at this day in this hall: full")
        yield Asked(one.asked_on, one.matter.name, _channel("online"), what, one.count, one.count)


def _searched(hall: Hall, day: date) -> Iterator[Asked]:
    for search, counted in shares_of_day(hall, day, Offers()):
        if search.channel == VainSearch.Channel.KIOSK:
            what = _("Asked at the kiosk: no number was given")
        else:
            what = _search_words(search)
        matter, channel = search.matter.name, _channel(search.channel)
        yield Asked(search.asked_on, matter, channel, what, search.count, counted)


def _search_words(search: VainSearch) -> str:
    days = {
        "first": saying.short_day(search.first_day),
        "last": saying.short_day(search.last_day),
    }
    if not search.halls:
        return _("Searched the whole city from %(first)s to %(last)s") % days
    n = len(search.halls.split(","))
    return ngettext(
        "Searched %(n)s hall from %(first)s to %(last)s",
        "Searched %(n)s halls from %(first)s to %(last)s",
        n,
    ) % {"n": n, **days}


def _waiting(hall: Hall, day: date) -> Iterator[Asked]:
    entries: list[tuple[WaitEntry, int]] = waiting_of_day(hall, day, IN_VAIN, Offers())
    for entry, counted in entries:
        people: Any = entry.size  # type: ignore[attr-defined]
        asked_on = civil.city_date(entry.made_at)
        what = _("On the waiting list")
        yield Asked(asked_on, entry.matter.name, _channel("online"), what, people, counted)


def _channel(key: str) -> str:
    return str(CHANNELS.get(key, key))
