"""Longer, more windows, another day: what is added, and what speaks against it. C5 C6"""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from appointments.booking import hold
from appointments.changes.asking import (
    Ask,
    ClosedAlready,
    NothingChanges,
    NotLonger,
    PeopleAreHere,
    TooLate,
    apply_change,
    preview_change,
)
from appointments.changes.recording import changes_of, note_places, unreachable
from appointments.changes.undoing import undo_change
from appointments.confirming import confirm, find
from appointments.models import Booking, Displaced, Message
from queues.issuing import issue_walk_in
from tests.concurrency.asking import nothing_is_broken
from tests.conftest import DAY, NOON, PHONE, a_person, make_session, make_staff, slot_at
from windows.models import RosterEntry, SessionLink, SessionWindow, Slot, Window
from windows.planning import SessionTooLong
from windows.sessions import EndsEarlier, WindowBusy, open_session

NEXT_DAY = DAY + timedelta(days=1)


@pytest.fixture
def tomorrow(hall, windows):
    return make_session(hall, windows, day=NEXT_DAY, online=60)


@pytest.fixture
def evening(hall, windows):
    return open_session(
        hall=hall, kind="night", day=DAY, opens=time(18, 30), closes=time(0, 30), windows=windows,
        by=None, now=NOON,
    )  # fmt: skip


def longer(session, minutes):
    return Ask.extend(session, ends_at=session.ends_at + timedelta(minutes=minutes))


def test_a_night_goes_on_with_slots_of_the_same_service_day(evening, supervisor):
    seen = preview_change(longer(evening, 45), now=NOON)
    apply_change(longer(evening, 45), by=supervisor, now=NOON, expect=seen.digest)

    slots = list(evening.slots.order_by("starts_at"))
    assert [slot.minutes for slot in slots[-2:]] == [90, 45]
    assert (slots[-2].online_quota, slots[-2].walkin_quota) == (54, 27)
    assert {slot.service_day for slot in slots} == {DAY}
    evening.refresh_from_db()
    assert {row.period.upper for row in SessionWindow.objects.all()} == {evening.ends_at}
    assert (seen.overtime_hours, seen.after.total - seen.before.total) == (2.25, 135)
    assert seen.undo_until is None


def test_what_is_no_extension_is_refused(evening, session, windows):
    with pytest.raises(EndsEarlier):
        preview_change(longer(evening, -60), now=NOON)
    with pytest.raises(SessionTooLong):
        preview_change(longer(evening, 9 * 60), now=NOON)
    with pytest.raises(WindowBusy, match="Window 1 is in the session 18:30"):
        preview_change(longer(session, 120), now=NOON)
    with pytest.raises(NotLonger):
        preview_change(Ask.extend(evening, windows=(windows[0].pk,)), now=NOON)
    with pytest.raises(NothingChanges):
        preview_change(Ask.extend(evening, ends_at=evening.ends_at), now=NOON)
    earlier = session.starts_at - timedelta(hours=1)
    with pytest.raises(TooLate):
        preview_change(Ask.extend(session, starts_at=earlier), now=NOON)


def test_a_hall_that_is_closed_then_is_not_extended_into(hall, tomorrow, supervisor):
    closes = tomorrow.ends_at + timedelta(minutes=30)
    shut = Ask.close(hall, closes_at=closes, opens_at=closes + timedelta(hours=3))
    apply_change(shut, by=supervisor, now=NOON)

    with pytest.raises(ClosedAlready):
        preview_change(longer(tomorrow, 60), now=NOON)


def test_another_window_adds_its_minutes(hall, tomorrow, windows, renewal, supervisor):
    fourth = Window.objects.create(hall=hall, number=4)
    fourth.matters.add(renewal)
    ask = Ask.extend(tomorrow, windows=(*[one.pk for one in windows], fourth.pk))

    done = apply_change(ask, by=supervisor, now=NOON)

    slot = slot_at(tomorrow, 10)
    assert (slot.minutes, slot.online_quota, slot.walkin_quota) == (120, 80, 40)
    undo_change(done.change, by=supervisor, now=NOON)
    assert slot_at(tomorrow, 10).minutes == 90
    assert not SessionWindow.objects.filter(session=tomorrow, window=fourth).exists()


