"""Holding and confirming places. Rows C1, C7, C11, C12."""

from datetime import date, time, timedelta

import pytest
from django.db import connection

from appointments.booking import (
    AgeNotFitting,
    AlreadyBooked,
    Attendee,
    GuardianMissing,
    NotReleased,
    PersonNotOnline,
    SamePersonTwice,
    SlotFull,
    SlotGone,
    TooManyPeople,
    VisitThatDay,
    hold,
    same_matter_first,
)
from appointments.claiming import CLAIM
from appointments.confirming import HoldExpired, confirm, find
from appointments.models import Booking, BookingEvent
from appointments.offering import availability, slots_of
from appointments.sealing import unseal
from config.refusals import NotFound
from tests.conftest import DAY, NOON, PHONE, a_person, an_id, make_session, slot_at

State = Booking.State


def hold_for(slot, matter, people, **more):
    now = more.pop("now", NOON)
    phone = more.pop("phone", PHONE)
    return hold(slot_id=slot.pk, matter=matter, people=people, phone=phone, now=now, **more)


def test_a_hold_takes_the_minutes_of_the_matter(session, renewal):
    slot = slot_at(session, 14)

    held = hold_for(slot, renewal, [a_person(1)])

    slot.refresh_from_db()
    assert slot.online_taken == renewal.minutes
    assert held.bookings[0].hold_expires_at == NOON + timedelta(minutes=15)


def test_a_family_has_a_booking_each_side_by_side(session, renewal):  # C11
    slot = slot_at(session, 14)

    held = hold_for(slot, renewal, [a_person(n) for n in (1, 2, 3)])

    bookings = Booking.objects.filter(group_id=held.group_id)
    assert len({one.reference for one in held.bookings}) == 3
    assert {b.slot_id for b in bookings} == {slot.pk}


def test_a_family_may_spill_into_the_adjacent_slot(hall, windows, renewal):  # C11
    session = make_session(hall, windows, online=12)
    slot = slot_at(session, 14)

    held = hold_for(slot, renewal, [a_person(n) for n in (1, 2, 3)])

    starts = sorted(b.starts_at for b in held.bookings)
    assert starts == [slot.starts_at, slot.starts_at, slot.ends_at]


def test_a_family_is_held_together_or_not_at_all(hall, windows, renewal):  # C11
    session = make_session(hall, windows, online=6)
    slot = slot_at(session, 14)

    with pytest.raises(SlotFull):
        hold_for(slot, renewal, [a_person(n) for n in (1, 2, 3)])

    slot.refresh_from_db()
    assert (slot.online_taken, Booking.objects.count()) == (0, 0)


def test_a_full_slot_is_refused(hall, windows, renewal):
    slot = slot_at(make_session(hall, windows, online=6), 14)
    hold_for(slot, renewal, [a_person(1)])

    with pytest.raises(SlotFull):
        hold_for(slot, renewal, [a_person(2)], phone="+8613900139000")


def test_a_person_has_one_open_booking_per_matter(session, renewal, book):
    book(slot_at(session, 14), person=1)

    with pytest.raises(AlreadyBooked):
        hold_for(slot_at(session, 15), renewal, [a_person(1)])


def test_whichever_constraint_breaks_first_the_matter_is_told(session, renewal, book):
    """A restored database asks for one visit a day before it asks for one booking a matter.

    Mutant: the refusal of the constraint that broke."""
    booking = book(slot_at(session, 14), person=1)
    asked = [(bytes(booking.id_index), renewal.pk)]

    assert isinstance(same_matter_first(VisitThatDay(), asked), AlreadyBooked)
    booking.state = State.CANCELLED
    booking.save(update_fields=["state"])
    assert isinstance(same_matter_first(VisitThatDay(), asked), VisitThatDay)


def test_ones_own_unfinished_hold_never_stands_in_the_way(session, renewal):
    first = hold_for(slot_at(session, 14), renewal, [a_person(1)])

    hold_for(slot_at(session, 15), renewal, [a_person(1)])

    old = Booking.objects.get(reference=first.bookings[0].reference)
    assert old.state == State.EXPIRED
    assert slot_at(session, 14).returning.get().booking == old


def test_anothers_hold_of_the_same_person_stands_and_is_not_told(session, renewal):
    hold_for(slot_at(session, 14), renewal, [a_person(1)])

    with pytest.raises(PersonNotOnline):
        hold_for(slot_at(session, 15), renewal, [a_person(1)], phone="+8613900139000")


def test_nobody_books_the_same_person_twice_in_a_group(session, renewal):
    with pytest.raises(SamePersonTwice):
        hold_for(slot_at(session, 14), renewal, [a_person(1), a_person(1)])


def test_five_people_are_too_many(session, renewal):
    with pytest.raises(TooManyPeople):
        hold_for(slot_at(session, 14), renewal, [a_person(n) for n in range(5)])


def test_a_child_comes_with_a_guardian(session, first_minor):  # C12
    child = an_id(7, born="20190601")

    with pytest.raises(GuardianMissing):
        hold_for(slot_at(session, 14), first_minor, [Attendee("陈一", child)])
    held = hold_for(slot_at(session, 14), first_minor, [Attendee("陈一", child, "陈小宁")])

    sealed = Booking.objects.get(reference=held.bookings[0].reference).guardian_sealed
    assert unseal(sealed, purpose="name") == "陈小宁"


