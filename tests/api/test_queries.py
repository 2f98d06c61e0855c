"""The hot path stays short."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from appointments import lately
from tests.conftest import PHONE, an_id, slot_at

FRAME = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT", "SET ", "PREPARE")


@pytest.fixture(autouse=True)
def _rooms_are_remembered(monkeypatch):
    """A process asks for them once a second, not once a call."""
    monkeypatch.setattr(lately, "slots_behind_rooms", lambda *, now: set())


def asked_of_the_database(call) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        call()
    return [q["sql"] for q in captured.captured_queries if not q["sql"].startswith(FRAME)]


def test_holding_places_takes_at_most_six_queries(anybody, proof, session):
    people = [{"name": "陈小宁", "id_number": an_id(n).number} for n in (1, 2, 3)]
    body = {
        "slot": slot_at(session, 14).pk,
        "matter": "RENEW",
        "people": people,
        "phone": PHONE,
        "proof": proof,
    }
    answers = []

    asked = asked_of_the_database(lambda: answers.append(anybody.post("bookings/", body)))

    assert answers[0].status_code == 201
    assert len(asked) <= 6, asked


def test_a_repeated_call_takes_at_most_three(anybody, proof, session):
    person = {"name": "陈小宁", "id_number": an_id(1).number}
    slot = slot_at(session, 14).pk
    body = {"slot": slot, "matter": "RENEW", "people": [person], "phone": PHONE, "proof": proof}
    anybody.post("bookings/", body, key="mine")

    asked = asked_of_the_database(lambda: anybody.post("bookings/", body, key="mine"))

    assert len(asked) <= 3, asked


def test_what_is_offered_takes_few_queries(anybody, session):
    paths = {
        "matters/": 2,
        "halls/": 1,
        "availability/?matter=RENEW&from=2027-03-04": 3,
        "halls/H01/slots/?matter=RENEW&date=2027-03-04": 4,
    }
    anybody.get("availability/?matter=RENEW&from=2027-03-05")  # a process learns its bound once

    asked = {path: len(asked_of_the_database(lambda p=path: anybody.get(p))) for path in paths}

    assert all(asked[path] <= most for path, most in paths.items()), asked
