"""Absences that people ask for themselves: asked, agreed to, refused, withdrawn. # C26"""

from datetime import time, timedelta

import pytest

from config import civil
from config.refusals import NotFound
from tests.conftest import DAY, NOON, make_session, make_staff, race
from windows import absences, asking_absence, time_off
from windows.asking_absence import agree, ask, open_in, refuse, shown_to, withdraw
from windows.models import Absence, AbsenceRequest, Staff
from windows.rostering import assign

pytestmark = pytest.mark.django_db
TOMORROW = DAY + timedelta(days=1)


def at(hour: int, *, days: int = 1):
    return civil.city_instant(DAY + timedelta(days=days), time(hour))


def asked_by(staff, begins=None, ends=None, **more):
    said = {"reason": "leave", "begins": begins or at(9), "ends": ends or at(13), "now": NOON}
    return ask(by=staff, **{**said, **more})


def has_hours_off(staff, minutes: int) -> None:
    time_off.correct(staff=staff, minutes=minutes, note="Earned", by=None, now=NOON)


@pytest.fixture
def planned(hall, windows, clerks):
    """Clerk 1 at window 1 tomorrow, from nine to five."""
    tomorrow = make_session(hall, windows, day=TOMORROW)
    return assign(staff=clerks[0], session=tomorrow, window=windows[0], by=None, now=NOON)


class TestAsking:
    def test_nothing_changes_before_somebody_agrees(self, planned, clerks, hall):
        asked = asked_by(clerks[0], note="  Moving house ")

        assert (asked.state, asked.note) == ("asked", "Moving house")
        assert [one.pk for one in open_in(hall, now=NOON)] == [asked.pk]
        assert not Absence.objects.exists()

    def test_today_can_be_asked_for_as_a_whole_and_yesterday_cannot(self, clerks):
        today, yesterday = civil.city_day(DAY), civil.city_day(DAY - timedelta(days=1))
        asked_by(clerks[0], *today, reason="sick")

        with pytest.raises(asking_absence.DayOver):
            asked_by(clerks[1], *yesterday)
        with pytest.raises(asking_absence.DayOver):
            asked_by(clerks[1], at(9, days=0), at(12, days=0))

    def test_what_could_not_be_noted_is_not_asked(self, clerks):
        absences.note(
            staff=clerks[0], begins=at(9), ends=at(10), reason="training", by=None, now=NOON
        )

        with pytest.raises(absences.AbsentThen):
            asked_by(clerks[0])
        with pytest.raises(absences.EndsFirst):
            asked_by(clerks[0], at(9), at(9))
        with pytest.raises(absences.TooLong):
            asked_by(clerks[0], at(12), at(12, days=500))
        assert not AbsenceRequest.objects.exists()

    def test_the_same_time_is_asked_for_once(self, clerks):
        first = asked_by(clerks[0])

        with pytest.raises(asking_absence.AskedThen):
            asked_by(clerks[0], at(12), at(15))
        asked_by(clerks[1], at(12), at(15))
        withdraw(request=first, by=clerks[0], now=NOON)
        asked_by(clerks[0], at(12), at(15))

        assert AbsenceRequest.objects.filter(state="asked").count() == 2

    def test_no_more_time_off_than_there_is(self, planned, clerks):
        has_hours_off(clerks[0], 239)

        with pytest.raises(time_off.NotEnough, match="239 minutes"):
            asked_by(clerks[0], reason="in_lieu")
        with pytest.raises(time_off.NoMinutes):
            asked_by(clerks[0], at(9, days=9), at(13, days=9), reason="in_lieu")
        asked_by(clerks[0], reason="in_lieu", minutes=200)

        assert time_off.balances([clerks[0].pk])[clerks[0].pk] == 239


