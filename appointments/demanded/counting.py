"""Counting a hall's service day from its bookings, numbers, searches and waiting list."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.db.models import F, Q, QuerySet

from appointments.demanded.hours import hour_of
from appointments.demanded.sharing import shared
from appointments.demanded.vain import IN_VAIN, Offers, unmet_of_day, waited
from appointments.models import Booking, DemandFact, WaitEntry
from queues.models import Ticket
from windows.models import Hall, HallSession, Matter, Slot

What = DemandFact.What
ONLINE, WALK_IN, KIOSK = "online", "walkin", "kiosk"
NEVER_CONFIRMED = Q(confirmed_at=None, state__in=["held", "expired", "cancelled", "withdrawn"])
MOST_PEOPLE, MOST_MINUTES = 100_000, 5_000_000  # demand_fact_sensible


class Key(NamedTuple):
    """What a fact is about, within a hall's service day."""

    matter_id: int
    hour: int
    kind: str
    channel: str
    what: str


@dataclass
class Count:
    people: int = 0
    minutes: int = 0
    is_spread: bool = False

    def add(self, people: int, minutes: int) -> None:
        self.people = min(self.people + people, MOST_PEOPLE)
        self.minutes = min(self.minutes + minutes, MOST_MINUTES)


Counts = dict[Key, Count]


def counted(hall: Hall, day: date, offers: Offers) -> Counts:
    """Everything that the day asked for; what is zero is left out."""
    found = recorded(hall, day)
    for key, people, minutes in _without_hour(hall, day, offers):
        one = found[key]
        one.is_spread = True
        one.add(people, minutes)
    return {key: one for key, one in found.items() if one.people}


def recorded(hall: Hall, day: date) -> Counts:
    """What bookings and numbers say: each with its hour."""
    found: Counts = defaultdict(Count)
    for key, minutes in [*_of_bookings(hall, day), *_of_tickets(hall, day)]:
        found[key].add(1, minutes)
    return found


def bookings_of(hall: Hall, day: date) -> QuerySet[Booking]:
    """Those that were made; a hold that ended unconfirmed asked, and let go by itself."""
    return Booking.objects.filter(hall=hall, service_day=day).exclude(NEVER_CONFIRMED)


def walk_ins_of(hall: Hall, day: date) -> QuerySet[Ticket]:
    """Who came without a booking; another number of the same person is not another person."""
    came = Ticket.objects.filter(hall=hall, service_day=day, source=Ticket.Source.WALK_IN)
    return came.filter(came_from=None)


def _of_bookings(hall: Hall, day: date) -> Iterator[tuple[Key, int]]:
    names = ("matter_id", "starts_at", "slot__session__kind", "channel", "state", "minutes")
    ends = {Booking.State.CANCELLED: What.CANCELLED, Booking.State.NO_SHOW: What.NO_SHOW}
    for matter_id, at, kind, channel, state, minutes in bookings_of(hall, day).values_list(*names):
        key = Key(matter_id, hour_of(at, day), kind, channel, What.BOOKED.value)
        yield key, minutes
        if state in ends:
            yield key._replace(what=ends[state].value), minutes


def _of_tickets(hall: Hall, day: date) -> Iterator[tuple[Key, int]]:
    """Who came before the doors opened counts in the first hour."""
    names = ("matter_id", "issued_at", "session__starts_at", "session__kind", "matter__minutes")
    for matter_id, at, opens, kind, minutes in walk_ins_of(hall, day).values_list(*names):
        hour = hour_of(max(at, opens), day)
        yield Key(matter_id, hour, kind, WALK_IN, What.WALKED_IN.value), minutes


@dataclass(frozen=True)
class _Stretch:
    """What the slots of an hour offered."""

    hour: int
    kind: str
    online: int
    walk_in: int
    matter_ids: tuple[int, ...]


def _without_hour(hall: Hall, day: date, offers: Offers) -> Iterator[tuple[Key, int, int]]:
    """Searches and waiting people, shared out over the hours that serve their matter: as the
    online quota was, at the kiosk as the minutes for walk-ins."""
    stretches = list(_stretches(hall, day))
    lengths = dict(Matter.objects.values_list("pk", "minutes"))
    for (matter_id, channel, what), people in _asked(hall, day, offers).items():
        for stretch, some in _over_hours(people, matter_id, channel, stretches):
            key = Key(matter_id, stretch.hour, stretch.kind, channel, what)
            yield key, some, some * lengths[matter_id]


def _asked(hall: Hall, day: date, offers: Offers) -> dict[tuple[int, str, str], int]:
    found: dict[tuple[int, str, str], int] = defaultdict(int)
    for matter_id, channel, people in unmet_of_day(hall, day, offers):
        what = What.KIOSK if channel == KIOSK else What.SEARCHED
        found[matter_id, channel, what.value] += people
    for matter_id, people in waited(hall, day, [WaitEntry.State.BOOKED], offers).items():
        searched = found[matter_id, ONLINE, What.SEARCHED.value]
        found[matter_id, ONLINE, What.SEARCHED.value] = max(searched - people, 0)
    for matter_id, people in waited(hall, day, IN_VAIN, offers).items():
        found[matter_id, ONLINE, What.WAITING.value] += people
    return found


def _over_hours(
    people: int, matter_id: int, channel: str, stretches: list[_Stretch]
) -> Iterable[tuple[_Stretch, int]]:
    serving = [one for one in stretches if not one.matter_ids or matter_id in one.matter_ids]
    there = serving or stretches
    offered = [one.walk_in if channel == KIOSK else one.online for one in there]
    return [
        (one, some) for one, some in zip(there, shared(people, offered), strict=True) if some > 0
    ]


def _stretches(hall: Hall, day: date) -> Iterator[_Stretch]:
    slots = Slot.objects.filter(hall=hall, service_day=day, session__state=HallSession.State.OPEN)
    rows = slots.annotate(kind=F("session__kind"), only=F("session__matter_ids"))
    sums: dict[tuple[int, str, tuple[int, ...]], list[int]] = defaultdict(lambda: [0, 0])
    names = ("starts_at", "kind", "only", "online_quota", "walkin_quota")
    for at, kind, only, online, walk_in in rows.values_list(*names):
        both = sums[hour_of(at, day), kind, tuple(only or ())]
        both[0] += online
        both[1] += walk_in
    for (hour, kind, only), (online, walk_in) in sorted(sums.items()):
        yield _Stretch(hour, kind, online, walk_in, only)
