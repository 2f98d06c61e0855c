"""Joining the waiting list, and the place in its line. # C31"""

from datetime import timedelta

import pytest

from appointments.answering_offers import leave
from appointments.attending import Attendee
from appointments.booking import AlreadyBooked, PersonNotOnline, TooManyPeople
from appointments.sealing import link_secret, unseal
from appointments.waitlist import (
    AlreadyWaiting,
    DaysNotFitting,
    NoHallChosen,
    before,
    find,
    latest_day,
)
from appointments.withdrawing import withdraw_session
from config.refusals import NotFound
from tests.conftest import DAY, NOON, PHONE, a_person, an_id, slot_at
from tests.integration.appointments.waitlist.conftest import State, texts

pytestmark = pytest.mark.django_db


class TestJoining:
    def test_is_told_with_the_link(self, wait):
        entry = wait(1, language="en")

        assert entry.state == State.WAITING
        assert (
            f"/w/{entry.public_id}/?k={link_secret('waiting', entry.public_id)}"
            in (texts("waiting")[0])
        )
        assert an_id(1).number not in texts("waiting")[0]

    def test_keeps_the_people_sealed_with_what_they_need(self, wait):
        people = [
            Attendee("陈小宁", an_id(1), needs=("time",)),
            Attendee("陈大宁", an_id(2)),
        ]

        entry = wait(people=people)

        assert entry.minutes == 9 + 6
        kept = entry.people.order_by("position")
        assert [unseal(one.name_sealed, purpose="name") for one in kept] == ["陈小宁", "陈大宁"]
        assert unseal(kept[0].needs_sealed, purpose="needs") == "time"

    def test_a_person_waits_once_for_a_matter(self, wait, pickup):
        wait(1)

        wait(1, matter=pickup)
        with pytest.raises(AlreadyWaiting):
            wait(1)

    def test_strangers_are_told_neither_that_one_waits_nor_that_one_has_a_booking(
        self, wait, book, session
    ):
        wait(1)
        book(slot_at(session, 14), person=2)

        for number in (1, 2):
            with pytest.raises(PersonNotOnline) as told:
                wait(number, phone="+8613900139000")
            assert told.value.facts == {}

    def test_nobody_waits_for_what_they_have(self, wait, book, session):
        book(slot_at(session, 14), person=2)

        with pytest.raises(AlreadyBooked):
            wait(2, phone=PHONE)

    @pytest.mark.parametrize(
        ("wish", "refusal"),
        [
            ({"halls": []}, NoHallChosen),
            ({"first": DAY - timedelta(days=1)}, DaysNotFitting),
            ({"first": DAY + timedelta(days=8)}, DaysNotFitting),
            ({"last": latest_day}, DaysNotFitting),
            ({"people": [a_person(n) for n in range(5)]}, TooManyPeople),
        ],
    )
    def test_strange_wishes_are_refused(self, wait, wish, refusal):
        if callable(wish.get("last")):
            wish = {"last": latest_day(NOON) + timedelta(days=1)}

        with pytest.raises(refusal):
            wait(1, **wish)

    def test_it_is_found_by_its_secret_only(self, wait):
        entry = wait(1)

        assert find(entry.public_id, link_secret("waiting", entry.public_id)) == entry
        for public_id, secret in [
            (entry.public_id, "x"),
            (entry.public_id, link_secret("booking", entry.public_id)),
            ("nobody", link_secret("waiting", "nobody")),
            ("\x00", ""),
        ]:
            with pytest.raises(NotFound):
                find(public_id, secret)

    def test_who_lost_a_place_to_the_hall_goes_first(self, wait, book, full, session):
        booking = book(slot_at(full, 14), person=7)
        withdraw_session(session=full, by=None, now=NOON)

        wait(1)
        entry = wait(7, phone=PHONE, now=NOON + timedelta(hours=1))

        assert booking.group_id
        assert (entry.priority, before(entry)) == (1, 0)


class TestPlaceInLine:
    def test_counts_who_stands_before_for_the_same_halls_and_days(self, wait, other_hall):
        wait(1)
        wait(2, halls=[other_hall])
        wait(3, first=DAY + timedelta(days=7))

        assert before(wait(4, last=DAY + timedelta(days=3))) == 1
        assert before(wait(5)) == 3

    def test_does_not_count_who_left(self, wait):
        leave(entry=wait(1), now=NOON)

        assert before(wait(2)) == 0
