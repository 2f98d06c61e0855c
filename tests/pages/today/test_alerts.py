"""The hall today: alerts by the hall's own thresholds. # C3 C26"""

import re

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from appointments.models import Booking
from queues.calling import call_next, start
from tests.conftest import DAY, NOON, slot_at
from tests.pages.test_desk import text_of
from tests.pages.today.conftest import PAGE, minutes, wait
from windows import rostering
from windows.models import RosterEntry, Rule
from windows.shifts import pause, sign_in

pytestmark = pytest.mark.django_db


class TestAlerts:
    def test_nobody_at_a_window(self, boss, hall, renewal):
        wait(hall, renewal, 1)

        page = text_of(boss.get(PAGE))

        assert "People are waiting and no window is staffed." in page
        assert "Open a window" in page

    @pytest.mark.parametrize(("people", "said"), [(4, False), (5, True)])
    def test_as_many_as_the_halls_own_rule_says(self, boss, hall, renewal, people, said):
        Rule.objects.create(name="alert_waiting", value=5, hall=hall, effective_on=DAY)
        wait(hall, renewal, people)

        assert (f"{people} people are waiting." in text_of(boss.get(PAGE))) is said

    def test_a_long_wait(self, boss, hall, renewal, clerk, windows, clock):
        sign_in(staff=clerk, window=windows[0], now=NOON)
        wait(hall, renewal, 1)
        assert "has been waiting" not in text_of(boss.get(PAGE))

        clock.now = minutes(61)

        assert "Somebody has been waiting for 61 minutes." in text_of(boss.get(PAGE))

    def test_a_matter_that_no_open_window_serves(self, boss, hall, pickup, clerk, windows):
        sign_in(staff=clerk, window=windows[0], now=NOON)
        wait(hall, pickup, 2)

        page = boss.get(PAGE).content.decode()

        assert "2 people wait for “Pickup”, and no open window serves it." in page
        assert "matter=PICKUP" in page

    def test_a_window_that_calls_nobody_while_people_wait_for_it(
        self, boss, hall, renewal, clerk, windows, clock
    ):
        sign_in(staff=clerk, window=windows[1], now=NOON)
        clock.now = minutes(25)
        assert "called nobody" not in text_of(boss.get(PAGE))
        wait(hall, renewal, 3, clock.now)

        said = "Window 2: clerk called nobody for 25 minutes. Waiting for what it serves: 3 people."
        assert said in text_of(boss.get(PAGE))

    def test_a_window_that_works_is_not_silent(self, boss, hall, renewal, clerk, windows, clock):
        sign_in(staff=clerk, window=windows[1], now=NOON)
        wait(hall, renewal, 3)
        clock.now = minutes(30)
        call_next(window=windows[1], staff=clerk, now=minutes(15))

        assert "called nobody" not in text_of(boss.get(PAGE))

    def test_a_pause_that_lasts(self, boss, hall, renewal, clerk, windows, clock):
        sign_in(staff=clerk, window=windows[0], now=NOON)
        pause(staff=clerk, now=NOON)
        wait(hall, renewal, 1)
        clock.now = minutes(22)

        assert "Window 1: clerk has paused for 22 minutes." in text_of(boss.get(PAGE))

    def test_one_person_very_long(self, boss, hall, renewal, clerk, windows, clock):
        sign_in(staff=clerk, window=windows[0], now=NOON)
        wait(hall, renewal, 1)
        start(ticket=call_next(window=windows[0], staff=clerk, now=NOON), staff=clerk, now=NOON)
        clock.now = minutes(46)

        assert "clerk has been with A001 for 46 minutes." in text_of(boss.get(PAGE))

    def test_somebody_planned_who_is_not_there(self, boss, session, windows, clerk, supervisor):
        entry = rostering.assign(
            staff=clerk, session=session, window=windows[0], by=supervisor, now=NOON,
            period=DateTimeTZRange(minutes(-12), session.ends_at),
        )  # fmt: skip

        said = "Window 1: clerk has been planned for 12 minutes and is not there."
        assert said in text_of(boss.get(PAGE))
        RosterEntry.objects.filter(pk=entry.pk).update(is_cancelled=True)
        assert "is not there" not in text_of(boss.get(PAGE))

    def test_booked_people_who_do_not_come(self, boss, hall, session, book, clock):
        for name, value in {"alert_no_shows_least": 3, "alert_no_shows_percent": 60}.items():
            Rule.objects.create(name=name, value=value, hall=hall, effective_on=DAY)
        for person in range(3):
            book(slot_at(session, 13), person=person)
        clock.now = minutes(80)
        Booking.objects.filter(pk=Booking.objects.first().pk).update(state="no_show")

        assert "3 of 3 booked people who were due did not come (100 %)" in text_of(boss.get(PAGE))

    def test_who_is_not_called_before_closing(self, boss, hall, renewal, clerk, windows, clock):
        Rule.objects.create(name="alert_after_closing", value=3, hall=hall, effective_on=DAY)
        clock.now = minutes(4 * 60 + 45)
        sign_in(staff=clerk, window=windows[0], now=clock.now)
        wait(hall, renewal, 12, clock.now)

        page = text_of(boss.get(PAGE))

        assert re.search(r"About \d+ of those waiting will not be called before closing", page)
        assert "Extend the session" in page

    def test_no_alarm_on_a_calm_day(self, boss, hall, renewal, clerk, windows):
        sign_in(staff=clerk, window=windows[0], now=NOON)
        wait(hall, renewal, 1)

        assert 'class="notice alert' not in boss.get(PAGE).content.decode()
