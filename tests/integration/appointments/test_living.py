"""The living demo: simulated clerks and people use the real commands, and life goes on."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.db import OperationalError

from appointments.invariants import holds
from appointments.models import Booking, UnmetDemand
from appointments.simulating import visiting
from appointments.simulating.city import clerk_name
from appointments.simulating.clerking import COURTESY, USUAL, Clerk, is_for_people
from appointments.simulating.living import Life, clerks, keep_open, open_until
from appointments.simulating.visiting import KEPT_TODAY, LONGEST, Arrivals, Bookers, Cancellers
from config.refusals import Refusal
from queues.calling import call_next
from queues.issuing import issue_walk_in
from queues.models import Ticket
from tests.conftest import DAY, NOON, make_staff, slot_at
from windows.models import HallSession, Slot, Window
from windows.shifts import sign_in

pytestmark = pytest.mark.django_db


class Fate(Random):
    """Luck whose every chance is the same, and whose waits are the shortest."""

    def __init__(self, chance: float) -> None:
        super().__init__(1)
        self.chance = chance

    def random(self) -> float:
        return self.chance


@pytest.fixture
def later() -> list[Any]:
    return []


@pytest.fixture
def simulated_clerk(hall, windows, session, later):
    def at(window: Window, chance: float, **more: Any) -> Clerk:
        staff = make_staff(clerk_name(hall.code, window.number), hall, "clerk")
        keep = lambda seconds, act: later.append(act)  # noqa: E731
        return Clerk(staff, window, USUAL, keep, Fate(chance), **more)

    return at


def acts(clerk: Clerk, times: int) -> None:
    """The clerk does so many steps, each when it is due."""
    now = NOON
    for _ in range(times):
        now += timedelta(seconds=clerk.act(now))


def walk_in(hall, matter, simulated: bool = True) -> Ticket:
    return issue_walk_in(hall=hall, matter=matter, now=NOON, simulated=simulated)


def test_a_clerk_signs_in_calls_starts_and_finishes(hall, windows, renewal, simulated_clerk):
    ticket = walk_in(hall, renewal)
    acts(simulated_clerk(windows[0], chance=0.99), 4)
    ticket.refresh_from_db()
    assert ticket.state == Ticket.State.FINISHED
    assert holds(NOON + timedelta(hours=1)) == []


def test_a_person_who_does_not_come_is_called_three_times(
    hall, windows, renewal, simulated_clerk, later
):
    ticket = walk_in(hall, renewal)
    acts(simulated_clerk(windows[0], chance=0.0), 5)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.round) == (Ticket.State.MISSED, 3)
    later[0](NOON + timedelta(minutes=5))
    ticket.refresh_from_db()
    assert ticket.state == Ticket.State.WAITING


def test_a_served_person_may_rate(hall, windows, renewal, simulated_clerk, later):
    ticket = walk_in(hall, renewal)
    acts(simulated_clerk(windows[0], chance=0.2), 4)
    later[0](NOON + timedelta(minutes=9))
    assert ticket.ratings.count() == 1


def test_nobody_waits_and_the_clerk_looks_again_soon(windows, simulated_clerk):
    clerk = simulated_clerk(windows[0], chance=0.5)
    clerk.act(NOON)
    assert 0 < clerk.act(NOON) <= 15


def test_a_visitor_is_left_to_the_real_clerk_for_a_while(hall, windows, renewal, clerk, session):
    ticket = walk_in(hall, renewal, simulated=False)
    assert not is_for_people(windows[0], NOON), "nobody real is at a window"
    sign_in(staff=clerk, window=windows[2], now=NOON)
    assert is_for_people(windows[0], NOON)
    assert not is_for_people(windows[0], ticket.rank_at + COURTESY + timedelta(seconds=1))


def test_a_busy_real_clerk_does_not_hold_up_the_hall(hall, windows, renewal, clerk, session):
    walk_in(hall, renewal, simulated=False)
    walk_in(hall, renewal, simulated=False)
    sign_in(staff=clerk, window=windows[2], now=NOON)
    call_next(window=windows[2], staff=clerk, now=NOON)
    assert not is_for_people(windows[0], NOON)


def test_the_simulated_clerk_waits_for_the_real_one(hall, windows, renewal, clerk, simulated_clerk):
    ticket = walk_in(hall, renewal, simulated=False)
    sign_in(staff=clerk, window=windows[2], now=NOON)
    acts(simulated_clerk(windows[0], chance=0.99, beside_people=True), 4)
    ticket.refresh_from_db()
    assert ticket.state == Ticket.State.WAITING


def test_windows_from_three_on_are_free_in_the_first_hall(hall, other_hall, windows):
    for number in (1, 2, 3):
        make_staff(clerk_name(hall.code, number), hall, "clerk")
    other = Window.objects.create(hall=other_hall, number=3)
    make_staff(clerk_name(other_hall.code, 3), other_hall, "clerk")
    found = clerks([hall, other_hall], Life(lambda: NOON, Random(1)))
    assert [one.window for one in found] == [windows[0], windows[1], other]


def test_people_come_while_the_line_is_short_and_stay_away_when_it_is_long(hall, renewal, session):
    arrivals = Arrivals(hall, [renewal], 10, Fate(0.9))
    for _ in range(40):
        arrivals.act(NOON)
    assert 3 <= Ticket.objects.filter(is_simulated=True).count() <= LONGEST


def test_who_is_due_checks_in(hall, renewal, session, book):
    booking = book(slot_at(session, 12, 30), now=NOON - timedelta(hours=1), simulated=True)
    Arrivals(hall, [renewal], 10, Fate(0.1)).act(NOON + timedelta(minutes=10))
    booking.refresh_from_db()
    assert booking.state == Booking.State.ARRIVED


def test_a_real_visitor_is_not_checked_in_by_anybody_else(hall, renewal, session, book):
    booking = book(slot_at(session, 12, 30), now=NOON - timedelta(hours=1))
    Arrivals(hall, [renewal], 10, Fate(0.1)).act(NOON + timedelta(minutes=10))
    booking.refresh_from_db()
    assert booking.state == Booking.State.CONFIRMED


def test_bookers_leave_places_of_today_to_visitors(hall, renewal, session, later, monkeypatch):
    monkeypatch.setattr(visiting, "DAYS_AHEAD", [(0, 1)])
    bookers = Bookers([hall], [renewal], 9, lambda seconds, act: later.append(act), Random(7))
    for _ in range(100):
        bookers.act(NOON)
    slots = Slot.objects.filter(service_day=DAY, starts_at__gt=NOON)
    assert slots.filter(online_taken__gt=0).exists()
    assert all(s.online_quota - s.online_taken >= KEPT_TODAY * renewal.minutes for s in slots)
    for act in later:
        act(NOON + timedelta(seconds=30))
    groups = Booking.objects.filter(state="confirmed").values("group").distinct()
    assert groups.count() == len(later) > 10
    assert holds(NOON) == []


def test_who_finds_nothing_is_counted(hall, renewal, session):
    Slot.objects.update(online_quota=0, walkin_quota=90)
    Bookers([hall], [renewal], 9, lambda seconds, act: None, Fate(0.0)).act(NOON)
    assert UnmetDemand.objects.get().count == 1


def test_cancellers_leave_visitors_alone(session, book):
    booking = book(slot_at(session, 15), now=NOON - timedelta(days=1))
    Cancellers(100, Random(1)).act(NOON - timedelta(days=1))
    booking.refresh_from_db()
    assert booking.state == Booking.State.CONFIRMED


class TestOpeningHours:
    LATE = NOON + timedelta(hours=11)  # 23:00, nothing is planned

    def test_a_hall_is_open_until_its_sessions_break(self, hall, session):
        assert open_until([hall.pk], NOON) == {hall.pk: session.ends_at}
        assert open_until([hall.pk], self.LATE) == {hall.pk: self.LATE}

    def test_the_hall_is_kept_open_at_night_and_not_by_the_half_hour(self, hall, windows):
        for minutes in range(0, 180, 2):
            keep_open([hall], self.LATE + timedelta(minutes=minutes))
        now = self.LATE + timedelta(hours=3)
        assert open_until([hall.pk], now)[hall.pk] >= now + timedelta(hours=4)
        assert HallSession.objects.filter(hall=hall).count() == 1


class TestLife:
    def test_a_refusal_is_an_answer(self):
        def refused(now: object) -> float:
            raise Refusal

        assert Life(lambda: NOON, Random(1))._do(refused)

    @pytest.mark.parametrize("error", [OperationalError("away"), ZeroDivisionError()])
    def test_life_goes_on_after_an_error(self, error, monkeypatch):
        monkeypatch.setattr("appointments.simulating.living.connection.close", lambda: None)
        monkeypatch.setattr("appointments.simulating.living.time.sleep", lambda seconds: None)

        def breaks(now: object) -> float:
            raise error

        assert Life(lambda: NOON, Random(1))._do(breaks)

    def test_what_is_done_once_is_not_done_again(self):
        life, done = Life(lambda: NOON, Random(1)), []

        def refused(now: object) -> None:
            done.append(now)
            raise Refusal

        life.later(0, refused)
        life.soon(0.05, life.stop)
        life.run()
        assert done == [NOON]