def test_a_child_comes_with_a_guardian_for_any_matter(session, renewal):  # C12
    child = Attendee("陈一", an_id(7, born="20190601"))

    with pytest.raises(GuardianMissing):
        hold_for(slot_at(session, 14), renewal, [child])


def test_an_adult_does_not_book_a_childs_matter(session, first_minor):
    with pytest.raises(AgeNotFitting):
        hold_for(slot_at(session, 14), first_minor, [a_person(1)])


@pytest.mark.parametrize("hour", [9, 11])
def test_a_slot_that_began_is_gone(session, renewal, hour):
    with pytest.raises(SlotGone):
        hold_for(slot_at(session, hour), renewal, [a_person(1)])


def test_a_slot_before_its_release_is_refused(session, renewal):
    session.slots.update(booking_opens_at=NOON + timedelta(hours=1))

    with pytest.raises(NotReleased):
        hold_for(slot_at(session, 14), renewal, [a_person(1)])


def test_a_day_beyond_the_horizon_is_refused(hall, windows, renewal):
    far = make_session(hall, windows, day=DAY + timedelta(days=15))

    with pytest.raises(SlotGone):
        hold_for(slot_at(far, 14), renewal, [a_person(1)])


def test_confirming_twice_changes_nothing(session, renewal, book):
    booking = book(slot_at(session, 14))

    confirm(booking=booking, now=NOON)

    assert BookingEvent.objects.filter(booking=booking, kind="confirmed").count() == 1


def test_an_expired_hold_cannot_be_confirmed(session, renewal):
    held = hold_for(slot_at(session, 14), renewal, [a_person(1)]).bookings[0]

    with pytest.raises(HoldExpired):
        confirm(booking=find(held.reference, held.secret), now=NOON + timedelta(minutes=15))


def test_a_wrong_secret_and_an_absent_booking_look_the_same(session, renewal, book):
    booking = book(slot_at(session, 14))

    for reference, secret in [(booking.reference, "x"), ("NOSUCH22", "x"), ("a\x00b", "x")]:
        with pytest.raises(NotFound):
            find(reference, secret)


def test_names_and_numbers_are_kept_sealed(session, renewal, book):  # C33
    book(slot_at(session, 14), person=1)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT b::text || g::text FROM appointments_booking b, appointments_bookinggroup g"
        )
        kept = cursor.fetchone()[0]
    assert "陈小宁" not in kept
    assert an_id(1).number not in kept
    assert PHONE not in kept


def test_a_night_session_is_booked_under_one_service_day(hall, windows, renewal, book):  # C1
    night = make_session(hall, windows, opens=time(18, 30), closes=time(0, 30))

    booking = book(slot_at(night, 0))

    assert booking.service_day == DAY
    assert booking.starts_at.date() == DAY  # in UTC; the wall shows the next day


@pytest.mark.parametrize("people", [1, 2, 3, 4])
def test_a_day_shown_free_is_bookable(hall, windows, renewal, people):
    make_session(hall, windows, online=12)

    day = availability(matter=renewal, first=DAY, days=1, people=people, now=NOON)[0]
    offered = slots_of(hall=hall, matter=renewal, day=DAY, people=people, now=NOON)

    assert day.places == sum(slot.places for slot in offered) > 0
    assert day.first_slot_id == next(slot.id for slot in offered if slot.places)
    party = [a_person(n) for n in range(people)]
    held = hold(slot_id=day.first_slot_id, matter=renewal, people=party, phone=PHONE, now=NOON)
    assert len(held.bookings) == people


def test_a_day_shown_full_is_not_bookable(hall, windows, renewal):
    make_session(hall, windows, online=5)

    assert availability(matter=renewal, first=DAY, days=1, now=NOON)[0].places == 0


def test_a_matter_that_nobody_serves_is_not_offered(hall, windows, pickup):
    session = make_session(hall, windows[:2])

    assert availability(matter=pickup, first=DAY, days=1, now=NOON) == []
    with pytest.raises(SlotFull):
        hold_for(slot_at(session, 14), pickup, [a_person(1)])


def test_horizon_is_a_rule_with_a_date(hall, windows, renewal):
    from windows.models import Rule

    make_session(hall, windows, day=DAY + timedelta(days=3))
    Rule.objects.create(name="horizon_days", value=2, effective_on=date(2027, 3, 1))

    assert availability(matter=renewal, first=DAY, days=10, now=NOON) == []


def test_the_claim_is_one_statement(session, renewal, django_assert_num_queries):
    slot = slot_at(session, 14)
    people = [a_person(1)]
    # The rules, the locks, the limits, the claim; savepoints and transaction around them.
    with django_assert_num_queries(8) as queries:
        hold_for(slot, renewal, people)

    claims = [q for q in queries.captured_queries if "UPDATE windows_slot" in q["sql"]]
    assert len(claims) == 1
    assert CLAIM["online"].count("UPDATE") == 1
