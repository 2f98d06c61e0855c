"""The end of waiting: days over, booked otherwise, forgotten. # C31"""

from datetime import timedelta

import pytest

from appointments import housekeeping
from appointments.answering_offers import leave
from appointments.models import Message, WaitEntry, WaitOffer, WaitPerson
from appointments.waitlist import end_over
from tests.conftest import DAY, NOON, slot_at
from tests.integration.appointments.waitlist.conftest import (
    COOLED,
    TOMORROW,
    State,
    at,
    come_back,
    fill,
    now_of,
    texts,
)

pytestmark = pytest.mark.django_db


class TestEnd:
    def test_comes_with_the_days_and_is_told_in_the_morning(self, wait):
        entry = wait(1, last=DAY, language="en")

        end_over(now=NOON)
        assert now_of(entry).state == State.WAITING
        end_over(now=at(0, 15, TOMORROW))

        assert now_of(entry).state == State.ENDED
        message = Message.objects.get(kind="waiting", version=2)
        assert message.due_at == at(7, 0, TOMORROW)
        assert "no place came free" in texts("waiting")[-1]
        assert wait(1, now=at(8, 0, TOMORROW), first=TOMORROW).state == State.WAITING

    def test_comes_quietly_for_who_booked_otherwise(self, wait, book, session):
        entry, other = wait(1), wait(2)
        book(slot_at(session, 14), person=1)

        assert end_over(now=NOON) == 1
        assert [now_of(one).state for one in (entry, other)] == [State.BOOKED, State.WAITING]
        assert Message.objects.filter(subject=f"wait:{entry.pk}").count() == 1

    def test_is_forgotten_after_a_month_with_its_people(self, full, wait, book):
        booked = fill(full, book)
        entry = wait(1)
        come_back(booked[3])
        leave(entry=entry, now=NOON + COOLED)
        wait(2)

        housekeeping.forget(now=NOON + timedelta(days=30))
        assert WaitEntry.objects.count() == 2
        housekeeping.forget(now=NOON + timedelta(days=31))

        assert WaitEntry.objects.count() == WaitPerson.objects.count() == 1
        assert WaitOffer.objects.count() == 0
