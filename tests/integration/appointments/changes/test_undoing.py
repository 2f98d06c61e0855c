"""Taking a change back until somebody outside has noticed it. C5 C6"""

from datetime import time, timedelta

import pytest

from appointments.changes.asking import Ask, apply_change
from appointments.changes.undoing import (
    UndoBooked,
    UndoOvertaken,
    UndoTooLate,
    undo_change,
    undo_closure,
    why_no_undo,
)
from appointments.models import Booking, Displaced, Message
from appointments.sending import send_due
from tests.concurrency.asking import nothing_is_broken
from tests.conftest import DAY, NOON, make_session, slot_at
from windows.models import HallSession, SessionWindow, Slot
from windows.sessions import WindowJustTaken

NEXT_DAY = DAY + timedelta(days=1)
SOON = NOON + timedelta(minutes=2)


@pytest.fixture
def tomorrow(hall, windows):
    return make_session(hall, windows, day=NEXT_DAY, online=60)


@pytest.fixture
def later(hall, windows):
    return make_session(hall, windows, day=NEXT_DAY + timedelta(days=1), online=60)


@pytest.fixture
def people(tomorrow, book):
    slot = slot_at(tomorrow, 10)
    return [book(slot, n, now=NOON - timedelta(minutes=60 - n)) for n in range(1, 11)]


def everything(*sessions):
    """All that must be the same again."""
    of_people = Booking.objects.order_by("pk")
    return {
        "sessions": list(
            HallSession.objects.filter(pk__in=[one.pk for one in sessions]).order_by("pk").values()
        ),
        "windows": list(SessionWindow.objects.filter(session__in=sessions).order_by("pk").values()),
        "slots": list(Slot.objects.filter(session__in=sessions).order_by("pk").values()),
        "people": list(of_people.values("pk", "slot", "hall", "starts_at", "state", "channel")),
        "owed": owed(),
    }


def owed():
    """What is still to be sent for bookings, and when."""
    ready = Message.objects.filter(state="ready", booking__isnull=False)
    return list(ready.order_by("pk").values("pk", "booking", "kind", "due_at", "useless_after"))


def asks(tomorrow, windows, hall):
    starts = tomorrow.starts_at + timedelta(days=3)
    return [
        Ask.cut(tomorrow, windows=(windows[2].pk,)),
        Ask.cut(tomorrow, ends_at=slot_at(tomorrow, 12).starts_at),
        Ask.cut(tomorrow, starts_at=slot_at(tomorrow, 12).starts_at),
        Ask.extend(tomorrow, ends_at=tomorrow.ends_at + timedelta(hours=1)),
        Ask.cancel(tomorrow),
        Ask.move(tomorrow, starts_at=starts, ends_at=starts + timedelta(hours=8)),
        Ask.close(hall, closes_at=tomorrow.starts_at, opens_at=tomorrow.ends_at),
    ]


@pytest.mark.parametrize("which", range(7))
@pytest.mark.parametrize("default", ["move", "offer", "withdraw"])
def test_everything_stands_as_it_stood(
    which, default, tomorrow, later, people, windows, hall, supervisor
):
    before = everything(tomorrow, later)
    ask = asks(tomorrow, windows, hall)[which]
    done = apply_change(ask, by=supervisor, now=NOON, default=default)

    undo_change(done.change, by=supervisor, now=SOON)
    undo_change(done.change, by=supervisor, now=SOON)

    assert everything(tomorrow, later) == before
    assert not Displaced.objects.exclude(state="undone").exists()
    left = Message.objects.filter(kind__in=["displaced", "withdrawn"], state="ready")
    assert not left.exists()
    kinds = set(Message.objects.filter(state="ready").values_list("kind", flat=True))
    assert kinds <= {"confirmed", "reminder_day", "reminder_hours"}
    nothing_is_broken()


