"""Who waits and who calls in an afternoon; refusals that change nothing."""

from datetime import timedelta

import pytest

from appointments.invariants import holds
from queues.calling import (
    call_next,
)
from queues.issuing import issue_walk_in
from queues.models import Call, Ticket, TicketEvent
from tests.conftest import NOON, make_session
from windows.models import Break, Shift, Window
from windows.shifts import sign_in


def minutes(n: float) -> timedelta:
    return timedelta(minutes=n)


HOUR = NOON + minutes(60)


@pytest.fixture
def walk_in(hall, session, renewal):
    def arrived(at=NOON, matter=None, **more):
        return issue_walk_in(hall=hall, matter=matter or renewal, now=at, **more)

    return arrived


@pytest.fixture
def call(at_window_3, clerk):
    def called(now=HOUR):
        return call_next(window=at_window_3, staff=clerk, now=now)

    return called


@pytest.fixture
def at_window_1(windows, clerks, session):
    sign_in(staff=clerks[0], window=windows[0], now=NOON)
    return windows[0]


@pytest.fixture
def neighbour(hall, renewal, pickup):
    """Makes the second hall with one window; opens it when asked."""

    def made(other_hall, *, is_open=True):
        window = Window.objects.create(hall=other_hall, number=1)
        window.matters.add(renewal)
        if is_open:
            make_session(other_hall, [window])
        return other_hall

    return made


@pytest.fixture(autouse=True)
def _whole_in_the_end(request, db):
    yield
    assert holds(HOUR) == []


def snapshot():
    """Everything that a refused command must leave as it was."""
    shifts = Shift.objects.order_by("pk").values_list("pk", "staff", "period", "is_paused")
    tickets = Ticket.objects.order_by("pk").values_list(
        "pk", "state", "window", "rank_at", "only_window", "outcome"
    )
    rows = [Call.objects.count(), TicketEvent.objects.count(), Break.objects.count()]
    return [list(shifts), list(tickets), rows]


@pytest.fixture
def refused():
    """The command is refused so, and nothing has changed."""

    def check(refusal, command, **arguments):
        before = snapshot()
        with pytest.raises(refusal) as raised:
            command(**arguments)
        assert snapshot() == before
        return str(raised.value)

    return check