def test_what_was_cut_off_opens_again(tomorrow, book, supervisor):
    noon = slot_at(tomorrow, 12).starts_at
    apply_change(Ask.cut(tomorrow, ends_at=noon), by=supervisor, now=NOON)
    tomorrow.refresh_from_db()

    apply_change(Ask.extend(tomorrow, ends_at=noon + timedelta(hours=2)), by=supervisor, now=NOON)

    slots = tomorrow.slots.filter(is_open=True)
    assert slots.count() == 10
    assert book(slot_at(tomorrow, 13, 30), 1).state == "confirmed"
    nothing_is_broken()


class TestMove:
    def test_the_session_moves_with_its_people_and_its_posters(
        self, hall, tomorrow, session, book, supervisor
    ):
        booking = book(slot_at(tomorrow, 10), 1)
        link = SessionLink.objects.create(session=tomorrow, name_zh="厂", made_at=NOON)
        starts = tomorrow.starts_at + timedelta(days=2, hours=1)
        ask = Ask.move(tomorrow, starts_at=starts, ends_at=starts + timedelta(hours=8))
        seen = preview_change(ask, now=NOON)

        done = apply_change(ask, by=supervisor, now=NOON, expect=seen.digest)

        booking.refresh_from_db()
        link.refresh_from_db()
        tomorrow.refresh_from_db()
        assert (tomorrow.state, link.session) == ("cancelled", done.session)
        assert booking.slot == slot_at(done.session, 11)
        assert seen.losing[0].minutes_away == 49 * 60
        assert done.session.service_day == NEXT_DAY + timedelta(days=2)
        nothing_is_broken()

    def test_not_when_people_with_numbers_are_there(self, hall, session, renewal):
        early = session.starts_at - timedelta(minutes=20)
        issue_walk_in(hall=hall, matter=renewal, now=early)
        starts = session.starts_at + timedelta(days=1)

        with pytest.raises(PeopleAreHere):
            preview_change(
                Ask.move(session, starts_at=starts, ends_at=starts + timedelta(hours=8)), now=early
            )

    def test_in_another_hall_at_the_windows_with_the_same_numbers(
        self, tomorrow, other_hall, renewal, book, supervisor
    ):
        there = Window.objects.create(hall=other_hall, number=2)
        there.matters.add(renewal)
        booking = book(slot_at(tomorrow, 10), 1)
        ask = Ask.move(
            tomorrow, starts_at=tomorrow.starts_at, ends_at=tomorrow.ends_at, hall=other_hall
        )

        done = apply_change(ask, by=supervisor, now=NOON)

        booking.refresh_from_db()
        assert (booking.hall, booking.slot) == (other_hall, slot_at(done.session, 10))
        assert done.session.staffed.get().window == there
        nothing_is_broken()


def test_who_is_on_the_way_is_told_at_once_and_it_stands(session, book, supervisor):
    near, far = book(slot_at(session, 12, 30), 1), book(slot_at(session, 15), 2)
    ask = Ask.cancel(session)
    seen = preview_change(ask, now=NOON)

    done = apply_change(ask, by=supervisor, now=NOON)

    assert (seen.urgent, seen.can_undo, seen.undo_until) == (1, False, NOON)
    owed = Message.objects.filter(kind="withdrawn", state="ready")
    dues = dict(owed.values_list("booking_id", "due_at"))
    assert dues == {near.pk: NOON, far.pk: NOON + timedelta(minutes=5)}
    assert done.withdrawn == 2


