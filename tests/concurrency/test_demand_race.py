"""A day that two write at once, and a number that two correct at once. # C8, C35

Tried with each guard taken away: the closing without ON CONFLICT answers one of the two
with an error of the database; the correction without its lock answers one so as well
(`test_without_its_lock`).
"""

from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from django.db import DatabaseError

from appointments.demanded import correcting
from appointments.demanded.collecting import write_day
from appointments.demanded.correcting import CorrectedAlready, correct_fact
from appointments.models import DayClosing, DemandFact
from tests.conftest import DAY, NOON, race, slot_at

pytestmark = pytest.mark.django_db(transaction=True)
MORNING_AFTER = NOON + timedelta(days=1)


def write(hall):
    return write_day(hall=hall, day=DAY, now=MORNING_AFTER)


def test_one_of_two_writes_the_day(hall, session, book):
    book(slot_at(session, 14))

    wrote = race(*[partial(write, hall)] * 4)

    assert sorted(wrote) == [0, 0, 0, 1]
    assert DemandFact.objects.count() == DayClosing.objects.count() == 1


@pytest.fixture
def fact(hall, session, book) -> DemandFact:
    book(slot_at(session, 14))
    write(hall)
    return DemandFact.objects.get()


def corrections(fact, supervisor):
    def correct(people):
        try:
            return correct_fact(
                fact=fact, people=people, minutes=9, reason="r", by=supervisor, now=MORNING_AFTER
            ).people
        except DatabaseError as error:
            return type(error)

    return race(*(partial(correct, people) for people in (5, 6)))


def test_one_correction_stands_and_the_other_is_told(fact, supervisor):
    answers = corrections(fact, supervisor)

    assert CorrectedAlready in answers
    new = DemandFact.objects.get(corrects=fact)
    assert new.people in answers


def test_without_its_lock_the_other_hears_an_error_of_the_database(fact, supervisor, monkeypatch):
    monkeypatch.setattr(correcting, "_lock", lambda fact: DemandFact.objects.get(pk=fact.pk))
    create, both_have_looked = DemandFact.objects.create, Barrier(2)

    def late(**facts):
        both_have_looked.wait(timeout=30)
        return create(**facts)

    monkeypatch.setattr(DemandFact.objects, "create", late)

    assert CorrectedAlready not in corrections(fact, supervisor)
