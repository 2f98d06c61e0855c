"""Races around rosters and time off: one person, one window, one balance. # C26"""

from datetime import time, timedelta
from functools import partial

import pytest

from config import civil
from queues.calling import sign_out
from tests.concurrency.asking import nothing_is_broken
from tests.concurrency.interleaving import after
from tests.conftest import DAY, NOON, make_session, race
from windows import absences, swapping, time_off
from windows.models import Absence, RosterEntry, Swap, TimeOffEntry
from windows.rostering import PlannedElsewhere, WindowPlanned, assign, remove, roster_of
from windows.shifts import sign_in
from windows.suggesting import LookAgain, digest_of, plan_all, suggest
from windows.time_off import NotEnough, SpentMeanwhile

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tomorrow(hall, windows):
    return make_session(hall, windows, day=DAY + timedelta(days=1))


@pytest.fixture
def earned(clerk):
    """An hour that can be used."""
    time_off.correct(staff=clerk, minutes=60, note="A Sunday", by=None, now=NOON)
    return clerk


def plan(staff, session, window):
    return partial(assign, staff=staff, session=session, window=window, by=None, now=NOON)


def spend(staff, minutes: int = 60):
    return partial(time_off.use, staff=staff, minutes=minutes, on=DAY, by=None, now=NOON)


def test_two_uses_of_one_balance_one_is_told_what_is_left(earned):
    outcomes = race(*[spend(earned) for _ in range(6)])

    assert outcomes.count(NotEnough) == 5
    assert time_off.balances([earned.pk]) == {earned.pk: 0}
    nothing_is_broken()


def test_without_our_lock_the_database_still_lets_nobody_overdraw(earned, monkeypatch):
    """The guard taken away: both see the whole balance, and the trigger says no."""
    monkeypatch.setattr(time_off, "lock_ledger", lambda staff: None)

    told, _waited = after(spend(earned), spend(earned))

    assert told is SpentMeanwhile
    assert time_off.balances([earned.pk]) == {earned.pk: 0}
    nothing_is_broken()


def test_overtime_is_granted_once_by_two_jobs(earned, session, windows):
    sign_in(staff=earned, window=windows[0], now=NOON)
    sign_out(staff=earned, now=civil.city_instant(DAY, time(17, 30)))

    race(*[partial(time_off.grant_due, now=NOON + timedelta(hours=8)) for _ in range(4)])

    assert TimeOffEntry.objects.filter(kind="grant").count() == 1
    nothing_is_broken()


def test_an_absence_in_lieu_twice_takes_the_time_once(earned):
    begins = civil.city_instant(DAY + timedelta(days=1), time(9))
    away = partial(
        absences.note, staff=earned, begins=begins, ends=begins + timedelta(hours=1),
        reason="in_lieu", minutes=60, by=None, now=NOON,
    )  # fmt: skip

    race(away, away, away)

    assert Absence.objects.count() == 1
    assert time_off.balances([earned.pk]) == {earned.pk: 0}


def test_one_window_is_given_to_one_of_two_people(tomorrow, windows, clerks):
    outcomes = race(*[plan(staff, tomorrow, windows[0]) for staff in clerks])

    assert outcomes.count(WindowPlanned) == 2
    assert len(roster_of(tomorrow)) == 1


def test_one_person_is_given_to_one_of_two_windows(tomorrow, windows, clerks):
    outcomes = race(*[plan(clerks[0], tomorrow, window) for window in windows])

    assert outcomes.count(PlannedElsewhere) == 2
    assert len(roster_of(tomorrow)) == 1


def test_two_supervisors_plan_the_same_week(hall, tomorrow, windows, clerks):
    proposals = suggest(hall, DAY, now=NOON)
    seen = digest_of(proposals)

    def apply():
        return plan_all(suggest(hall, DAY, now=NOON), expect=seen, by=None, now=NOON)

    outcomes = race(apply, apply)

    assert [one for one in outcomes if one is not LookAgain]
    assert RosterEntry.objects.filter(is_cancelled=False).count() == 3


def test_confirmed_and_taken_out_at_once_nothing_hangs(tomorrow, windows, clerks, supervisor):
    entry = plan(clerks[0], tomorrow, windows[0])()
    swap = swapping.ask(entry=entry, to=clerks[1], by=clerks[0], now=NOON)
    swapping.answer(swap=swap, agrees=True, by=clerks[1], now=NOON)

    race(
        partial(swapping.confirm, swap=swap, by=supervisor, now=NOON),
        partial(remove, entry=entry, by=supervisor, now=NOON),
    )

    swap.refresh_from_db()
    there = [one.staff for one in roster_of(tomorrow)]
    assert (swap.state, there) in [("done", [clerks[1]]), ("withdrawn", [])]
    assert Swap.objects.count() == 1
