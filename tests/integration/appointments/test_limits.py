"""What a person and a phone may book, as rows with a date. Rows C30, C11."""

from datetime import date, timedelta
from functools import partial

import pytest

from appointments.booking import (
    Held,
    OnlineClosed,
    PersonNotOnline,
    TooManyCancelled,
    TooManyForPhone,
    TooManyHolds,
    TooManyVisits,
    VisitThatDay,
    hold,
)
from appointments.cancelling import cancel
from appointments.confirming import confirm, find
from appointments.housekeeping import expire_holds
from appointments.models import Booking, Closure, MissedVisit
from appointments.rescheduling import TooManyChanges, reschedule
from tests.conftest import DAY, NOON, PHONE, a_person, make_session, race, slot_at
from windows.models import Rule

OTHER = "+8613900139000"


def set_rule(name, value, on=date(2027, 1, 1), hall=None):
    Rule.objects.create(name=name, value=value, effective_on=on, hall=hall)


@pytest.fixture
def week(hall, windows):
    return [make_session(hall, windows, day=DAY + timedelta(days=n)) for n in range(6)]


def hold_one(slot, matter, person=1, phone=PHONE, now=NOON):
    return hold(slot_id=slot.pk, matter=matter, people=[a_person(person)], phone=phone, now=now)


def serve(booking):
    Booking.objects.filter(pk=booking.pk).update(state="no_show")


def test_a_person_books_so_many_visits_in_the_days(week, book, renewal):  # C30
    set_rule("person_bookings_most", 2)
    for session in week[:2]:
        serve(book(slot_at(session, 14)))

    with pytest.raises(TooManyVisits):
        hold_one(slot_at(week[2], 14), renewal)
    with pytest.raises(PersonNotOnline):
        hold_one(slot_at(week[2], 14), renewal, phone=OTHER)


def test_what_is_held_counts_as_a_visit(week, renewal, pickup):
    """Mutant: counting confirmed visits alone, one holds any number and confirms them all."""
    set_rule("person_bookings_most", 1)
    hold_one(slot_at(week[0], 14), renewal)

    with pytest.raises(TooManyVisits):
        hold_one(slot_at(week[1], 14), pickup)
    with pytest.raises(PersonNotOnline):
        hold_one(slot_at(week[1], 14), pickup, phone=OTHER)
    assert hold_one(slot_at(week[2], 14), renewal)  # chosen again: another day
    assert hold_one(slot_at(week[2], 15), pickup)  # chosen again: another matter
    later = NOON + timedelta(minutes=16)
    assert hold_one(slot_at(week[3], 15), renewal, now=later)  # the other hold is over


def test_old_visits_count_no_more(week, book, renewal):
    set_rule("person_bookings_most", 1)
    serve(book(slot_at(week[0], 14)))
    Booking.objects.update(made_at=NOON - timedelta(days=31))

    assert hold_one(slot_at(week[1], 14), renewal)


def test_a_later_rule_counts_from_its_day(week, book, renewal):
    """A rule that begins tomorrow does not refuse today."""
    set_rule("person_bookings_most", 1, on=DAY + timedelta(days=1))
    serve(book(slot_at(week[0], 14)))

    assert hold_one(slot_at(week[1], 14), renewal)


def test_who_cancelled_often_comes_without_booking(week, book, renewal):
    for session in week[:3]:
        cancel(booking=book(slot_at(session, 14)), now=NOON)

    with pytest.raises(TooManyCancelled):
        hold_one(slot_at(week[3], 14), renewal)


def test_a_phone_books_for_so_many_people(week, renewal):
    set_rule("phone_people_most", 3)
    people = [a_person(n) for n in (1, 2, 3)]
    hold(slot_id=slot_at(week[0], 14).pk, matter=renewal, people=people, phone=PHONE, now=NOON)

    with pytest.raises(TooManyForPhone):
        hold_one(slot_at(week[1], 14), renewal, person=4)
    assert hold_one(slot_at(week[1], 14), renewal, person=4, phone=OTHER)


@pytest.mark.django_db(transaction=True)
def test_a_phone_in_many_tabs_stays_within_its_limit(session, renewal):
    """Mutant: without `lock_people` every tab counts before the others have booked."""
    set_rule("phone_people_most", 3)
    slot = slot_at(session, 14)

    outcomes = race(*[partial(hold_one, slot, renewal, person=n) for n in range(10)])

    assert sum(isinstance(one, Held) for one in outcomes) == 3
    assert outcomes.count(TooManyForPhone) == 7


