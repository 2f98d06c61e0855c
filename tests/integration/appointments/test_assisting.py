"""Booking for somebody who has no phone, or cannot do it alone. # C12"""

from datetime import timedelta

import pytest

from appointments.assisting import AnotherName, book_for, cancel_for, look_up, move_for
from appointments.attending import Attendee
from appointments.booking import AlreadyBooked, PersonNotOnline, SlotFull, VisitThatDay, hold
from appointments.invariants import holds
from appointments.models import Booking, Closure, Message, MissedVisit
from appointments.offering import availability, slots_of
from config.refusals import NotFound
from tests.conftest import (
    DAY,
    NOON,
    PHONE,
    a_person,
    an_id,
    make_session,
    make_staff,
    slot_at,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def kept(session):
    """Every slot keeps 12 of its 90 minutes for people whom staff help."""
    session.slots.update(online_quota=48, assisted_quota=12, walkin_quota=30)
    return session


class TestThePlacesOfAssistedBooking:
    def test_are_those_of_the_assisted_quota(self, kept, hall, renewal):
        asked = {"matter": renewal, "now": NOON, "channel": "assisted"}

        slots = slots_of(hall=hall, day=DAY, **asked)
        (day,) = availability(first=DAY, days=1, **asked)

        assert {slot.places for slot in slots} == {2}
        assert day.places == 2 * len(slots)

    def test_are_not_those_of_online_booking(self, kept, hall, renewal):
        slot = slot_at(kept, 14)
        for n in (1, 2):
            hold(
                slot_id=slot.pk, matter=renewal, people=[a_person(n)], phone=PHONE, now=NOON,
                channel="assisted",
            )  # fmt: skip

        online = {
            one.id: one.places for one in slots_of(hall=hall, matter=renewal, day=DAY, now=NOON)
        }
        assisted = slots_of(hall=hall, matter=renewal, day=DAY, now=NOON, channel="assisted")

        assert online[slot.pk] == 8
        assert {one.id: one.places for one in assisted}[slot.pk] == 0


@pytest.fixture
def agent(db):
    return make_staff("agent", None, "agent")


def book(by, slot, matter, *, person=1, phone=None, **about):
    people = [Attendee("陈小宁", an_id(person), **about)]
    return book_for(slot_id=slot.pk, matter=matter, people=people, phone=phone, by=by, now=NOON)


def journal(booking) -> list[tuple]:
    return list(booking.events.order_by("pk").values_list("kind", "by__username"))


class TestBookingForSomebody:
    def test_is_promised_at_once_without_a_phone(self, kept, guide, renewal):
        (booking,) = book(guide, slot_at(kept, 14), renewal)

        assert (booking.state, booking.channel) == ("confirmed", "assisted")
        assert booking.group.phone_sealed is None
        assert booking.group.phone_index is None
        assert journal(booking) == [("held", "guide"), ("confirmed", "guide")]
        assert not Message.objects.exists()
        assert holds(NOON) == []

    def test_with_a_phone_is_written_to(self, kept, guide, renewal):
        (booking,) = book(guide, slot_at(kept, 14), renewal, phone=PHONE)

        assert Message.objects.filter(booking=booking, kind="confirmed").count() == 1

    def test_takes_from_the_assisted_quota_until_it_is_used_up(self, kept, guide, renewal):
        slot = slot_at(kept, 14)
        book(guide, slot, renewal, person=1)
        book(guide, slot, renewal, person=2)

        with pytest.raises(SlotFull):
            book(guide, slot, renewal, person=3)
        slot.refresh_from_db()
        assert (slot.online_taken, slot.assisted_taken) == (0, 12)

    def test_a_guide_books_in_the_own_hall_an_agent_anywhere(
        self, kept, other_hall, agent, guide, renewal
    ):
        window = other_hall.windows.create(number=1)
        window.matters.add(renewal)
        elsewhere = make_session(other_hall, [window])
        elsewhere.slots.update(online_quota=18, assisted_quota=12)
        slot = slot_at(elsewhere, 14)

        with pytest.raises(NotFound):
            book(guide, slot, renewal)
        (booking,) = book(agent, slot, renewal)
        assert booking.hall == other_hall

    def test_a_clerk_or_an_auditor_books_for_nobody(self, kept, clerk, renewal):
        auditor = make_staff("auditor", None, "auditor")

        for staff in (clerk, auditor):
            with pytest.raises(NotFound):
                book(staff, slot_at(kept, 14), renewal)

    def test_missed_visits_and_limits_do_not_stop_it(self, kept, guide, renewal, pickup):
        """Online booking closed after missed visits is open at the desk. # C12"""
        absent = book(guide, slot_at(kept, 13), pickup)[0]
        missed = MissedVisit.objects.create(
            booking=absent, id_index=absent.id_index, missed_at=NOON, closed_days=30, most=3,
            counts_until=NOON + timedelta(days=180),
        )  # fmt: skip
        cancel_for(booking=absent, by=guide, now=NOON)
        Closure.objects.create(
            id_index=absent.id_index, missed=missed, begins_at=NOON,
            ends_at=NOON + timedelta(days=30),
        )  # fmt: skip
        people = [a_person(1)]
        slot = slot_at(kept, 14)
        with pytest.raises(PersonNotOnline):
            hold(slot_id=slot.pk, matter=renewal, people=people, phone=PHONE, now=NOON)

        assert book(guide, slot, renewal)[0].state == "confirmed"

    def test_who_is_booked_already_is_told_to_staff(self, kept, guide, renewal):
        book(guide, slot_at(kept, 14), renewal)

        with pytest.raises((AlreadyBooked, VisitThatDay)):
            book(guide, slot_at(kept, 15), renewal)

    def test_family_and_chain_all_or_none(self, kept, guide, renewal, pickup):
        kept.slots.filter(pk__gt=slot_at(kept, 14).pk).update(is_open=False)
        people = [Attendee("陈小宁", an_id(n), matters=(renewal, pickup)) for n in (1, 2)]
        facts = {"matter": renewal, "phone": None, "by": guide, "now": NOON}

        with pytest.raises(SlotFull):
            book_for(slot_id=slot_at(kept, 14).pk, people=people, **facts)

        assert not Booking.objects.exists()


class TestLookingUp:
    def test_finds_the_visit_and_journals_the_look(self, kept, guide, renewal):
        (booking,) = book(guide, slot_at(kept, 14), renewal)

        (found,) = look_up(name="陈小宁", id_number=an_id(1), by=guide, now=NOON)

        assert ([b.pk for b in found.bookings], found.other_name) == ([booking.pk], False)
        assert journal(booking)[-1] == ("seen", "guide")
        assert holds(NOON) == []

    def test_by_the_reference_finds_all_matters_of_the_visit(self, kept, agent, renewal, pickup):
        renew, pick = book(agent, slot_at(kept, 14), renewal, matters=(renewal, pickup))

        (found,) = look_up(name="陈小宁", reference=pick.reference.lower(), by=agent, now=NOON)

        assert [b.pk for b in found.bookings] == [renew.pk, pick.pk]

    def test_nothing_booked_is_nothing_found(self, kept, guide):
        assert look_up(name="陈小宁", id_number=an_id(1), by=guide, now=NOON) == []
        assert look_up(name="陈小宁", reference="NOSUCH22", by=guide, now=NOON) == []

    def test_a_guide_sees_what_a_stranger_booked_with_the_persons_number(
        self, kept, guide, renewal
    ):
        """The person shows the card, and the stranger's booking can be given up."""
        stranger = [Attendee("王二", an_id(1))]
        facts = {"slot_id": slot_at(kept, 14).pk, "matter": renewal, "now": NOON}
        hold(people=stranger, phone="+8613900139000", **facts)

        (found,) = look_up(name="陈小宁", id_number=an_id(1), by=guide, now=NOON)

        assert found.other_name is True
        cancel_for(booking=found.bookings[0], by=guide, now=NOON)
        assert book(guide, slot_at(kept, 15), renewal)[0].state == "confirmed"

    def test_on_the_phone_another_name_is_not_shown(self, kept, agent, guide, renewal):
        (booking,) = book(guide, slot_at(kept, 14), renewal)

        with pytest.raises(AnotherName):
            look_up(name="王二", id_number=an_id(1), by=agent, now=NOON)

        assert journal(booking)[-1] == ("seen", "agent")


class TestActingForThePerson:
    def test_a_whole_visit_is_cancelled_by_staff(self, kept, guide, renewal, pickup):
        visit = book(guide, slot_at(kept, 14), renewal, matters=(renewal, pickup))

        cancel_for(booking=visit[1], by=guide, now=NOON)

        assert set(Booking.objects.values_list("state", flat=True)) == {"cancelled"}
        assert {journal(one)[-1] for one in visit} == {("cancelled", "guide")}
        assert holds(NOON) == []

    def test_a_whole_visit_is_moved_by_staff(self, kept, guide, renewal, pickup):
        visit = book(guide, slot_at(kept, 14), renewal, matters=(renewal, pickup))
        slot = slot_at(kept, 15)

        move_for(booking=visit[0], slot_id=slot.pk, by=guide, now=NOON)

        assert set(Booking.objects.values_list("slot", flat=True)) == {slot.pk}
        assert {journal(one)[-1] for one in visit} == {("moved", "guide")}
        assert holds(NOON) == []

    def test_nobody_moves_into_a_hall_that_is_not_theirs(self, kept, other_hall, guide, renewal):
        (booking,) = book(guide, slot_at(kept, 14), renewal)
        window = other_hall.windows.create(number=1)
        window.matters.add(renewal)
        elsewhere = slot_at(make_session(other_hall, [window]), 14)

        with pytest.raises(NotFound):
            move_for(booking=booking, slot_id=elsewhere.pk, by=guide, now=NOON)
