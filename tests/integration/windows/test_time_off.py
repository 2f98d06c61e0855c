"""Time off in lieu: earned, used, expired, put right. # C26"""

from datetime import time, timedelta

import pytest

from appointments.invariants import holds
from config import civil
from queues.calling import sign_out
from tests.conftest import DAY, NOON
from windows import time_off
from windows.absences import note, withdraw
from windows.models import Rule, TimeOffEntry
from windows.shifts import sign_in
from windows.time_off import NoMinutes, NoReason, NotEnough

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(days=1)


def balance(staff) -> int:
    return time_off.balances([staff.pk]).get(staff.pk, 0)


def stay(staff, window, minutes: int):
    sign_in(staff=staff, window=window, now=NOON)
    sign_out(staff=staff, now=civil.city_instant(DAY, time(17)) + timedelta(minutes=minutes))


@pytest.fixture
def earned(session, windows, clerk):
    """Ninety minutes of overtime, granted on the next day."""
    stay(clerk, windows[0], 90)
    time_off.grant_due(now=LATER)
    return clerk


def test_each_minute_of_overtime_is_granted_once(earned):
    assert time_off.grant_due(now=LATER) == 0

    entry = TimeOffEntry.objects.get()
    assert (entry.minutes, entry.on, entry.kind) == (90, DAY, "grant")
    assert entry.expires_on == DAY + timedelta(days=181)
    assert balance(earned) == 90


def test_how_long_it_lasts_is_a_rule_of_the_hall(session, windows, clerk, hall):
    Rule.objects.create(name="time_off_expires_days", hall=hall, value=30, effective_on=DAY)
    stay(clerk, windows[0], 90)

    time_off.grant_due(now=LATER)

    assert TimeOffEntry.objects.get().expires_on == DAY + timedelta(days=31)


def test_it_is_used_and_no_more_than_there_is(earned):
    time_off.use(staff=earned, minutes=60, on=DAY, by=None, now=LATER)

    with pytest.raises(NotEnough, match="clerk has 30 minutes"):
        time_off.use(staff=earned, minutes=31, on=DAY, by=None, now=LATER)
    with pytest.raises(NoMinutes):
        time_off.use(staff=earned, minutes=0, on=DAY, by=None, now=LATER)
    assert balance(earned) == 30


def test_what_expires_first_is_used_first(earned):
    time_off.correct(staff=earned, minutes=30, note="Counted again", by=None, now=LATER)

    used = time_off.use(staff=earned, minutes=100, on=DAY, by=None, now=LATER)

    assert [one.minutes for one in used] == [-90, -10]
    assert [source.left for source in time_off.sources(earned)] == [20]


def test_what_is_left_expires_the_day_after_its_last_day(earned):
    time_off.use(staff=earned, minutes=60, on=DAY, by=None, now=LATER)
    last = NOON + timedelta(days=181)

    assert time_off.expire_due(now=last) == 0
    assert time_off.expire_due(now=last + timedelta(days=1)) == 1
    assert time_off.expire_due(now=last + timedelta(days=1)) == 0
    assert balance(earned) == 0
    assert TimeOffEntry.objects.get(kind="expire").minutes == -30


def test_it_is_not_used_on_a_day_after_its_last(earned):
    with pytest.raises(NotEnough, match="0 minutes"):
        time_off.use(staff=earned, minutes=1, on=DAY + timedelta(days=182), by=None, now=LATER)


def test_it_is_put_right_with_a_reason(earned):
    time_off.correct(staff=earned, minutes=-15, note="Counted twice", by=None, now=LATER)

    assert balance(earned) == 75
    with pytest.raises(NoReason):
        time_off.correct(staff=earned, minutes=5, note=" ", by=None, now=LATER)
    with pytest.raises(NotEnough):
        time_off.correct(staff=earned, minutes=-76, note="More", by=None, now=LATER)


def away(staff, minutes=None):
    begins = civil.city_instant(DAY + timedelta(days=5), time(9))
    return note(
        staff=staff, begins=begins, ends=begins + timedelta(hours=1), reason="in_lieu",
        minutes=minutes, by=None, now=LATER,
    )  # fmt: skip


def test_an_absence_in_lieu_takes_it_and_withdrawn_gives_it_back(earned):
    absence = away(earned, minutes=60)
    assert balance(earned) == 30

    withdraw(absence=absence, by=None, now=LATER)
    withdraw(absence=absence, by=None, now=LATER)

    assert balance(earned) == 90
    assert [one.left for one in time_off.sources(earned)] == [90]


def test_what_comes_back_after_its_last_day_is_not_lost(earned):
    absence = away(earned, minutes=60)
    much_later = NOON + timedelta(days=200)
    time_off.expire_due(now=much_later)

    withdraw(absence=absence, by=None, now=much_later)
    time_off.expire_due(now=much_later)

    assert balance(earned) == 60


def test_more_than_there_is_leaves_no_absence_either(earned):
    with pytest.raises(NotEnough):
        away(earned, minutes=600)

    assert not earned.absences.exists()


def test_balances_are_what_is_left_of_all_sources(earned):
    time_off.correct(staff=earned, minutes=45, note="A Sunday", by=None, now=LATER)
    away(earned, minutes=100)
    time_off.expire_due(now=NOON + timedelta(days=400))

    assert balance(earned) == sum(one.left for one in time_off.sources(earned)) == 35
    assert not [one for one in holds(LATER) if "I20" in str(one)]
