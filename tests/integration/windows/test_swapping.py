"""Absences with stand-ins, and swaps between colleagues. # C26"""

from datetime import time, timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from config import civil
from config.refusals import NotFound
from tests.conftest import DAY, NOON, make_session
from windows import swapping
from windows.absences import (
    AbsentThen,
    EndsFirst,
    NotNeeded,
    TooLong,
    cover,
    note,
    stand_ins,
    uncovered,
    withdraw,
)
from windows.models import RosterEntry, Swap
from windows.rostering import IsAbsent, PlannedElsewhere, assign, remove, roster_of

pytestmark = pytest.mark.django_db
TOMORROW = DAY + timedelta(days=1)


def at(hour: int, *, days: int = 1):
    return civil.city_instant(DAY + timedelta(days=days), time(hour))


def who(session):
    return {
        (e.window.number, civil.city_time(e.period.lower).hour): e.staff.username
        for e in roster_of(session)
    }


def absent(staff, begins, ends, **more):
    said = {"reason": "sick", "by": None, "now": NOON, **more}
    return note(staff=staff, begins=begins, ends=ends, **said)


@pytest.fixture
def tomorrow(hall, windows):
    return make_session(hall, windows, day=TOMORROW)


@pytest.fixture
def planned(tomorrow, windows, clerks):
    """Clerk 1 at window 1, clerk 2 at window 2, tomorrow; clerk 3 has nothing to do."""
    return [
        assign(staff=clerks[n], session=tomorrow, window=windows[n], by=None, now=NOON)
        for n in (0, 1)
    ]


class TestAbsence:
    def test_what_was_planned_is_uncovered_until_somebody_stands_in(
        self, planned, tomorrow, clerks
    ):
        absence = absent(clerks[0], at(9), at(13))
        (missing,) = uncovered(absence)
        assert missing.minutes == 240

        best = stand_ins(missing, now=NOON)
        assert [one.staff for one in best] == [clerks[2]]
        cover(absence=absence, entry=missing.entry, staff=clerks[2], by=None, now=NOON)

        assert who(tomorrow) == {(1, 9): "clerk-3", (1, 13): "clerk-1", (2, 9): "clerk-2"}
        assert uncovered(absence) == []

    def test_covered_twice_is_told(self, planned, clerks):
        absence = absent(clerks[0], at(9), at(13))
        cover(absence=absence, entry=planned[0], staff=clerks[2], by=None, now=NOON)

        with pytest.raises(NotNeeded):
            cover(absence=absence, entry=planned[0], staff=clerks[2], by=None, now=NOON)

    def test_somebody_who_is_busy_cannot_stand_in_and_nothing_changes(
        self, planned, tomorrow, clerks
    ):
        absence = absent(clerks[0], at(9), at(13))

        with pytest.raises(PlannedElsewhere):
            cover(absence=absence, entry=planned[0], staff=clerks[1], by=None, now=NOON)

        assert who(tomorrow) == {(1, 9): "clerk-1", (2, 9): "clerk-2"}

    def test_withdrawn_the_person_is_there_again(self, planned, clerks):
        absence = absent(clerks[0], at(9), at(13))

        withdraw(absence=absence, by=None, now=NOON)

        assert absent(clerks[0], at(9), at(13)).pk != absence.pk

    def test_what_cannot_be(self, clerks):
        absent(clerks[0], at(9), at(13))

        with pytest.raises(AbsentThen, match="2027-03-05 09:00–13:00"):
            absent(clerks[0], at(12), at(14))
        with pytest.raises(EndsFirst):
            absent(clerks[1], at(12), at(12))
        with pytest.raises(TooLong):
            absent(clerks[1], at(12), at(12, days=500))


