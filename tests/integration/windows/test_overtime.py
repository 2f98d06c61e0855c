"""Overtime: the minutes somebody stayed after the planned end. Row C3, C26."""

from datetime import date, time, timedelta

import pytest

from config import civil
from queues.calling import sign_out
from tests.conftest import DAY, make_session
from windows.models import Break, HallSession, OvertimeEntry, SessionWindow
from windows.overtime import earn, ledger, minutes_of
from windows.shifts import pause, resume, service_day_at, sign_in

pytestmark = pytest.mark.django_db
NEXT_DAY = DAY + timedelta(days=1)


def at(hour: int, minute: int = 0, day: date = DAY):
    return civil.city_instant(day, time(hour, minute))


@pytest.fixture
def stays(clerk, windows):
    """Signs in and out at window 1; returns the minutes in the ledger."""

    def stayed(begins, ends) -> list[int]:
        sign_in(staff=clerk, window=windows[0], now=begins)
        sign_out(staff=clerk, now=ends)
        return list(OvertimeEntry.objects.order_by("pk").values_list("minutes", flat=True))

    return stayed


def test_who_stays_after_closing_earns_the_minutes(session, stays):
    assert stays(at(9), at(17, 25)) == [25]

    entry = OvertimeEntry.objects.get()
    assert (entry.session, entry.service_day) == (session, DAY)


@pytest.mark.parametrize("ends", [at(16, 30), at(17), at(17, 0) + timedelta(seconds=59)])
def test_who_leaves_in_time_earns_nothing(session, stays, ends):
    assert stays(at(9), ends) == []


def test_a_shift_longer_than_the_session_counts_after_it_only(session, stays):
    assert stays(at(7, 30), at(17, 30)) == [30]


def test_who_takes_over_after_closing_earns_from_then(session, stays):
    assert stays(at(17, 10), at(17, 30)) == [20]


def test_a_rest_and_a_meal_after_closing_do_not_count(session, clerk, windows):
    sign_in(staff=clerk, window=windows[0], now=at(9))
    pause(staff=clerk, now=at(16, 50))
    resume(staff=clerk, now=at(17, 5))  # five minutes of it after closing
    pause(staff=clerk, now=at(17, 10), reason=Break.Reason.MEAL)
    resume(staff=clerk, now=at(17, 20))
    sign_out(staff=clerk, now=at(17, 40))

    assert OvertimeEntry.objects.get().minutes == 25


def test_a_rest_that_lasts_until_the_sign_out_does_not_count(session, clerk, windows):
    sign_in(staff=clerk, window=windows[0], now=at(9))
    pause(staff=clerk, now=at(17, 20))
    sign_out(staff=clerk, now=at(17, 50))

    assert OvertimeEntry.objects.get().minutes == 20


@pytest.mark.parametrize("reason", [Break.Reason.FAULT, Break.Reason.ERRAND])
def test_a_fault_or_an_errand_for_the_hall_is_work(session, clerk, windows, reason):
    sign_in(staff=clerk, window=windows[0], now=at(9))
    pause(staff=clerk, now=at(17, 10), reason=reason)
    resume(staff=clerk, now=at(17, 20))
    sign_out(staff=clerk, now=at(17, 40))

    assert OvertimeEntry.objects.get().minutes == 40


def test_a_night_session_counts_for_its_service_day(hall, windows, stays):
    """C1: 18:30-00:30; the date on the wall has changed meanwhile."""
    night = make_session(hall, windows, opens=time(18, 30), closes=time(0, 30), kind="night")

    assert stays(at(18, 20), at(1, 10, NEXT_DAY)) == [40]

    entry = OvertimeEntry.objects.get()
    assert (entry.session, entry.service_day) == (night, DAY)


def test_who_takes_over_after_midnight_counts_for_the_evening(hall, windows, stays):
    make_session(hall, windows, opens=time(18, 30), closes=time(0, 30), kind="night")

    assert service_day_at(hall.pk, at(0, 40, NEXT_DAY)) == DAY
    assert stays(at(0, 40, NEXT_DAY), at(1, 0, NEXT_DAY)) == [20]
    assert OvertimeEntry.objects.get().service_day == DAY


def test_two_sessions_back_to_back_count_once_after_the_second(hall, windows, session, stays):
    make_session(hall, windows, opens=time(17), closes=time(20), kind="late")

    assert stays(at(9), at(17, 5)) == []  # the window goes on: planned
    assert stays(at(17, 10), at(20, 15)) == [15]


def test_between_two_sessions_of_a_day_the_first_one_counts(hall, windows, session, stays):
    evening = make_session(hall, windows, opens=time(18, 30), closes=time(20), kind="late")

    assert stays(at(9), at(17, 20)) == [20]
    assert stays(at(18, 20), at(20, 5)) == [20, 5]
    assert OvertimeEntry.objects.last().session == evening


def test_an_evening_at_other_windows_is_not_this_clerks(hall, windows, session, stays):
    make_session(hall, windows[1:], opens=time(17), closes=time(20), kind="late")

    assert stays(at(9), at(17, 30)) == [30]


def test_at_a_window_that_no_session_planned_the_halls_hours_count(hall, windows, stays):
    make_session(hall, windows[1:])

    assert stays(at(9), at(17, 15)) == [15]


def test_a_window_that_was_taken_out_of_the_evening_ends_with_the_day(
    hall, windows, session, stays
):
    evening = make_session(hall, windows, opens=time(17), closes=time(20), kind="late")
    SessionWindow.objects.filter(session=evening, window=windows[0]).update(is_cancelled=True)

    assert stays(at(9), at(17, 30)) == [30]


def test_a_cancelled_session_is_none(hall, windows, session, stays):
    HallSession.objects.update(state="cancelled")

    assert stays(at(9), at(18)) == []


def test_a_forgotten_sign_out_earns_no_night(session, stays):
    HallSession.objects.update(closed_at=at(17, 20))

    assert stays(at(9), at(8, 0, NEXT_DAY)) == [30]


def test_a_sign_out_forgotten_until_the_next_session_still_earns(hall, windows, session, stays):
    """The evening's minutes are not lost because the next morning has begun."""
    HallSession.objects.update(closed_at=at(17, 20))
    make_session(hall, windows, day=NEXT_DAY)

    assert stays(at(9), at(9, 5, NEXT_DAY)) == [30]


def test_a_shift_earns_once(session, clerk, windows):
    shift = sign_in(staff=clerk, window=windows[0], now=at(9))
    sign_out(staff=clerk, now=at(17, 25))
    shift.refresh_from_db()

    with pytest.raises(Exception, match="overtime_once_per_shift"):
        earn(shift=shift, now=at(17, 30))


def test_the_month_of_a_person_and_of_a_hall(hall, windows, session, stays, clerk, other_hall):
    make_session(hall, windows, day=NEXT_DAY)
    stays(at(9), at(17, 10))
    stays(at(17, 10), at(17, 30))
    stays(at(9, day=NEXT_DAY), at(17, 5, NEXT_DAY))

    assert minutes_of(clerk, DAY) == 35
    assert minutes_of(clerk, date(2027, 2, 28)) == 0
    (person,) = ledger(hall, DAY)
    assert [(one.day, one.minutes) for one in person.days] == [(DAY, 30), (NEXT_DAY, 5)]
    assert person.minutes == 35
    assert ledger(other_hall, DAY) == []