def test_confirmations_that_had_not_left_are_owed_again(tomorrow, later, people, supervisor):
    """Mutant: the change would have silenced them for good."""
    assert Message.objects.filter(kind="confirmed", state="ready").count() == len(people)
    done = apply_change(Ask.cancel(tomorrow), by=supervisor, now=NOON)
    assert not Message.objects.filter(kind="confirmed", state="ready").exists()

    undo_change(done.change, by=supervisor, now=SOON)
    send_due(now=SOON)

    assert Message.objects.filter(kind="confirmed", state="sent").count() == len(people)
    assert not Message.objects.filter(kind="displaced", state="sent").exists()
    nothing_is_broken()


def test_news_of_the_change_before_is_owed_again(tomorrow, later, people, windows, supervisor):
    first = apply_change(Ask.cut(tomorrow, windows=(windows[2].pk,)), by=supervisor, now=NOON)
    before = owed()
    tomorrow.refresh_from_db()
    second = apply_change(Ask.cancel(tomorrow), by=supervisor, now=NOON)

    undo_change(second.change, by=supervisor, now=SOON)

    assert first.moved
    assert owed() == before
    send_due(now=NOON + timedelta(minutes=6))
    told = Message.objects.filter(kind="displaced", state="sent")
    assert set(told.values_list("booking", flat=True)) == {
        one.booking_id for one in first.displaced
    }
    nothing_is_broken()


def test_not_after_a_message_has_left(tomorrow, people, windows, supervisor):
    done = apply_change(Ask.cut(tomorrow, windows=(windows[2].pk,)), by=supervisor, now=NOON)
    first = Message.objects.filter(kind="displaced").first()
    claimed = {"state": "claimed", "lease_until": SOON, "provider": "inbox"}
    Message.objects.filter(pk=first.pk).update(**claimed)
    Message.objects.filter(pk=first.pk).update(state="sent", sent_at=SOON)

    with pytest.raises(UndoTooLate):
        undo_change(done.change, by=supervisor, now=SOON)

    assert "told" in why_no_undo(done.change, SOON)


def test_not_after_somebody_booked_what_was_added(tomorrow, book, supervisor):
    until = tomorrow.ends_at + timedelta(hours=1)
    done = apply_change(Ask.extend(tomorrow, ends_at=until), by=supervisor, now=NOON)
    tomorrow.refresh_from_db()
    book(slot_at(tomorrow, 17), 1)

    with pytest.raises(UndoBooked):
        undo_change(done.change, by=supervisor, now=SOON)


def test_not_under_a_later_change(tomorrow, people, windows, supervisor):
    first = apply_change(Ask.cut(tomorrow, windows=(windows[2].pk,)), by=supervisor, now=NOON)
    tomorrow.refresh_from_db()
    ends = slot_at(tomorrow, 15).starts_at
    second = apply_change(Ask.cut(tomorrow, ends_at=ends), by=supervisor, now=NOON)

    with pytest.raises(UndoOvertaken):
        undo_change(first.change, by=supervisor, now=SOON)

    undo_change(second.change, by=supervisor, now=SOON)
    undo_change(first.change, by=supervisor, now=SOON)
    tomorrow.refresh_from_db()
    assert tomorrow.ends_at == slot_at(tomorrow, 16, 30).ends_at
    nothing_is_broken()


def test_a_closure_is_taken_back_with_all_its_days(hall, tomorrow, later, people, book, supervisor):
    book(slot_at(later, 11), 20, limited=False)
    before = everything(tomorrow, later)
    ask = Ask.close(hall, closes_at=NOON, opens_at=later.ends_at, reason="weather")
    done = apply_change(ask, by=supervisor, now=NOON)
    assert len(done.changes) == 2

    closure = undo_closure(done.closure, by=supervisor, now=SOON)

    assert closure.reopened_at == SOON
    assert everything(tomorrow, later) == before
    nothing_is_broken()


def test_a_window_given_to_others_meanwhile_keeps_the_change(
    tomorrow, windows, hall, people, supervisor
):
    done = apply_change(Ask.cancel(tomorrow), by=supervisor, now=NOON)
    make_session(hall, windows, day=NEXT_DAY, opens=time(8), closes=time(12))

    with pytest.raises(WindowJustTaken):
        undo_change(done.change, by=supervisor, now=SOON)

    nothing_is_broken()
