"""Cutting a session: who booked last loses first, and is proposed the nearest place. C5 C6"""

from datetime import timedelta

import pytest

from appointments.changes.asking import (
    Ask,
    Changed,
    NothingChanges,
    NotShorter,
    TooLate,
    apply_change,
    preview_change,
)
from appointments.models import Displaced, Message
from tests.concurrency.asking import nothing_is_broken
from tests.conftest import DAY, NOON, make_session, slot_at
from windows.models import SessionWindow

NEXT_DAY = DAY + timedelta(days=1)


@pytest.fixture
def tomorrow(hall, windows):
    return make_session(hall, windows, day=NEXT_DAY, online=60)


@pytest.fixture
def full(tomorrow, book):
    """Ten people in the slot at ten, the first to book first."""
    slot = slot_at(tomorrow, 10)
    return [book(slot, n, now=NOON - timedelta(minutes=60 - n)) for n in range(1, 11)]


def one_window(session, windows):
    return Ask.cut(session, windows=(windows[2].pk,))


def test_the_preview_says_what_the_cut_does_and_writes_nothing(tomorrow, full, windows):
    seen = preview_change(one_window(tomorrow, windows), now=NOON)

    assert (seen.windows_before, seen.windows_after) == ([1, 2, 3], [3])
    assert seen.before.total == 16 * 90
    assert seen.after.total == 16 * 30
    assert len(seen.losing) == 6  # four of six minutes stay beside the walk-ins' share
    assert {one.why for one in seen.losing} == {"full"}
    assert all(one.same_hall and one.same_day for one in seen.losing)
    assert seen.undo_until == NOON + timedelta(minutes=5)
    assert SessionWindow.objects.filter(is_cancelled=True).count() == 0
    assert not Displaced.objects.exists()


def test_who_booked_last_loses_first(tomorrow, full, windows):
    seen = preview_change(one_window(tomorrow, windows), now=NOON)

    assert {one.booking.pk for one in seen.losing} == {one.pk for one in full[4:]}


def test_the_change_does_what_the_preview_said(tomorrow, full, windows, supervisor):
    ask = one_window(tomorrow, windows)
    seen = preview_change(ask, now=NOON)

    done = apply_change(ask, by=supervisor, now=NOON, expect=seen.digest)

    rows = {row.booking_id: row.new_slot_id for row in done.displaced}
    assert rows == {one.booking.pk: one.proposal.slot_id for one in seen.losing}
    slots = {slot.pk: slot for slot in tomorrow.slots.all()}
    for one in seen.slots:
        slot = slots[one.slot_id]
        told = (one.after.online, one.after.walkin, one.after.total)
        assert (slot.online_quota, slot.walkin_quota, slot.minutes) == told
    nothing_is_broken()


def test_everybody_is_told_once_and_not_before_it_can_be_undone(
    tomorrow, full, windows, supervisor
):
    apply_change(one_window(tomorrow, windows), by=supervisor, now=NOON)

    owed = Message.objects.filter(kind="displaced", state="ready")
    assert owed.count() == 6
    assert {one.due_at for one in owed} == {NOON + timedelta(minutes=5)}


def test_an_earlier_end_takes_the_last_times(tomorrow, book, supervisor):
    late, early = book(slot_at(tomorrow, 16, 30), 1), book(slot_at(tomorrow, 9), 2)

    done = apply_change(
        Ask.cut(tomorrow, ends_at=slot_at(tomorrow, 16).starts_at), by=supervisor, now=NOON
    )

    late.refresh_from_db()
    early.refresh_from_db()
    assert [row.booking for row in done.displaced] == [late]
    assert late.slot == slot_at(tomorrow, 15, 30)
    assert early.slot == slot_at(tomorrow, 9)
    tomorrow.refresh_from_db()
    assert tomorrow.ends_at == slot_at(tomorrow, 16).starts_at
    assert tomorrow.is_by_hand
    nothing_is_broken()


def test_a_picture_that_is_old_is_not_applied(tomorrow, full, windows, book, supervisor):
    ask = one_window(tomorrow, windows)
    seen = preview_change(ask, now=NOON)
    book(slot_at(tomorrow, 10, 30), 20, limited=False)
    for n in range(21, 26):
        book(slot_at(tomorrow, 10, 30), n, limited=False)

    with pytest.raises(Changed):
        apply_change(ask, by=supervisor, now=NOON, expect=seen.digest)

    assert not Displaced.objects.exists()


def test_what_is_no_cut_is_refused(tomorrow, session):
    with pytest.raises(NotShorter):
        preview_change(Ask.cut(tomorrow, ends_at=tomorrow.ends_at + timedelta(hours=1)), now=NOON)
    with pytest.raises(NothingChanges):
        preview_change(Ask.cut(tomorrow), now=NOON)
    with pytest.raises(TooLate):
        preview_change(Ask.cut(session, ends_at=NOON - timedelta(hours=1)), now=NOON)
