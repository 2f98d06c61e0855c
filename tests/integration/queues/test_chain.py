"""Several matters in one visit, at the windows. # C27"""

from datetime import timedelta

import pytest

from appointments.invariants import holds
from queues.calling import call_next, finish, park, start, transfer
from queues.issuing import issue
from queues.models import Ticket
from tests.conftest import NOON, make_staff
from windows.shifts import sign_in

pytestmark = pytest.mark.django_db


def minutes(n: float) -> timedelta:
    return timedelta(minutes=n)


@pytest.fixture
def visit(hall, session):
    """A number for a visit of several matters, booked for half past twelve."""

    def given(first, *then, at=NOON + minutes(30), **more) -> Ticket:
        return issue(
            hall=hall, session=session, matter=first, then=[matter.pk for matter in then],
            source="booking", rank_at=at, booked_for=at, now=NOON, **more,
        )  # fmt: skip

    return given


@pytest.fixture
def desks(windows, clerks, session):
    """Windows 1 and 2 renew only; window 3 serves everything. Each has its clerk."""
    for window, clerk in zip(windows, clerks, strict=True):
        sign_in(staff=clerk, window=window, now=NOON)
    return list(zip(windows, clerks, strict=True))


def called_at(desk, now=NOON + minutes(40)) -> Ticket:
    window, clerk = desk
    return call_next(window=window, staff=clerk, now=now)


def kinds(ticket: Ticket) -> list[str]:
    return list(ticket.events.order_by("pk").values_list("kind", flat=True))


def test_a_window_that_serves_the_next_matter_goes_on_with_it(visit, desks, renewal, pickup):
    visit(renewal, pickup)
    _window, clerk = desks[2]
    ticket = called_at(desks[2])
    start(ticket=ticket, staff=clerk, now=NOON + minutes(41))

    goes_on = finish(ticket=ticket, staff=clerk, now=NOON + minutes(47))

    assert (goes_on.state, goes_on.matter, goes_on.then) == ("serving", pickup, [])
    assert goes_on.started_at == NOON + minutes(47)
    over = finish(ticket=goes_on, staff=clerk, now=NOON + minutes(50))
    assert (over.state, over.finished_at) == ("finished", NOON + minutes(50))
    assert kinds(over) == ["issued", "called", "started", "continued", "finished"]
    assert over.events.get(kind="continued").facts == {"done": renewal.pk}
    assert over.calls.count() == 1


def test_another_window_calls_the_same_number_in_its_old_place(visit, desks, renewal, pickup):
    first = visit(renewal, pickup)
    visit(pickup, at=NOON + minutes(35))
    ticket = called_at(desks[0])

    waits = finish(ticket=ticket, staff=desks[0][1], now=NOON + minutes(46))

    assert (waits.state, waits.matter, waits.window) == ("waiting", pickup, None)
    assert waits.rank_at == first.rank_at
    again = called_at(desks[2], NOON + minutes(47))
    assert (again.pk, again.label, again.round) == (first.pk, "A001", 2)
    over = finish(ticket=again, staff=desks[2][1], now=NOON + minutes(50))
    assert (over.state, over.started_at) == ("finished", NOON + minutes(47))
    assert holds(NOON) == []


def test_three_matters_at_one_window_are_three_presses(visit, desks, renewal, pickup, first_minor):
    visit(renewal, pickup, first_minor)
    ticket = called_at(desks[2])

    states = []
    for n in range(3):
        ticket = finish(ticket=ticket, staff=desks[2][1], now=NOON + minutes(45 + n))
        states.append((ticket.state, ticket.matter.code))

    assert states == [
        ("serving", "PICKUP"),
        ("serving", "FIRST_MINOR"),
        ("finished", "FIRST_MINOR"),
    ]


def test_parked_and_transferred_visits_keep_what_follows(visit, desks, renewal, pickup):
    visit(renewal, pickup)
    ticket = called_at(desks[0])

    parked = park(ticket=ticket, staff=desks[0][1], now=NOON + minutes(41))

    assert parked.then == [pickup.pk]
    visit(renewal, pickup)
    other = called_at(desks[1])
    assert transfer(ticket=other, staff=desks[1][1], now=NOON + minutes(42)).then == [pickup.pk]


class TestAccessibleWindows:
    """Who cannot use every window is called by one that fits. # C12"""

    @pytest.fixture(autouse=True)
    def third_is_accessible(self, windows):
        windows[2].is_accessible = True
        windows[2].save(update_fields=["is_accessible"])

    def test_the_accessible_window_calls_while_it_is_open(self, visit, desks, renewal):
        wheelchair = visit(renewal, needs_accessible=True)
        behind = visit(renewal, at=NOON + minutes(35))

        assert called_at(desks[0]) == behind
        assert called_at(desks[2]) == wheelchair

    @pytest.mark.parametrize("why", ["nobody is there", "paused", "serves something else"])
    def test_any_window_calls_when_no_accessible_one_can(
        self, why, visit, windows, clerks, session, renewal
    ):
        wheelchair = visit(renewal, needs_accessible=True)
        sign_in(staff=clerks[0], window=windows[0], now=NOON)
        if why != "nobody is there":
            shift = sign_in(staff=clerks[2], window=windows[2], now=NOON)
            shift.is_paused = why == "paused"
            shift.save(update_fields=["is_paused"])
        if why == "serves something else":
            windows[2].matters.remove(renewal)

        assert called_at((windows[0], clerks[0])) == wheelchair

    def test_another_halls_window_does_not_count(
        self, visit, windows, clerks, session, renewal, other_hall
    ):
        far = other_hall.windows.create(number=1, is_accessible=True)
        far.matters.add(renewal)
        sign_in(staff=make_staff("far", other_hall, "clerk"), window=far, now=NOON)
        wheelchair = visit(renewal, needs_accessible=True)
        sign_in(staff=clerks[0], window=windows[0], now=NOON)

        assert called_at((windows[0], clerks[0])) == wheelchair

    def test_the_green_channel_too_goes_to_the_accessible_window(self, visit, desks, renewal):
        urgent = visit(renewal, needs_accessible=True, priority="disabled")
        behind = visit(renewal, at=NOON + minutes(35))

        assert [called_at(desks[0]), called_at(desks[2])] == [behind, urgent]
