"""Opening, previewing, undoing and extending sessions. C1 C4 C5 C8"""

from datetime import date, datetime, time, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from appointments.booking import SlotGone, hold
from appointments.offering import slots_of
from config import civil
from tests.conftest import DAY, NOON, PHONE, a_person, race, slot_at
from windows.calendar_days import day_kind
from windows.models import HallSession, Slot
from windows.planning import (
    SessionInPast,
    SessionTooFar,
    SessionTooLong,
    SessionTooShort,
    preview_session,
)
from windows.sessions import (
    HallClosed,
    HasBookings,
    NoWindows,
    SessionOver,
    WindowBusy,
    WindowElsewhere,
    WindowJustTaken,
    open_session,
    undo_session,
)

TOMORROW = DAY + timedelta(days=1)


@pytest.fixture
def evening(hall, windows):
    return {
        "hall": hall, "kind": "night", "day": DAY, "opens": time(18, 30), "closes": time(0, 30),
        "windows": windows, "now": NOON,
    }  # fmt: skip


def test_an_evening_past_midnight_has_one_service_day(evening, supervisor):
    # C1: the mutant that takes the slot's own date gives the last slot the day after
    session = open_session(**evening, by=supervisor)

    slots = list(session.slots.order_by("starts_at"))
    assert len(slots) == 12
    assert {slot.service_day for slot in slots} == {DAY}
    assert civil.city_time(slots[-1].starts_at) == datetime(2027, 3, 5, 0, tzinfo=civil.CITY)
    assert (session.opened_by, session.ends_at) == (supervisor, slots[-1].ends_at)


def test_it_can_be_booked_at_once(evening, renewal):
    session = open_session(**evening, by=None)

    offered = slots_of(hall=evening["hall"], matter=renewal, day=DAY, now=NOON)
    assert [slot.id for slot in offered][-1] == slot_at(session, 0).pk
    held = hold(
        slot_id=slot_at(session, 0).pk, matter=renewal, people=[a_person(1)], phone=PHONE, now=NOON
    )
    assert len(held.bookings) == 1


def test_the_preview_is_what_will_be_and_writes_nothing(evening):
    before = preview_session(**evening)
    assert not HallSession.objects.exists()

    session = open_session(**evening, by=None)

    slots = session.slots.order_by("starts_at")
    told = [
        (s.starts_at, s.ends_at, s.minutes, s.online, s.assisted, s.walkin) for s in before.slots
    ]
    assert told == list(
        slots.values_list(
            "starts_at", "ends_at", "minutes", "online_quota", "assisted_quota", "walkin_quota"
        )
    )
    assert before.ends_next_day
    assert (before.hours, before.staff_hours, before.places(6)) == (6, 18, 108)


def test_the_channels_fill_every_slot(evening):
    session = open_session(**evening | {"closes": time(0, 50)}, by=None)

    slots = session.slots.order_by("starts_at")
    assert [slot.minutes for slot in slots] == [90] * 12 + [60]
    for slot in slots:
        assert slot.online_quota + slot.assisted_quota + slot.walkin_quota == slot.minutes


def test_students_need_no_booking(evening):
    session = open_session(**evening | {"kind": "student"}, by=None)

    assert {(s.online_quota, s.walkin_quota) for s in session.slots.all()} == {(0, 90)}


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"opens": time(8), "closes": time(7, 30)}, SessionTooLong),
        ({"closes": time(18, 45)}, SessionTooShort),
        ({"day": DAY - timedelta(days=2)}, SessionInPast),
        ({"opens": time(8), "closes": time(12)}, SessionInPast),
        ({"day": DAY + timedelta(days=181)}, SessionTooFar),
        ({"windows": []}, NoWindows),
    ],
)
def test_what_cannot_be_is_refused_in_words(evening, change, refusal):
    with pytest.raises(refusal) as said:
        open_session(**evening | change, by=None)

    assert said.value.field
    assert "%(" not in str(said.value)
    assert not HallSession.objects.exists()


def test_a_hall_out_of_use_is_refused(evening, hall):
    hall.is_open = False

    with pytest.raises(HallClosed):
        open_session(**evening, by=None)


