"""What ends by itself, and what is made up for when Celery or Redis is away. C3, C18."""

from concurrent.futures import ThreadPoolExecutor
from datetime import time, timedelta
from functools import partial

import pytest
from django.db import connection, transaction
from django.db.models import F

from appointments.arriving import check_in
from appointments.booking import hold
from appointments.cancelling import cancel
from appointments.confirming import HoldExpired, confirm
from appointments.housekeeping import close_day, close_days, expire_holds, mark_served
from appointments.models import (
    Booking,
    BookingEvent,
)
from appointments.returning import return_due
from appointments.serving import person_words
from config import civil
from queues.calling import call_next, finish, no_show, park, recall, sign_out
from queues.handing_on import transfer_to_hall
from queues.issuing import issue_walk_in
from queues.models import Ticket, TicketEvent
from tests.conftest import DAY, NOON, PHONE, a_person, make_session, make_staff, race, slot_at
from tests.integration.appointments.housekeeping.conftest import (
    EVENING,
    EXPIRED,
    State,
    journal,
    state_of,
    taken,
)
from windows.models import HallSession, Slot, Window
from windows.shifts import sign_in


def test_expired_holds_give_back_exactly_their_minutes(held, session, book):
    confirmed = book(slot_at(session, 14), person=9)
    assert taken(session) == 4 * 6

    assert expire_holds(now=EXPIRED) == 3

    assert taken(session) == confirmed.minutes == 6
    assert {state_of(booking) for booking in held} == {State.EXPIRED}
    assert journal(held[0]) == [State.HELD, State.EXPIRED]
    assert state_of(confirmed) == State.CONFIRMED


def test_a_hold_stands_until_its_last_second(held, session):
    assert expire_holds(now=held[0].hold_expires_at - timedelta(seconds=1)) == 0

    assert taken(session) == 18


def test_expiring_again_changes_nothing(held, session):
    expire_holds(now=EXPIRED)

    assert expire_holds(now=EXPIRED + timedelta(minutes=1)) == 0
    assert taken(session) == 0
    assert BookingEvent.objects.filter(kind="expired").count() == 3


def test_the_place_of_an_expired_hold_can_be_booked_again(session, renewal, book):
    slot = slot_at(session, 14)
    Slot.objects.filter(pk=slot.pk).update(online_quota=6, walkin_quota=F("minutes") - 6)
    hold(slot_id=slot.pk, matter=renewal, people=[a_person(1)], phone=PHONE, now=NOON)

    expire_holds(now=EXPIRED)
    return_due(now=EXPIRED + timedelta(minutes=10))

    assert book(slot, person=2, now=EXPIRED + timedelta(minutes=10)).state == State.CONFIRMED


@pytest.mark.django_db(transaction=True)
def test_a_hold_expires_once_when_two_clusters_run(held, session):
    """Mutant: without the locks in `_expire_in`, minutes are given back twice."""
    ends = race(*[partial(expire_holds, now=EXPIRED)] * 3)

    assert sum(ends) == 3
    assert taken(session) == 0
    assert BookingEvent.objects.filter(kind="expired").count() == 3


@pytest.mark.django_db(transaction=True)
def test_expiring_beside_a_cancellation_and_a_confirmation_gives_back_once(held, session):
    """Mutant: as above; the cancelled one's minutes come back a second time."""
    ends = race(
        partial(expire_holds, now=EXPIRED),
        partial(cancel, booking=held[0], now=EXPIRED),
        partial(confirm, booking=held[1], now=EXPIRED),
    )

    assert ends[2] is HoldExpired
    expire_holds(now=EXPIRED)
    assert taken(session) == 0
    assert {state_of(booking) for booking in held} <= {State.EXPIRED, State.CANCELLED}


@pytest.mark.django_db(transaction=True)
def test_a_hold_in_somebodys_hands_is_left_for_the_next_time(held, session):
    with transaction.atomic():
        Booking.objects.select_for_update().get(pk=held[0].pk)

        (expired,) = race(partial(expire_holds, now=EXPIRED))

    assert expired == 2
    assert expire_holds(now=EXPIRED) == 1


# Visits


def test_a_visit_that_goes_on_in_another_hall_is_judged_there(
    book, session, hall, at_window_3, clerk, other_hall, renewal
):
    there = Window.objects.create(hall=other_hall, number=1)
    there.matters.add(renewal)
    make_session(other_hall, [there])
    colleague = make_staff("colleague", other_hall, "clerk")
    sign_in(staff=colleague, window=there, now=NOON)
    booking = book(slot_at(session, 12, 30))
    check_in(hall=hall, reference=booking.reference, now=NOON + timedelta(minutes=25))
    ticket = call_next(window=at_window_3, staff=clerk, now=NOON + timedelta(minutes=30))
    goes_on = transfer_to_hall(
        ticket=ticket, staff=clerk, hall=other_hall, now=NOON + timedelta(minutes=31)
    )
    mark_served(now=NOON + timedelta(minutes=35))
    booking.refresh_from_db()
    assert booking.state == State.ARRIVED

    called = call_next(window=there, staff=colleague, now=NOON + timedelta(minutes=60))
    assert called == goes_on
    assert person_words(called) == person_words(ticket) != ("", "")
    finish(ticket=called, staff=colleague, now=NOON + timedelta(minutes=66))

    mark_served(now=NOON + timedelta(minutes=70))
    booking.refresh_from_db()
    assert (booking.state, booking.ended_at) == (State.SERVED, NOON + timedelta(minutes=66))


