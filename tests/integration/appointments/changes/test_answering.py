"""What people answer, and what becomes of who says nothing. C5 C6"""

from datetime import timedelta

import pytest

from appointments import missing
from appointments.booking import hold
from appointments.cancelling import cancel
from appointments.changes.answering import (
    AnswerTooLate,
    NothingAsked,
    accept,
    decline,
    expire_due,
    latest_for,
    open_for,
    story_of,
)
from appointments.changes.asking import Ask, apply_change
from appointments.changes.following import join_waiting
from appointments.confirming import confirm, find
from appointments.housekeeping import close_days, forget
from appointments.models import Booking, Displaced, Message, MissedVisit, WaitEntry, WaitPerson
from appointments.rescheduling import reschedule
from tests.concurrency.asking import nothing_is_broken
from tests.conftest import DAY, NOON, PHONE, a_person, make_session, slot_at
from windows.models import Rule

NEXT_DAY = DAY + timedelta(days=1)
SOON = NOON + timedelta(minutes=2)


@pytest.fixture
def tomorrow(hall, windows):
    return make_session(hall, windows, day=NEXT_DAY, online=60)


@pytest.fixture
def later(hall, windows):
    return make_session(hall, windows, day=NEXT_DAY + timedelta(days=2), online=60)


@pytest.fixture
def booking(tomorrow, later, book):
    return book(slot_at(tomorrow, 10), 1)


def cancelled(session, supervisor, default):
    apply_change(Ask.cancel(session), by=supervisor, now=NOON, default=default)
    return Displaced.objects.get()


def test_a_kept_place_is_taken(tomorrow, later, booking, supervisor):
    asked = cancelled(tomorrow, supervisor, "offer")
    assert asked.answer_by == NOON + timedelta(hours=24, minutes=5)
    assert asked.new_slot == slot_at(later, 10)

    accept(asked, now=SOON)
    accept(asked, now=SOON)

    booking.refresh_from_db()
    assert (booking.state, booking.slot) == ("confirmed", slot_at(later, 10))
    assert open_for(booking) is None
    assert latest_for(booking).state == "accepted"
    assert expire_due(now=NOON + timedelta(days=2)) == 0


def test_a_place_that_is_declined_costs_nothing_and_puts_them_first(
    tomorrow, later, booking, supervisor
):
    asked = cancelled(tomorrow, supervisor, "offer")

    decline(asked, now=SOON)
    join_waiting(now=SOON)

    booking.refresh_from_db()
    assert booking.state == "withdrawn"
    assert WaitEntry.objects.get().priority == 1
    with pytest.raises(NothingAsked):
        accept(asked, now=SOON)
    nothing_is_broken()


def test_who_does_not_want_to_wait_is_left_alone(tomorrow, booking, supervisor):
    decline(cancelled(tomorrow, supervisor, "move"), now=SOON, wait=False)

    assert join_waiting(now=SOON) == 0
    assert not WaitEntry.objects.exists()


def test_without_an_answer_the_place_goes_to_others(tomorrow, later, booking, supervisor):
    asked = cancelled(tomorrow, supervisor, "offer")
    assert expire_due(now=asked.answer_by - timedelta(minutes=1)) == 0

    assert expire_due(now=asked.answer_by) == 1
    assert expire_due(now=asked.answer_by) == 0
    join_waiting(now=asked.answer_by)

    booking.refresh_from_db()
    assert booking.state == "withdrawn"
    assert slot_at(later, 10).online_taken == 0
    owed = Message.objects.get(kind="withdrawn", state="ready")
    assert owed.version == booking.version
    assert WaitEntry.objects.get().priority == 1
    assert story_of(latest_for(booking)).entry_link
    with pytest.raises(NothingAsked):
        accept(asked, now=asked.answer_by)
    nothing_is_broken()


def test_a_late_yes_is_refused_in_words(tomorrow, booking, supervisor):
    asked = cancelled(tomorrow, supervisor, "offer")

    with pytest.raises(AnswerTooLate, match="was kept until"):
        accept(asked, now=asked.answer_by)


def test_another_time_of_ones_own_is_no_change_of_ones_own(
    hall, tomorrow, later, booking, supervisor
):
    Rule.objects.create(name="person_changes_most", value=0, effective_on=DAY - timedelta(days=9))
    cancelled(tomorrow, supervisor, "move")

    reschedule(booking=booking, slot_id=slot_at(later, 15).pk, now=SOON)

    booking.refresh_from_db()
    assert booking.slot == slot_at(later, 15)
    assert Displaced.objects.get().state == "changed"
    nothing_is_broken()


def test_giving_it_up_on_the_usual_page_answers_too(tomorrow, booking, supervisor):
    cancelled(tomorrow, supervisor, "move")

    booking.refresh_from_db()
    cancel(booking=booking, now=SOON)

    assert Displaced.objects.get().state == "declined"


@pytest.mark.parametrize(("answer", "missed"), [(False, 0), (True, 1)])
def test_who_never_agreed_has_missed_nothing(
    answer, missed, hall, tomorrow, later, booking, supervisor, monkeypatch
):
    """Mutant: who said yes to the new time is asked to come to it like anybody."""
    monkeypatch.setattr(missing, "_could_come", lambda booking: True)
    asked = cancelled(tomorrow, supervisor, "move")
    if answer:
        accept(asked, now=SOON)

    close_days(now=later.ends_at + timedelta(days=1))

    booking.refresh_from_db()
    assert booking.state == "no_show"
    assert MissedVisit.objects.count() == missed
    nothing_is_broken()


def test_a_family_answers_together(tomorrow, later, renewal, supervisor):
    held = hold(
        slot_id=slot_at(tomorrow, 10).pk, matter=renewal, people=[a_person(1), a_person(2)],
        phone=PHONE, now=NOON,
    ).bookings[0]  # fmt: skip
    confirm(booking=find(held.reference, held.secret), now=NOON)
    apply_change(Ask.cancel(tomorrow), by=supervisor, now=NOON, default="offer")
    assert len(set(Booking.objects.values_list("slot_id", flat=True))) == 1

    accept(Displaced.objects.order_by("pk")[0], now=SOON, together=True)

    assert set(Displaced.objects.values_list("state", flat=True)) == {"accepted"}


def test_who_is_moved_twice_answers_the_last_question(tomorrow, later, booking, supervisor):
    """Mutant: the first kept place, left meanwhile, would end the booking in the second."""
    first = cancelled(tomorrow, supervisor, "offer")
    third = make_session(
        tomorrow.hall, [row.window for row in tomorrow.staffed.all()],
        day=NEXT_DAY + timedelta(days=4), online=60,
    )  # fmt: skip
    apply_change(Ask.cancel(later), by=supervisor, now=SOON, default="move")

    with pytest.raises(NothingAsked):
        accept(first, now=SOON)
    expire_due(now=first.answer_by)

    booking.refresh_from_db()
    assert (booking.state, booking.slot) == ("confirmed", slot_at(third, 10))
    accept(open_for(booking), now=SOON)
    assert not Displaced.objects.filter(state__in=["moved", "offered"]).exists()
    nothing_is_broken()


def test_old_entries_are_forgotten_all_the_same(tomorrow, booking, supervisor):
    cancelled(tomorrow, supervisor, "withdraw")
    join_waiting(now=NOON + timedelta(minutes=6))
    WaitEntry.objects.update(state="ended", ended_at=NOON)
    WaitPerson.objects.update(is_waiting=False)

    forget(now=NOON + timedelta(days=31))

    assert not WaitEntry.objects.exists()
    assert Displaced.objects.get().entry is None
