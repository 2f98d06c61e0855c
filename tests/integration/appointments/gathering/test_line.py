"""The line of those who ask: bounded, and served together. C7, C11"""

from threading import Thread

import pytest
from django.db import connection

from appointments import sharing
from appointments.gathering import Line
from appointments.models import Booking
from tests.conftest import slot_at
from tests.integration.appointments.gathering.conftest import ask_of, held

pytestmark = pytest.mark.django_db(transaction=True)


def test_who_does_not_fit_into_the_line_is_told_to_come_back(session, renewal):
    short = Line(most=0)

    assert short.ask(ask_of(slot_at(session, 14), renewal, 1)) is sharing.BUSY
    assert not Booking.objects.exists()


def test_what_waits_is_served_together(session, renewal, monkeypatch):
    batches, serve = [], sharing.serve_surely
    own = Line(most=50)

    def slowly(asks):
        batches.append(len(asks))
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.3)")
        serve(asks)

    monkeypatch.setattr("appointments.gathering.serve_surely", slowly)
    asks = [ask_of(slot_at(session, 14), renewal, n) for n in range(12)]
    threads = [Thread(target=own.ask, args=[ask]) for ask in asks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    own.rest()

    assert held(asks) == list(range(12))
    assert sum(batches) == 12
    assert len(batches) <= 4
    assert own.length == 0