def test_a_wheelchair_goes_where_a_window_can_be_reached(
    hall, tomorrow, windows, renewal, book, supervisor
):
    Window.objects.filter(pk=windows[0].pk).update(is_accessible=True)
    book(slot_at(tomorrow, 10), 1)
    person = replace(a_person(2), needs=("wheelchair",))
    held = hold(
        slot_id=slot_at(tomorrow, 10).pk, matter=renewal, people=[person], phone=PHONE, now=NOON
    ).bookings[0]
    confirm(booking=find(held.reference, held.secret), now=NOON)
    reachable = make_session(hall, [windows[0]], day=NEXT_DAY + timedelta(days=3), online=20)
    ask = Ask.cut(tomorrow, windows=(windows[1].pk, windows[2].pk))

    seen = preview_change(ask, now=NOON)

    assert [(one.booking.reference, one.why) for one in seen.losing] == [
        (held.reference, "wheelchair")
    ]
    assert seen.losing[0].proposal.session_id == reachable.pk
    assert any("wheelchair" in one for one in seen.warnings)


def test_who_left_no_phone_is_named_to_the_supervisor(tomorrow, book, supervisor):
    booking = book(slot_at(tomorrow, 10), 1)
    type(booking.group).objects.update(phone_sealed=None, phone_index=None)

    done = apply_change(Ask.cancel(tomorrow), by=supervisor, now=NOON)

    assert [row.booking for row in unreachable(done.change)] == [booking]
    assert not Message.objects.filter(kind="withdrawn").exists()


def test_nobody_stays_planned_at_a_window_that_closes(tomorrow, windows, hall, supervisor):
    people = [make_staff(f"planned-{n}", hall, "clerk") for n in (1, 2)]
    period = SessionWindow.objects.filter(session=tomorrow)[0].period
    for person, window in zip(people, windows[:2], strict=True):
        RosterEntry.objects.create(
            staff=person, session=tomorrow, window=window, period=period, made_at=NOON
        )
    ask = Ask.cut(tomorrow, windows=(windows[1].pk,), ends_at=slot_at(tomorrow, 12).starts_at)
    assert preview_change(ask, now=NOON).overtime_people == ["planned-1", "planned-2"]

    done = apply_change(ask, by=supervisor, now=NOON)

    first, second = RosterEntry.objects.order_by("pk")
    assert first.is_cancelled
    assert second.period.upper == slot_at(tomorrow, 12).starts_at
    undo_change(done.change, by=supervisor, now=NOON)
    assert {row.period for row in RosterEntry.objects.filter(is_cancelled=False)} == {period}
    assert RosterEntry.objects.filter(is_cancelled=False).count() == 2


def test_minutes_that_somebody_moved_by_hand_are_taken_back_alike(tomorrow, supervisor):
    before, after = slot_at(tomorrow, 10), slot_at(tomorrow, 10)
    after.online_quota, after.walkin_quota = 50, 40
    after.save()
    change = note_places(session=tomorrow, before=[before], after=[after], by=supervisor, now=NOON)

    undo_change(change, by=supervisor, now=NOON)

    assert slot_at(tomorrow, 10).online_quota == 60
    assert changes_of(tomorrow)[0].undone_by == supervisor


def test_two_visits_of_one_person_never_land_on_one_day(tomorrow, book, supervisor):
    later = make_session(
        tomorrow.hall, [one.window for one in tomorrow.staffed.all()],
        day=NEXT_DAY + timedelta(days=4), online=60,
    )  # fmt: skip
    second = make_session(
        tomorrow.hall, [one.window for one in tomorrow.staffed.all()],
        day=NEXT_DAY + timedelta(days=1), online=60,
    )  # fmt: skip
    pickup = Window.objects.get(number=3, hall=tomorrow.hall).matters.get(code="PICKUP")
    book(slot_at(tomorrow, 10), 1)
    book(slot_at(second, 10), 1, matter=pickup)
    ask = Ask.close(tomorrow.hall, closes_at=tomorrow.starts_at, opens_at=second.ends_at)

    done = apply_change(ask, by=supervisor, now=NOON)

    assert sorted(row.state for row in done.displaced) == ["moved", "withdrawn"]
    assert Booking.objects.filter(slot__session=later, state="confirmed").count() == 1
    assert Displaced.objects.count() == 2
    assert Slot.objects.filter(session=later, online_taken__gt=0).count() == 1
    nothing_is_broken()
