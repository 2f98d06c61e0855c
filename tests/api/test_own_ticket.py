"""Stepping back over the API, with the ticket's public id alone. Row C17."""

from datetime import timedelta

import pytest

from queues.issuing import issue_walk_in
from queues.models import Ticket
from tests.conftest import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(hall, session, renewal, at_window_3) -> list[Ticket]:
    return [
        issue_walk_in(hall=hall, matter=renewal, now=NOON - timedelta(minutes=9 - n))
        for n in range(5)
    ]


def test_steps_back_by_the_places_that_were_told(anybody, line):
    path = f"tickets/{line[0].public_id}/"
    told = anybody.get(path).json()
    assert told["step_back"] == {"minutes": 10, "places": 2}
    assert told["postponed_at"] is None

    moved = anybody.post(path + "postpone/")

    assert moved.status_code == 200
    assert moved.json()["place"] == told["place"] + 2
    assert moved.json()["step_back"] is None
    assert moved.json()["postponed_at"]


def test_the_same_key_moves_once(anybody, line):
    path = f"tickets/{line[0].public_id}/postpone/"

    answers = [anybody.post(path, key="one") for _ in range(2)]

    assert [one.status_code for one in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize(
    ("place", "state", "code"),
    [(4, "waiting", "nobody_behind"), (0, "void", "not_waiting")],
)
def test_refuses(anybody, line, place, state, code):
    Ticket.objects.filter(pk=line[place].pk).update(state=state)

    answer = anybody.post(f"tickets/{line[place].public_id}/postpone/")

    assert (answer.status_code, answer.json()["code"]) == (409, code)


def test_refuses_a_second_time(anybody, line):
    path = f"tickets/{line[0].public_id}/postpone/"
    anybody.post(path)

    assert anybody.post(path).json()["code"] == "already_postponed"


def test_nobodys_ticket_is_absent(anybody, hall):
    assert anybody.post("tickets/AAAAAAAAAAAAAAAAAAAAAA/postpone/").status_code == 404
