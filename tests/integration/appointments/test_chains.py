"""Several matters of one person in one visit, from the hold to the number. # C27"""

from datetime import timedelta

import pytest

from appointments.arriving import check_in
from appointments.attending import Attendee, ChainTooLong
from appointments.booking import SlotFull, SlotGone, hold
from appointments.cancelling import cancel, undo_cancel
from appointments.confirming import confirm, find
from appointments.housekeeping import close_day, mark_served
from appointments.invariants import holds
from appointments.models import Booking
from config import civil
from queues.calling import call_next, finish
from queues.models import Ticket
from tests.conftest import DAY, NOON, PHONE, an_id, make_matter, make_session, slot_at
from windows.models import Window

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(renewal, pickup):
    """Books somebody for renewal and pickup, confirmed."""

    def booked(slot, person=1, now=NOON, matters=(), **about) -> list[Booking]:
        attendee = Attendee(
            name="陈小宁", id_number=an_id(person), matters=matters or (renewal, pickup), **about
        )
        held = hold(slot_id=slot.pk, matter=renewal, people=[attendee], phone=PHONE, now=now)
        confirm(booking=find(held.bookings[0].reference, held.bookings[0].secret), now=now)
        return list(Booking.objects.filter(group_id=held.group_id).order_by("position"))

    return booked


def served_by(clerk, window, ticket, *times):
    called = call_next(window=window, staff=clerk, now=times[0])
    assert called == ticket
    for at in times[1:]:
        ticket = finish(ticket=ticket, staff=clerk, now=at)
    return ticket


def test_minutes_add_up_in_one_slot(session, visit):
    slot = slot_at(session, 14)

    bookings = visit(slot)

    assert [(b.matter.code, b.minutes, b.slot) for b in bookings] == [
        ("RENEW", 6, slot),
        ("PICKUP", 3, slot),
    ]
    slot.refresh_from_db()
    assert slot.online_taken == 9


def test_what_one_slot_cannot_hold_stands_in_the_next_one(hall, windows, visit):
    session = make_session(hall, windows, online=8)

    renew, pickup = visit(slot_at(session, 14))

    assert [renew.slot, pickup.slot] == [slot_at(session, 14), slot_at(session, 14, 30)]


def test_a_chain_never_stands_in_slots_that_do_not_touch(hall, windows, visit):
    session = make_session(hall, windows, online=8)
    slot_at(session, 14, 30).__class__.objects.filter(pk=slot_at(session, 14, 30).pk).update(
        is_open=False
    )

    with pytest.raises(SlotFull):
        visit(slot_at(session, 14))

    assert not Booking.objects.exists()


def test_a_chain_is_only_booked_where_all_its_matters_are_served(session, visit, renewal, windows):
    nowhere = make_matter("NOWHERE", "N", 5)

    with pytest.raises((SlotFull, SlotGone)):
        visit(slot_at(session, 14), matters=(renewal, nowhere))


def test_a_chain_has_an_end(session, visit):
    many = tuple(make_matter(f"M{n}", "M", 2) for n in range(4))

    with pytest.raises(ChainTooLong):
        visit(slot_at(session, 14), matters=many)


@pytest.mark.parametrize("which", [0, 1])
def test_any_booking_of_the_visit_gives_its_one_number(hall, session, visit, which):
    bookings = visit(slot_at(session, 12, 30))

    ticket = check_in(hall=hall, reference=bookings[which].reference, now=NOON)

    assert (ticket.label, ticket.matter.code) == ("A001", "RENEW")
    assert ticket.then == [bookings[1].matter_id]
    assert {b.ticket_id for b in Booking.objects.all()} == {ticket.pk}
    assert set(Booking.objects.values_list("state", flat=True)) == {"arrived"}
    again = check_in(hall=hall, id_number=an_id(1), now=NOON)
    assert again == ticket == Ticket.objects.get()
    assert holds(NOON) == []