def test_who_lets_holds_go_is_stopped_for_the_day(session, renewal):
    set_rule("phone_holds_most", 2)
    for n in (1, 2):
        hold_one(slot_at(session, 14), renewal, person=n)
    expire_holds(now=NOON + timedelta(minutes=16))

    with pytest.raises(TooManyHolds):
        hold_one(slot_at(session, 14), renewal, person=3, now=NOON + timedelta(minutes=20))
    later = make_session(session.hall, [], day=DAY + timedelta(days=2))
    assert later


def test_a_closed_person_is_told_only_on_the_own_phone(week, book, renewal, supervisor):  # C30
    missed = book(slot_at(week[0], 14))
    serve(missed)
    visit = MissedVisit.objects.create(
        booking=missed, id_index=missed.id_index, missed_at=NOON, most=3, closed_days=30,
        counts_until=NOON + timedelta(days=180),
    )  # fmt: skip
    closure = Closure.objects.create(
        id_index=missed.id_index, missed=visit, begins_at=NOON, ends_at=NOON + timedelta(days=30)
    )

    with pytest.raises(OnlineClosed) as told:
        hold_one(slot_at(week[1], 14), renewal)
    assert "2027-04-03" in str(told.value)
    with pytest.raises(PersonNotOnline):
        hold_one(slot_at(week[1], 14), renewal, phone=OTHER)
    closure.lifted_at, closure.lifted_by = NOON, supervisor
    closure.save()
    assert hold_one(slot_at(week[1], 14), renewal)


def test_staff_book_beyond_the_limits(week, book, renewal, guide):  # C12
    set_rule("person_bookings_most", 1)
    serve(book(slot_at(week[0], 14)))
    week[1].slots.update(online_quota=60, assisted_quota=30)

    held = hold(
        slot_id=slot_at(week[1], 14).pk, matter=renewal, people=[a_person(1)], phone=None,
        now=NOON, channel="assisted", by_id=guide.pk, limited=False,
    )  # fmt: skip

    assert Booking.objects.get(reference=held.bookings[0].reference).group.phone_sealed is None


def test_one_visit_a_day(session, book, pickup):
    book(slot_at(session, 14))

    with pytest.raises(VisitThatDay):
        hold_one(slot_at(session, 16), pickup)


@pytest.mark.django_db(transaction=True)
def test_two_matters_at_once_are_one_visit_and_no_deadlock(session, renewal, pickup):
    """Two tabs, two matters: the exclusion constraint lets one through.

    Mutant: without `lock_people` both insert, each waits for the other, and PostgreSQL
    ends one of them as a deadlock.
    """
    slots = [slot_at(session, 14), slot_at(session, 16)]
    for n in range(5):
        person = {"person": n, "phone": f"+86138001380{n:02d}"}
        outcomes = race(
            partial(hold_one, slots[0], renewal, **person),
            partial(hold_one, slots[1], pickup, **person),
        )
        assert sum(isinstance(one, Held) for one in outcomes) >= 1
        assert Booking.objects.filter(state="held", position=1).count() == n + 1


def test_a_time_is_changed_so_often(week, book, renewal):
    booking = book(slot_at(week[0], 14))
    for n, session in enumerate(week[1:4]):
        reschedule(booking=booking, slot_id=slot_at(session, 14).pk, now=NOON + timedelta(hours=n))
        booking.refresh_from_db()

    with pytest.raises(TooManyChanges):
        reschedule(booking=booking, slot_id=slot_at(week[4], 14).pk, now=NOON + timedelta(hours=4))

    booking.refresh_from_db()
    assert booking.starts_at == slot_at(week[3], 14).starts_at


def test_staff_move_a_visit_however_often(week, book, supervisor):
    set_rule("person_changes_most", 0)
    booking = book(slot_at(week[0], 14))

    moved = reschedule(booking=booking, slot_id=slot_at(week[1], 14).pk, now=NOON, by=supervisor)

    assert moved.events.get(kind="moved").by == supervisor


def test_a_confirmed_booking_is_told_to_its_own_phone(session, book, renewal):
    booking = book(slot_at(session, 14))

    confirm(booking=find(booking.reference, _secret(booking)), now=NOON)

    with pytest.raises(PersonNotOnline):
        hold_one(slot_at(session, 16), renewal, phone=OTHER)


def _secret(booking):
    from appointments.sealing import booking_secret

    return booking_secret(booking.reference)