def test_a_window_of_another_hall_is_refused(evening, other_hall):
    with pytest.raises(WindowElsewhere):
        open_session(**evening | {"hall": other_hall}, by=None)


def test_a_window_that_is_not_in_use_is_refused(evening, windows):
    windows[0].is_in_use = False
    windows[0].save()

    with pytest.raises(WindowElsewhere):
        open_session(**evening, by=None)


def test_a_busy_window_names_the_other_session(evening, session):
    with pytest.raises(WindowBusy) as said:
        open_session(**evening | {"opens": time(16)}, by=None)

    assert "09:00–17:00" in str(said.value)
    assert "2027-03-04" in str(said.value)


def test_sessions_may_touch(evening, session):
    assert open_session(**evening | {"opens": time(17)}, by=None).pk


@pytest.mark.django_db(transaction=True)
def test_two_who_open_at_the_same_time_get_one_session(evening):
    # C8: window_in_one_session_at_a_time decides; without it both are opened
    def opened():
        return open_session(**evening, by=None)

    results = race(opened, opened)

    assert HallSession.objects.count() == 1
    refused = [result for result in results if not isinstance(result, HallSession)]
    assert set(refused) <= {WindowJustTaken, WindowBusy}
    assert len(refused) == 1


class TestUndo:
    def test_takes_it_out_of_the_offer_and_frees_the_windows(self, evening, renewal):
        session = open_session(**evening, by=None)

        undo_session(session=session, by=None, now=NOON)
        undo_session(session=session, by=None, now=NOON)

        session.refresh_from_db()
        assert session.state == "cancelled"
        assert slots_of(hall=evening["hall"], matter=renewal, day=DAY, now=NOON) == []
        with pytest.raises(SlotGone):
            hold(
                slot_id=slot_at(session, 19).pk, matter=renewal, people=[a_person(1)],
                phone=PHONE, now=NOON,
            )  # fmt: skip
        assert open_session(**evening, by=None).pk != session.pk

    def test_ends_with_the_first_booking(self, evening, book):
        session = open_session(**evening, by=None)
        book(slot_at(session, 19))

        with pytest.raises(HasBookings):
            undo_session(session=session, by=None, now=NOON)

        assert Slot.objects.filter(session=session, is_open=True).count() == 12

    def test_is_refused_when_it_is_over(self, evening):
        session = open_session(**evening, by=None)

        with pytest.raises(SessionOver):
            undo_session(session=session, by=None, now=session.ends_at)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("day", "workday", "confirmed"),
    [
        (date(2026, 10, 1), False, True),
        (date(2026, 10, 10), True, True),  # a Saturday on which people work
        (date(2040, 3, 3), False, False),
        (date(2040, 3, 5), True, False),
    ],
)
def test_the_calendar_knows_holidays_and_says_when_it_does_not(day, workday, confirmed):
    kind = day_kind(day)

    assert (kind.is_workday, kind.confirmed) == (workday, confirmed)


class TestCommand:
    ASKED = ("--hall=H01", "--day=2027-03-04", "--opens=18:30", "--closes=00:30")

    @pytest.fixture(autouse=True)
    def at_noon(self, monkeypatch):
        monkeypatch.setattr(civil, "now", lambda: NOON)

    def run(self, *more: str) -> str:
        out = StringIO()
        call_command("open_session", *self.ASKED, *more, stdout=out)
        return out.getvalue()

    def test_opens_the_free_windows(self, windows):
        told = self.run()

        assert "2027-03-05 00:30, windows 1, 2, 3, 12 slots" in told
        assert HallSession.objects.get().service_day == DAY

    def test_shows_without_opening(self, windows):
        assert "windows 2, 12 slots" in self.run("--windows", "2", "--dry-run")
        assert not HallSession.objects.exists()

    @pytest.mark.parametrize(
        "wrong", [("--hall=H99",), ("--windows", "9"), ("--closes=18:40",), ("--day=2020-01-01",)]
    )
    def test_refuses_in_words(self, windows, wrong):
        with pytest.raises(CommandError):
            self.run(*wrong)