def test_only_the_person_arrives_not_the_family(hall, session, renewal, pickup):
    people = [
        Attendee(name="陈小宁", id_number=an_id(n), matters=(renewal, pickup)) for n in (1, 2)
    ]
    held = hold(
        slot_id=slot_at(session, 12, 30).pk, matter=renewal, people=people, phone=PHONE, now=NOON
    )
    confirm(booking=find(held.bookings[0].reference, held.bookings[0].secret), now=NOON)

    check_in(hall=hall, id_number=an_id(2), now=NOON)

    states = Booking.objects.order_by("position").values_list("state", flat=True)
    assert list(states) == ["confirmed", "confirmed", "arrived", "arrived"]


def test_the_rank_is_the_start_of_the_visit(hall, windows, visit):
    session = make_session(hall, windows, online=8)
    renew, pickup = visit(slot_at(session, 12, 30))
    assert pickup.starts_at > renew.starts_at

    ticket = check_in(hall=hall, reference=pickup.reference, now=NOON + timedelta(minutes=5))

    assert ticket.rank_at == ticket.booked_for == renew.starts_at


def test_the_end_of_the_visit_serves_all_its_bookings(hall, session, visit, clerk, at_window_3):
    bookings = visit(slot_at(session, 12, 30))
    ticket = check_in(hall=hall, reference=bookings[0].reference, now=NOON)
    later = [NOON + timedelta(minutes=n) for n in (31, 38, 41)]

    served_by(clerk, at_window_3, ticket, *later)
    mark_served(now=later[-1])

    assert set(Booking.objects.values_list("state", flat=True)) == {"served"}
    assert holds(later[-1]) == []


def test_nothing_is_served_before_the_visit_is_over(hall, session, visit, clerk, at_window_3):
    bookings = visit(slot_at(session, 12, 30))
    ticket = check_in(hall=hall, reference=bookings[0].reference, now=NOON)

    served_by(clerk, at_window_3, ticket, NOON, NOON + timedelta(minutes=6))
    mark_served(now=NOON + timedelta(minutes=6))

    assert set(Booking.objects.values_list("state", flat=True)) == {"arrived"}


def test_who_leaves_after_the_first_matter_was_there(hall, session, visit, clerk, windows, clerks):
    """What was done is served; what was not is closed with the day."""
    from windows.shifts import sign_in

    bookings = visit(slot_at(session, 12, 30))
    ticket = check_in(hall=hall, reference=bookings[0].reference, now=NOON)
    sign_in(staff=clerks[0], window=windows[0], now=NOON)
    waits = served_by(clerks[0], windows[0], ticket, NOON, NOON + timedelta(minutes=6))
    assert waits.state == "waiting"
    night = civil.session_hours(DAY, session.starts_at.time(), session.ends_at.time())[0]
    night += timedelta(days=1)

    close_day(day=DAY, now=night)
    mark_served(now=night)

    renew, pickup = (Booking.objects.get(pk=b.pk) for b in bookings)
    assert (renew.state, pickup.state) == ("served", "no_show")
    assert holds(night) == []


def test_a_matter_that_was_cancelled_is_not_on_the_number(hall, session, visit):
    renew, pickup = visit(slot_at(session, 12, 30))
    cancel(booking=renew, now=NOON)

    ticket = check_in(hall=hall, reference=pickup.reference, now=NOON)

    assert (ticket.matter.code, ticket.then) == ("PICKUP", [])


def test_a_matter_taken_back_after_the_check_in_gets_a_number_too(hall, session, visit):
    renew, pickup = visit(slot_at(session, 12, 30))
    cancel(booking=pickup, now=NOON)
    first = check_in(hall=hall, reference=renew.reference, now=NOON)
    undo_cancel(booking=Booking.objects.get(pk=pickup.pk), now=NOON)

    second = check_in(hall=hall, reference=pickup.reference, now=NOON)

    assert [first.matter.code, second.matter.code] == ["RENEW", "PICKUP"]
    assert holds(NOON) == []


def test_a_wheelchair_is_told_to_the_line_and_nothing_else(hall, session, visit):  # C12
    bookings = visit(slot_at(session, 12, 30), needs=("wheelchair", "time"))
    Window.objects.filter(number=1).update(is_accessible=True)

    ticket = check_in(hall=hall, reference=bookings[0].reference, now=NOON)

    assert ticket.needs_accessible is True
    assert [b.minutes for b in bookings] == [9, 5]  # half as much again, rounded up