class TestAnswering:
    def test_agreed_it_is_noted_and_uncovered_until_somebody_stands_in(
        self, planned, clerks, supervisor, hall
    ):
        asked = asked_by(clerks[0])

        for _press in range(2):
            agreed = agree(request=asked, hall=hall, by=supervisor, now=NOON)

        assert (agreed.state, agreed.answered_by) == ("agreed", supervisor)
        (missing,) = absences.uncovered(Absence.objects.get())
        assert missing.minutes == 240

    def test_time_off_is_taken_when_it_is_agreed_to(self, planned, clerks, supervisor, hall):
        has_hours_off(clerks[0], 300)
        asked = asked_by(clerks[0], reason="in_lieu")

        agree(request=asked, hall=hall, by=supervisor, now=NOON)

        assert time_off.balances([clerks[0].pk])[clerks[0].pk] == 60

    def test_what_cannot_be_any_more_stays_open(self, planned, clerks, supervisor, hall):
        has_hours_off(clerks[0], 240)
        asked = asked_by(clerks[0], reason="in_lieu")
        time_off.correct(staff=clerks[0], minutes=-30, note="Wrong", by=None, now=NOON)

        with pytest.raises(time_off.NotEnough):
            agree(request=asked, hall=hall, by=supervisor, now=NOON)

        asked.refresh_from_db()
        assert asked.state == "asked"
        assert not Absence.objects.exists()

    def test_refused_with_a_reason_for_good(self, planned, clerks, supervisor, hall):
        asked = asked_by(clerks[0])
        with pytest.raises(asking_absence.NoReason):
            refuse(request=asked, hall=hall, answer="  ", by=supervisor, now=NOON)

        refuse(request=asked, hall=hall, answer="Exam week", by=supervisor, now=NOON)

        with pytest.raises(asking_absence.RequestOver, match="Refused"):
            agree(request=asked, hall=hall, by=supervisor, now=NOON)
        (shown,) = shown_to(clerks[0], now=NOON)
        assert (shown.state, shown.answer) == ("refused", "Exam week")

    def test_only_who_runs_a_hall_of_the_person_and_never_oneself(
        self, clerks, supervisor, hall, other_hall
    ):
        asked, own = asked_by(clerks[0]), asked_by(supervisor)
        elsewhere = make_staff("elsewhere", other_hall, "supervisor")

        with pytest.raises(NotFound):
            agree(request=asked, hall=hall, by=clerks[1], now=NOON)
        with pytest.raises(NotFound):
            agree(request=asked, hall=other_hall, by=elsewhere, now=NOON)
        with pytest.raises(asking_absence.OwnQuestion):
            agree(request=own, hall=hall, by=supervisor, now=NOON)

    def test_nobody_agrees_to_what_is_over(self, clerks, supervisor, hall):
        asked = asked_by(clerks[0])

        with pytest.raises(asking_absence.TooLate):
            agree(request=asked, hall=hall, by=supervisor, now=at(13))
        assert not open_in(hall, now=at(13)).exists()


class TestWithdrawing:
    def test_until_it_begins_and_the_time_off_comes_back(self, planned, clerks, supervisor, hall):
        has_hours_off(clerks[0], 240)
        asked = asked_by(clerks[0], reason="in_lieu")
        agree(request=asked, hall=hall, by=supervisor, now=NOON)

        with pytest.raises(asking_absence.HasBegun):
            withdraw(request=asked, by=clerks[0], now=at(9))
        withdraw(request=asked, by=clerks[0], now=NOON)

        assert Absence.objects.get().is_cancelled
        assert time_off.balances([clerks[0].pk])[clerks[0].pk] == 240
        assert shown_to(clerks[0], now=NOON) == []

    def test_nobody_elses(self, clerks):
        asked = asked_by(clerks[0])

        with pytest.raises(NotFound):
            withdraw(request=asked, by=clerks[1], now=NOON)

    def test_a_supervisor_who_withdraws_the_absence_tells_the_person(
        self, planned, clerks, supervisor, hall
    ):
        asked = asked_by(clerks[0])
        agreed = agree(request=asked, hall=hall, by=supervisor, now=NOON)
        asking_absence.see(clerks[0], now=NOON)

        absences.withdraw(absence=agreed.absence, by=supervisor, now=NOON)

        (shown,) = shown_to(clerks[0], now=NOON)
        assert (shown.state, shown.withdrawn_by, shown.seen_at) == ("withdrawn", supervisor, None)
        assert asking_absence.see(clerks[0], now=NOON) == 1


@pytest.mark.django_db(transaction=True)
def test_agreed_and_withdrawn_at_once_one_of_them_is_last(planned, clerks, supervisor, hall):
    """Whoever wins, an absence stands only where the question is agreed to."""
    asked = asked_by(clerks[0])

    race(
        lambda: agree(request=asked, hall=hall, by=supervisor, now=NOON),
        lambda: withdraw(request=asked, by=Staff.objects.get(pk=clerks[0].pk), now=NOON),
    )

    asked.refresh_from_db()
    assert asked.state == "withdrawn"
    assert not Absence.objects.filter(is_cancelled=False).exists()