def test_a_served_visit_is_marked_with_the_end_of_its_ticket(
    book, session, hall, at_window_3, clerk
):
    booking = book(slot_at(session, 12, 30))
    check_in(hall=hall, reference=booking.reference, now=NOON + timedelta(minutes=25))
    ticket = call_next(window=at_window_3, staff=clerk, now=NOON + timedelta(minutes=30))
    assert mark_served(now=NOON + timedelta(minutes=31)) == 0
    finish(ticket=ticket, staff=clerk, now=NOON + timedelta(minutes=36))

    assert mark_served(now=NOON + timedelta(minutes=40)) == 1
    assert mark_served(now=NOON + timedelta(minutes=41)) == 0

    booking.refresh_from_db()
    assert booking.state == State.SERVED
    assert booking.ended_at == NOON + timedelta(minutes=36)
    assert journal(booking)[-2:] == [State.ARRIVED, State.SERVED]


# The end of the day


@pytest.fixture
def afternoon(hall, renewal, at_window_3, clerk):
    """Four numbers: served, parked, missed and waiting."""
    for _ in range(4):
        issue_walk_in(hall=hall, matter=renewal, now=NOON)
    at = {"window": at_window_3, "staff": clerk}
    now = NOON + timedelta(minutes=30)
    served = call_next(**at, now=now)
    finish(ticket=served, staff=clerk, now=now + timedelta(minutes=5))
    parked = call_next(**at, now=now + timedelta(minutes=6))
    park(ticket=parked, staff=clerk, now=now + timedelta(minutes=7))
    missed = call_next(**at, now=now + timedelta(minutes=8))
    for n in (1, 2):
        recall(ticket=missed, staff=clerk, now=now + timedelta(minutes=8 + n))
    no_show(ticket=missed, staff=clerk, now=now + timedelta(minutes=12))
    waiting = Ticket.objects.get(state=Ticket.State.WAITING)
    return served, parked, missed, waiting


def test_the_end_of_the_day_voids_what_nobody_called(afternoon, session):
    served, *left = afternoon

    assert close_days(now=EVENING) == 1

    assert [state_of(ticket) for ticket in left] == [Ticket.State.VOID] * 3
    assert state_of(served) == Ticket.State.FINISHED
    session.refresh_from_db()
    assert session.closed_at == session.ends_at


def test_a_called_number_ends_by_legal_moves_and_a_served_person_stays(
    hall, renewal, session, at_window_3, clerk
):
    issue_walk_in(hall=hall, matter=renewal, now=NOON)
    ticket = call_next(window=at_window_3, staff=clerk, now=NOON + timedelta(minutes=30))

    close_day(day=DAY, now=EVENING)

    assert state_of(ticket) == Ticket.State.VOID
    moves = TicketEvent.objects.filter(ticket=ticket, kind="closed").order_by("pk")
    assert list(moves.values_list("from_state", "to_state")) == [
        ("called", "missed"),
        ("missed", "void"),
    ]
    assert sign_out(staff=clerk, now=EVENING)


@pytest.mark.django_db(transaction=True)
def test_a_day_is_closed_again_for_a_booking_in_somebodys_hands(session, book):
    """Mutant: with the day closed all the same, it stays confirmed for ever."""
    booking = book(slot_at(session, 14))
    with ThreadPoolExecutor(1) as elsewhere, transaction.atomic():
        Booking.objects.select_for_update().get(pk=booking.pk)
        elsewhere.submit(closing).result(timeout=20)
    assert state_of(booking) == State.CONFIRMED

    assert close_days(now=EVENING + timedelta(minutes=15)) == 1
    assert state_of(booking) == State.NO_SHOW
    assert close_days(now=EVENING + timedelta(minutes=30)) == 0


def closing() -> None:
    try:
        close_days(now=EVENING)
    finally:
        connection.close()


def test_closing_again_changes_nothing(afternoon, session, book):
    booking = book(slot_at(session, 16))
    close_days(now=EVENING)
    before = (TicketEvent.objects.count(), BookingEvent.objects.count())

    assert close_days(now=EVENING + timedelta(hours=1)) == 0
    assert close_day(day=DAY, now=EVENING + timedelta(hours=1)) == 0

    assert (TicketEvent.objects.count(), BookingEvent.objects.count()) == before
    assert journal(booking)[-1] == State.NO_SHOW


def test_who_did_not_come_is_marked_and_who_left_unserved_too(book, session, hall):
    absent, left = book(slot_at(session, 15)), book(slot_at(session, 16), person=2)
    check_in(hall=hall, reference=left.reference, now=civil.city_instant(DAY, time(15, 50)))

    close_days(now=EVENING)
    mark_served(now=EVENING)

    assert [state_of(absent), state_of(left)] == [State.NO_SHOW] * 2
    assert taken(session) == 12  # the places were theirs: nothing is given back


def test_nothing_is_closed_while_people_may_still_be_served(afternoon, session):
    """C3: calling goes on after the closing time."""
    assert close_days(now=session.ends_at + timedelta(hours=3)) == 0


def test_a_day_waits_for_its_night_session(afternoon, session, hall, windows):
    night = make_session(hall, windows, opens=time(18, 30), closes=time(0, 30), kind="night")

    assert close_days(now=EVENING) == 0
    assert close_days(now=night.ends_at + timedelta(hours=4)) == 1
    assert not HallSession.objects.filter(closed_at=None).exists()


def test_the_last_person_served_tells_when_a_session_closed(afternoon, session):
    served = afternoon[0]
    late = session.ends_at + timedelta(minutes=40)
    Ticket.objects.filter(pk=served.pk).update(finished_at=late)

    close_days(now=EVENING)

    session.refresh_from_db()
    assert session.closed_at == late


# Messages without Celery
