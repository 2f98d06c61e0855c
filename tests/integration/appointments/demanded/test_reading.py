"""What an hour was asked for, also where it was full. # C8, C9

Tried with mutants, each red: one full slot (or the last one) makes a full hour, a full hour
judged by any weekday.
"""

from datetime import date, time, timedelta

import pytest

from appointments.demanded.censoring import full_hours
from appointments.demanded.facts import known_days
from appointments.demanded.reading import daily, wanted
from appointments.models import DayClosing
from tests.conftest import DAY, make_session
from windows.models import Rule

pytestmark = pytest.mark.django_db


@pytest.fixture
def nobody_comes_anyway(db):
    Rule.objects.create(name="twin_comes_anyway_percent", value=0, effective_on=date(2020, 1, 1))


def unmet_of(hall) -> float:
    (row,) = wanted([hall.pk], DAY, DAY)
    return row.unmet


def test_daily_adds_up_channels(hall, renewal, fact):
    fact("booked", 2)
    fact("booked", 3, channel="assisted")

    assert daily([hall.pk], DAY, DAY) == [(hall.pk, renewal.pk, DAY, 9, "booked", 5, 30)]
    assert daily([], DAY, DAY) == daily(None, NEXT, NEXT) == []


NEXT = DAY + timedelta(days=1)


def test_a_closed_day_is_known_as_closed_and_has_no_demand(hall, renewal, fact):
    fact("kiosk", 2)
    DayClosing.objects.update(was_open=False)

    assert known_days([hall.pk], DAY, NEXT) == {(hall.pk, DAY): False}
    assert wanted([hall.pk], DAY, DAY) == []


@pytest.mark.usefixtures("nobody_comes_anyway")
class TestUnmet:
    def test_who_searched_in_vain_was_not_met(self, hall, fact):
        fact("booked", 4)
        fact("walked_in", 2, channel="walkin")
        fact("searched", 3)

        (row,) = wanted([hall.pk], DAY, DAY)

        assert (row.booked, row.walked_in, row.unmet, row.people) == (4, 2, 3, 9)
        assert row.minutes == 54

    def test_who_waits_has_searched(self, hall, fact):
        fact("searched", 3)
        fact("waiting", 2)

        assert unmet_of(hall) == 3

    def test_more_who_wait_than_searched_are_all_unmet(self, hall, fact):
        fact("searched", 1)
        fact("waiting", 2)

        assert unmet_of(hall) == 2

    def test_who_was_refused_at_the_kiosk_adds(self, hall, fact):
        fact("searched", 1)
        fact("kiosk", 2, channel="kiosk")

        assert unmet_of(hall) == 3


def test_who_comes_anyway_is_counted_there(hall, fact):
    fact("searched", 10)

    assert unmet_of(hall) == pytest.approx(7)  # the rule says 30 percent


class TestCensored:
    def test_a_full_hour_was_asked_for_more(self, hall, thursdays):
        """Among 8, 10, 12, 10 and at least 10: 11.2 by expectation-maximisation."""
        (row,) = wanted([hall.pk], DAY, DAY)

        assert row.people == pytest.approx(11.2, abs=0.1)
        assert row.is_estimated
        assert row.minutes == pytest.approx(6 * row.people)

    def test_an_hour_with_room_was_asked_for_what_was_booked(self, hall, thursdays):
        thursdays.slots.update(online_taken=20)

        (row,) = wanted([hall.pk], DAY, DAY)

        assert (row.people, row.is_estimated) == (10, False)

    def test_another_weekday_says_nothing_about_it(self, hall, windows, thursdays, fact):
        for weeks in (1, 2, 3, 4):
            day = DAY - timedelta(weeks=weeks, days=1)
            make_session(hall, windows, day=day, closes=time(10), online=60)
            fact("booked", 30, day)

        (row,) = wanted([hall.pk], DAY, DAY)

        assert row.people == pytest.approx(11.2, abs=0.1)

    def test_searches_that_are_known_are_believed(self, hall, thursdays, fact):
        fact("searched", 10)

        (row,) = wanted([hall.pk], DAY, DAY)

        assert (row.unmet, row.is_estimated) == (7, False)

    def test_days_that_are_not_written_say_nothing(self, hall, thursdays):
        DayClosing.objects.exclude(service_day=DAY).delete()

        (row,) = wanted([hall.pk], DAY, DAY)

        assert (row.people, row.is_estimated) == (10, False)

    def test_full_is_when_the_shortest_matter_has_no_room(self, hall, windows, pickup):
        session = make_session(hall, windows, closes=time(10), online=30)
        session.slots.update(online_taken=28)
        assert full_hours([hall.pk], DAY, DAY) == {(hall.pk, DAY, 9): True}

        session.slots.update(online_taken=27)
        assert full_hours([hall.pk], DAY, DAY) == {(hall.pk, DAY, 9): False}

    def test_an_hour_with_one_slot_that_has_room_is_not_full(self, hall, windows, pickup):
        session = make_session(hall, windows, closes=time(10), online=30)
        first, last = session.slots.order_by("starts_at")
        for slot in (first, last):
            session.slots.update(online_taken=0)
            session.slots.filter(pk=slot.pk).update(online_taken=30)

            assert full_hours([hall.pk], DAY, DAY) == {(hall.pk, DAY, 9): False}