class TestSwap:
    def test_taken_over_once_both_agree(self, planned, tomorrow, clerks, supervisor):
        swap = swapping.ask(entry=planned[0], to=clerks[2], by=clerks[0], now=NOON)
        assert who(tomorrow)[1, 9] == "clerk-1"

        swapping.answer(swap=swap, agrees=True, by=clerks[2], now=NOON)
        assert who(tomorrow)[1, 9] == "clerk-1"
        swapping.confirm(swap=swap, by=supervisor, now=NOON)
        swapping.confirm(swap=swap, by=supervisor, now=NOON)

        assert who(tomorrow) == {(1, 9): "clerk-3", (2, 9): "clerk-2"}
        assert Swap.objects.get().state == "done"

    def test_exchanged_at_the_same_hours(self, planned, tomorrow, clerks, supervisor):
        swap = swapping.ask(
            entry=planned[0], to=clerks[1], for_entry=planned[1], by=clerks[0], now=NOON
        )
        swapping.answer(swap=swap, agrees=True, by=clerks[1], now=NOON)

        swapping.confirm(swap=swap, by=supervisor, now=NOON)

        assert who(tomorrow) == {(1, 9): "clerk-2", (2, 9): "clerk-1"}

    def test_what_could_not_be_done_is_not_asked(self, planned, clerks):
        with pytest.raises(PlannedElsewhere):
            swapping.ask(entry=planned[0], to=clerks[1], by=clerks[0], now=NOON)
        with pytest.raises(swapping.AskYourself):
            swapping.ask(entry=planned[0], to=clerks[0], by=clerks[0], now=NOON)
        with pytest.raises(swapping.NotYours):
            swapping.ask(entry=planned[1], to=clerks[2], by=clerks[0], now=NOON)
        assert not RosterEntry.objects.filter(is_cancelled=True).exists()

    def test_nor_confirmed_when_the_colleague_is_absent_meanwhile(
        self, planned, tomorrow, clerks, supervisor
    ):
        swap = swapping.ask(entry=planned[0], to=clerks[2], by=clerks[0], now=NOON)
        swapping.answer(swap=swap, agrees=True, by=clerks[2], now=NOON)
        absent(clerks[2], at(9), at(10))

        with pytest.raises(IsAbsent):
            swapping.confirm(swap=swap, by=supervisor, now=NOON)

        assert who(tomorrow)[1, 9] == "clerk-1"
        assert Swap.objects.get().state == "agreed"

    def test_one_question_at_a_time(self, planned, clerks):
        swapping.ask(entry=planned[0], to=clerks[2], by=clerks[0], now=NOON)

        with pytest.raises(swapping.SwapOpen):
            swapping.ask(entry=planned[0], to=clerks[2], by=clerks[0], now=NOON)

    def test_nothing_is_asked_once_the_time_has_begun(self, planned, clerks):
        with pytest.raises(swapping.HasBegun):
            swapping.ask(entry=planned[0], to=clerks[2], by=clerks[0], now=at(9))

    def test_only_the_colleague_answers_and_only_a_supervisor_confirms(
        self, planned, clerks, stranger_clerk
    ):
        swap = swapping.ask(entry=planned[0], to=clerks[2], by=clerks[0], now=NOON)

        with pytest.raises(NotFound):
            swapping.answer(swap=swap, agrees=True, by=stranger_clerk, now=NOON)
        with pytest.raises(NotFound):
            swapping.confirm(swap=swap, by=clerks[0], now=NOON)
        with pytest.raises(NotFound):
            swapping.withdraw(swap=swap, by=clerks[2], now=NOON)

    def test_no_step_is_left_out(self, planned, clerks, supervisor):
        swap = swapping.ask(entry=planned[0], to=clerks[2], by=clerks[0], now=NOON)

        with pytest.raises(swapping.SwapOver, match="Asked"):
            swapping.confirm(swap=swap, by=supervisor, now=NOON)
        swapping.answer(swap=swap, agrees=False, by=clerks[2], now=NOON)
        with pytest.raises(swapping.SwapOver, match="Refused"):
            swapping.answer(swap=swap, agrees=True, by=clerks[2], now=NOON)

    def test_what_is_not_planned_any_more_is_not_asked_about_either(self, planned, clerks):
        swapping.ask(entry=planned[0], to=clerks[2], by=clerks[0], now=NOON)

        remove(entry=planned[0], by=None, now=NOON)

        assert Swap.objects.get().state == "withdrawn"
        assert swapping.open_of(clerks[2]) == []

    def test_a_supervisor_says_no(self, planned, tomorrow, clerks, supervisor, hall):
        swap = swapping.ask(entry=planned[0], to=clerks[2], by=clerks[0], now=NOON)
        assert [one.pk for one in swapping.open_in(hall)] == [swap.pk]

        swapping.refuse(swap=swap, by=supervisor, now=NOON)

        assert swapping.open_in(hall) == []
        assert who(tomorrow)[1, 9] == "clerk-1"

    def test_part_of_a_session_is_taken_over(self, tomorrow, windows, clerks, supervisor):
        entry = assign(
            staff=clerks[0], session=tomorrow, window=windows[0],
            period=DateTimeTZRange(at(13), at(17)), by=None, now=NOON,
        )  # fmt: skip
        swap = swapping.ask(entry=entry, to=clerks[2], by=clerks[0], now=NOON)
        swapping.answer(swap=swap, agrees=True, by=clerks[2], now=NOON)

        swapping.confirm(swap=swap, by=supervisor, now=NOON)

        assert who(tomorrow) == {(1, 13): "clerk-3"}
