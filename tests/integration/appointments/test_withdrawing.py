"""The hall cancels a session: places are given up, people are told. C4 C5 C6"""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction

from appointments.arriving import check_in
from appointments.booking import SlotGone, hold
from appointments.models import Booking, BookingEvent, Message
from appointments.withdrawing import (
    Loss,
    PeopleAreHere,
    loss_of,
    undo_opening,
    withdraw_session,
)
from queues.issuing import issue_walk_in
from tests.conftest import DAY, NOON, PHONE, a_person, make_session, slot_at
from windows.models import SessionWindow
from windows.sessions import SessionOver


def test_everybody_who_booked_is_told_once(session, book, supervisor):
    bookings = [book(slot_at(session, 14), person) for person in (1, 2)]

    withdraw_session(session=session, by=supervisor, now=NOON)

    for booking in bookings:
        booking.refresh_from_db()
        owed = Message.objects.filter(booking=booking, state="ready")
        assert booking.state == "withdrawn"
        assert [message.kind for message in owed] == ["withdrawn"]
        event = BookingEvent.objects.get(booking=booking, kind="withdrawn")
        assert event.by == supervisor
    assert slot_at(session, 14).online_taken == 0


def test_nothing_of_it_can_be_booked_afterwards(session, renewal):
    withdraw_session(session=session, by=None, now=NOON)

    with pytest.raises(SlotGone):
        hold(
            slot_id=slot_at(session, 14).pk, matter=renewal, people=[a_person(1)],
            phone=PHONE, now=NOON,
        )  # fmt: skip


def test_a_held_place_ends_without_a_message(session, renewal):
    hold(
        slot_id=slot_at(session, 14).pk, matter=renewal, people=[a_person(1)], phone=PHONE, now=NOON
    )

    withdraw_session(session=session, by=None, now=NOON)

    assert not Message.objects.filter(kind="withdrawn").exists()
    assert slot_at(session, 14).online_taken == 0


def test_the_loss_is_known_beforehand(session, book, renewal):
    book(slot_at(session, 14), 1)
    hold(
        slot_id=slot_at(session, 15).pk, matter=renewal, people=[a_person(2)], phone=PHONE, now=NOON
    )

    assert loss_of(session=session, now=NOON) == Loss(confirmed=1, held=1, in_hall=0)


def test_a_session_that_has_not_begun_is_cancelled_once(hall, windows):
    later = make_session(hall, windows, day=DAY.replace(day=5))

    withdraw_session(session=later, by=None, now=NOON)
    withdraw_session(session=later, by=None, now=NOON)

    later.refresh_from_db()
    assert later.state == "cancelled"
    assert not SessionWindow.objects.filter(session=later, is_cancelled=False).exists()


def test_a_session_that_runs_ends_now(session):
    withdraw_session(session=session, by=None, now=NOON)

    session.refresh_from_db()
    assert (session.state, session.ends_at) == ("open", NOON)


def test_a_session_that_is_over_stays(session):
    with pytest.raises(SessionOver):
        withdraw_session(session=session, by=None, now=session.ends_at)


def test_who_is_here_early_is_served_first(hall, session, renewal):
    early = session.starts_at - timedelta(minutes=20)
    issue_walk_in(hall=hall, matter=renewal, now=early)

    for command in (withdraw_session, undo_opening):
        with pytest.raises(PeopleAreHere):
            command(session=session, by=None, now=early)

    session.refresh_from_db()
    assert session.state == "open"


def test_an_opening_that_nobody_noticed_is_undone_twice_at_no_cost(session):
    undo_opening(session=session, by=None, now=NOON)

    assert undo_opening(session=session, by=None, now=NOON).state == "cancelled"


@pytest.mark.django_db(transaction=True)
def test_somebody_who_checks_in_meanwhile_has_the_number(session, hall, book, supervisor):
    """Mutant: with the session locked against mere references, the two wait for each other."""
    booking, late = book(slot_at(session, 12, 30)), NOON + timedelta(minutes=20)
    with ThreadPoolExecutor(1) as elsewhere:
        with transaction.atomic():
            Booking.objects.select_for_update().get(pk=booking.pk)  # as check_in begins
            cancelled = elsewhere.submit(withdrawing, session, supervisor, late)
            time.sleep(0.5)  # it has the session, and waits for the booking
            ticket = check_in(hall=hall, reference=booking.reference, now=late)
        assert cancelled.result(timeout=20).withdrawn == 0

    booking.refresh_from_db()
    assert (booking.state, booking.ticket) == ("arrived", ticket)


def withdrawing(session, by, now):
    try:
        return withdraw_session(session=session, by=by, now=now)
    finally:
        connection.close()
