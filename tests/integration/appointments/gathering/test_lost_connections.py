"""Connections that are lost and batches that break cost no booking; statements. C7, C11"""

import pytest
from django.db import OperationalError, connection

from appointments import sharing
from appointments.claiming_together import DECIDE, LOCK_ASKING, TAKE
from appointments.models import Booking
from tests.concurrency.asking import nothing_is_broken
from tests.concurrency.ways import body_of, press
from tests.conftest import PHONE, a_person, slot_at
from tests.integration.appointments.gathering.conftest import ask_of, held, phone_of
from windows.models import RequestKey

pytestmark = pytest.mark.django_db(transaction=True)


class Broken:
    """TAKE on a connection that is cut, before its commit or just after it."""

    def __init__(self, times, *, after_commit):
        self.times, self.after_commit = times, after_commit

    def run(self, facts, last):
        if self.after_commit or not self.times:
            TAKE.run(facts, last=last)
        if self.times:
            self.times -= 1
            connection.connection.close()
            raise OperationalError("server closed the connection unexpectedly")


@pytest.mark.parametrize("after_commit", [False, True])
def test_a_lost_connection_is_resolved_by_the_keys(session, renewal, monkeypatch, after_commit):
    """Mutant: without the second attempt, callers are told to come back who
    have their places already."""
    monkeypatch.setattr(sharing, "TAKE", Broken(1, after_commit=after_commit))
    asks = [ask_of(slot_at(session, 14), renewal, n) for n in range(3)]

    sharing.serve_surely(asks)

    assert held(asks) == [0, 1, 2]
    assert {ask.outcome.replayed for ask in asks} == {after_commit}
    told = {one["reference"] for ask in asks for one in ask.outcome.answer["bookings"]}
    assert told == set(Booking.objects.values_list("reference", flat=True))
    assert RequestKey.objects.count() == 3
    nothing_is_broken()


def test_a_database_that_stays_away_is_told(session, renewal, monkeypatch):
    monkeypatch.setattr(sharing, "TAKE", Broken(2, after_commit=False))

    answer = press(body_of(slot_at(session, 14), renewal, [a_person(1)], PHONE))

    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert 1 <= int(answer["Retry-After"]) <= 12
    assert not Booking.objects.exists()


def test_a_killed_backend_costs_no_booking(session, renewal):
    slot = slot_at(session, 14)
    press(body_of(slot, renewal, [a_person(1)], phone_of(1)))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )

    answer = press(body_of(slot, renewal, [a_person(2)], phone_of(2)))

    assert answer.status_code == 201
    assert Booking.objects.count() == 2


def test_a_bug_in_the_batch_leaves_everybody_to_the_other_way(session, renewal, monkeypatch):
    monkeypatch.setattr(sharing, "_share_out", lambda asks, rooms: 1 / 0)

    answer = press(body_of(slot_at(session, 14), renewal, [a_person(1)], PHONE))

    assert answer.status_code == 201
    nothing_is_broken()


def test_statements_are_prepared_once_for_each_connection(session, renewal, settings):
    slot = slot_at(session, 14)
    sharing.serve([ask_of(slot, renewal, 1)])
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements")
        prepared = {name for (name,) in cursor.fetchall()}
    settings.DATABASE_PREPARE = False
    asks = [ask_of(slot, renewal, 2)]

    sharing.serve(asks)

    assert {one.name for one in (LOCK_ASKING, DECIDE, TAKE)} <= prepared
    assert held(asks) == [0]
