"""The same people, called by the product and by the twin, in the same order. # C5 C9

Mutant that was seen red: walk-ins rank at their arrival in `twin/drawing.py`, not at the
arrival plus the patience.
"""

from heapq import heappop, heappush

import pytest

from appointments.arriving import check_in
from appointments.booking import hold
from appointments.confirming import confirm, find
from appointments.twin.day import Habits, HourDemand, TwinDay, TwinSlot, lognormal
from appointments.twin.drawing import draw
from appointments.twin.line import play_line
from appointments.twin.reading import minutes_of, staffed_in, windows_from
from queues.calling import NobodyWaiting, call_next, finish
from queues.issuing import issue_walk_in
from queues.models import Ticket
from queues.pacing import learn
from tests.conftest import DAY, a_person
from tests.integration.appointments.twin.days import MIDNIGHT, instant
from windows.shifts import sign_in

pytestmark = pytest.mark.django_db


class RealHall:
    """The commands of the product, driven through a day: whoever is free calls."""

    def __init__(self, hall, windows, clerks) -> None:
        self.hall, self.windows, self.clerks = hall, windows, clerks
        self.events: list = []
        self.idle = {}
        self.called: list[int] = []
        self.who: dict[int, int] = {}
        self.at: dict[int, Ticket] = {}

    def play(self, people, arrive) -> list[int]:
        """`arrive(n, now)` gives the n-th person a number; in the order of the calls."""
        self.people = people
        for n, one in enumerate(people):
            heappush(self.events, (one.arrives, 2, n))
        for n, (window, clerk) in enumerate(zip(self.windows, self.clerks, strict=True)):
            sign_in(staff=clerk, window=window, now=instant(540))
            self.idle[n] = 540.0
            heappush(self.events, (540.0, 0, n))
        while self.events:
            at, what, which = heappop(self.events)
            if what == 2:
                ticket = arrive(which, instant(at))
                self.who[ticket.pk] = which
                if at >= 540:
                    self.offer(at)
            elif what == 1:
                finish(ticket=self.at.pop(which), staff=self.clerks[which], now=instant(at))
                self.idle[which] = at
                self.call(which, at)
            elif which in self.idle:
                self.call(which, at)
        return self.called

    def offer(self, at: float) -> None:
        for place in sorted(self.idle, key=lambda n: (self.idle[n], n)):
            if self.call(place, at):
                return

    def call(self, place: int, at: float) -> bool:
        window, clerk = self.windows[place], self.clerks[place]
        try:
            ticket = call_next(window=window, staff=clerk, now=instant(at))
        except NobodyWaiting:
            return False
        person = self.who[ticket.pk]
        self.called.append(person)
        self.at[place] = ticket
        del self.idle[place]
        heappush(self.events, (at + self.people[person].minutes, 1, place))
        return True


def book_all(drawn, session, matters) -> dict[int, str]:
    """Who of them has a booking, with its reference."""
    booked = {}
    for n, (comer, starts) in enumerate(zip(drawn.comers, drawn.starts.tolist(), strict=True)):
        if starts == starts:
            slot = session.slots.get(starts_at=instant(starts))
            held = hold(
                slot_id=slot.pk, matter=matters[comer.matter], people=[a_person(n)],
                phone=f"+861380013{n:04d}", now=MIDNIGHT,
            ).bookings[0]  # fmt: skip
            confirm(booking=find(held.reference, held.secret), now=MIDNIGHT)
            booked[n] = held.reference
    return booked


def a_morning(hall, matters, asked) -> TwinDay:
    """Two hours of the hall's real windows; `asked`: matter, people online, people who come."""
    return TwinDay(
        slots=tuple(TwinSlot(at, at + 30, 60) for at in range(540, 660, 30)),
        windows=read_windows(hall),
        demand=tuple(
            HourDemand(hour, pk, online=online, walk_in=walk_in)
            for hour in (9, 10)
            for pk, online, walk_in in asked
        ),
        needs={pk: one.minutes for pk, one in matters.items()},
        services={pk: lognormal(one.minutes) for pk, one in matters.items()},
        habits=Habits(green=0.15, offsets=(-29.0, 30.0)),
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_the_twin_calls_in_the_order_of_the_real_hall(
    hall, windows, session, clerks, renewal, pickup, first_minor, seed
):
    """Walk-ins, people who booked and come early or late, and the green channel; one window
    serves matters that the others do not."""
    matters = {one.pk: one for one in (renewal, pickup, first_minor)}
    twin = a_morning(hall, matters, ((renewal.pk, 6, 9), (pickup.pk, 3, 3), (first_minor.pk, 0, 2)))
    drawn = draw(twin, seed=seed, run=0)
    booked = book_all(drawn, session, matters)

    def arrive(n, now):
        comer = drawn.comers[n]
        if n in booked:
            ticket = check_in(hall=hall, reference=booked[n], now=now)
        else:
            green = "elderly" if comer.green else ""
            matter = matters[comer.matter]
            ticket = issue_walk_in(hall=hall, matter=matter, now=now, priority=green)
        assert minutes_of(DAY, ticket.rank_at) == pytest.approx(comer.rank, abs=1e-6)
        return ticket

    really = RealHall(hall, windows, clerks).play(drawn.comers, arrive)
    course = play_line(drawn.comers, twin.windows)

    assert len(booked) > 8
    assert any(one.green for one in drawn.comers)
    assert len(really) == len(drawn.comers) > 30
    assert course.order == really
    by_arrival = sorted(range(len(really)), key=lambda n: drawn.comers[n].arrives)
    assert really != by_arrival


def read_windows(hall):
    sessions = tuple(hall.sessions.filter(service_day=DAY))
    return windows_from(hall, staffed_in(sessions), DAY, learn(hall, DAY))
