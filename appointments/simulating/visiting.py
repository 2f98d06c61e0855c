"""Simulated people: they book, change their minds, arrive with a booking or without."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from appointments.arriving import check_in
from appointments.booking import Held, hold
from appointments.cancelling import cancel
from appointments.confirming import confirm, find
from appointments.models import Booking
from appointments.offering import OfferedSlot, slots_of
from appointments.searching_in_vain import record_unmet
from appointments.simulating import people
from appointments.simulating.booked import DEMAND, PARTIES
from config import civil
from queues.issuing import issue_walk_in
from queues.models import Ticket
from windows.models import Hall, Matter

Later = Callable[[float, Callable[[datetime], None]], None]
SHORTEST, LONGEST = 4, 13  # people in line
WITH_BOOKING, GREEN, CONFIRMS = 0.65, 0.03, 0.88
KEPT_TODAY = 5  # places of a slot of today that are left to real visitors
DAYS_AHEAD = [(0, 30), (1, 20), (2, 14), (3, 10), (4, 8), (6, 6), (8, 5), (11, 4), (13, 3)]


@dataclass
class Arrivals:
    """People who come to one hall; more of them when the line is short."""

    hall: Hall
    matters: list[Matter]
    seconds: float
    luck: Random

    def act(self, now: datetime) -> float:
        waiting = Ticket.objects.waiting().filter(hall=self.hall).count()
        if waiting < SHORTEST:
            self._arrive(now)
            return self.luck.uniform(1, 4)
        chance = (LONGEST - waiting) / (LONGEST - SHORTEST)
        if self.luck.random() < chance:
            self._arrive(now)
        return self.luck.uniform(0.5, 1.5) * self.seconds

    def _arrive(self, now: datetime) -> None:
        booking = self._expected(now) if self.luck.random() < WITH_BOOKING else None
        if booking:
            check_in(hall=self.hall, reference=booking.reference, now=now)
            return
        green = self.luck.random() < GREEN
        issue_walk_in(
            hall=self.hall,
            matter=any_matter(self.matters, self.luck),
            priority=Ticket.Priority.ELDERLY if green else "",
            now=now,
            simulated=True,
        )

    def _expected(self, now: datetime) -> Booking | None:
        """Somebody who is due about now; the earliest slots come first."""
        due = Booking.objects.filter(
            hall=self.hall, state=Booking.State.CONFIRMED, group__is_simulated=True,
            service_day__gte=civil.city_date(now) - timedelta(days=1),
            starts_at__gt=now - timedelta(minutes=20),
            starts_at__lt=now + timedelta(minutes=24),
        )  # fmt: skip
        return due.order_by("starts_at", "pk").first()


@dataclass
class Bookers:
    """People who book, all over the city, mostly for the next days."""

    halls: list[Hall]
    matters: list[Matter]
    seconds: float
    later: Later
    luck: Random

    def act(self, now: datetime) -> float:
        hall, matter = self.luck.choice(self.halls), any_matter(self.matters, self.luck)
        ahead = self.luck.choices([d for d, _ in DAYS_AHEAD], [w for _, w in DAYS_AHEAD])[0]
        day = civil.city_date(now) + timedelta(days=ahead)
        size = self.luck.choices([p for p, _ in PARTIES], [w for _, w in PARTIES])[0]
        slots = slots_of(hall=hall, matter=matter, day=day, now=now, people=size)
        left = size + (KEPT_TODAY if ahead == 0 else 0)
        fitting = [slot for slot in slots if slot.places >= left]
        if fitting:
            self._book(self.luck.choice(fitting), matter, size, now)
        elif slots and not any(slot.places for slot in slots):
            record_unmet(hall=hall, matter=matter, day=day, now=now)
        return self.luck.uniform(0.5, 1.5) * self.seconds

    def _book(self, slot: OfferedSlot, matter: Matter, size: int, now: datetime) -> None:
        today = civil.city_date(now)
        party = [people.person(self.luck, matter.code, today).attendee for _ in range(size)]
        held = hold(
            slot_id=slot.id, matter=matter, people=party, phone=people.phone(self.luck), now=now,
            simulated=True,
        )  # fmt: skip
        if self.luck.random() < CONFIRMS:  # the others leave; their hold ends by itself
            self.later(self.luck.uniform(8, 60), lambda at: _confirm(held, at))


def _confirm(held: Held, now: datetime) -> None:
    first = held.bookings[0]
    confirm(booking=find(first.reference, first.secret), now=now)


@dataclass
class Cancellers:
    """People who find that they cannot come, a day or more before."""

    seconds: float
    luck: Random

    def act(self, now: datetime) -> float:
        coming = Booking.objects.filter(
            state=Booking.State.CONFIRMED, group__is_simulated=True,
            service_day__gt=civil.city_date(now),
        )  # fmt: skip
        newest = coming.order_by("-pk").values_list("pk", flat=True).first()
        if newest:
            one = coming.filter(pk__gte=self.luck.randint(1, newest)).order_by("pk").first()
            if one:
                cancel(booking=one, now=now)
        return self.luck.uniform(0.5, 1.5) * self.seconds


def any_matter(matters: list[Matter], luck: Random) -> Matter:
    return luck.choices(matters, [DEMAND.get(matter.code, 1) for matter in matters])[0]
