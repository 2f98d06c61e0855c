"""How full the halls' next days are, and in which order they stand. # C1 C4 C35"""

import re
from datetime import time

import pytest

from appointments.models import UnmetDemand
from queues.issuing import issue_walk_in
from tests.conftest import NOON, make_session
from tests.pages.city.conftest import CITY, SATURDAY, city_of, searched, text_of
from tests.pages.reading import words_of
from windows.models import Window

pytestmark = pytest.mark.django_db


class TestHeat:
    def test_a_full_day_that_is_searched_for_is_red_and_says_how_many(
        self, boss, hall, session, renewal
    ):
        session.slots.update(online_taken=90)
        searched(hall, renewal, 24)

        page = boss.get(CITY)

        assert "heat--over" in text_of(page)
        assert "full , 24 in vain" in words_of(page)

    def test_ten_searches_make_the_difference(self, hall, session, renewal):
        session.slots.update(online_taken=90)
        searched(hall, renewal, 9)
        assert city_of(hall).rows[0].cells[0].level == "4"

        UnmetDemand.objects.update(count=10)
        assert city_of(hall).rows[0].cells[0].level == "over"

    def test_the_reserved_share_counts_as_places(self, hall, session):
        session.slots.update(online_quota=60, reserved_quota=30, reserved_taken=30)

        assert city_of(hall).rows[0].cells[0].fill == 33

    def test_a_hall_that_was_shut_is_not_called_closed_for_the_day(self, boss, hall, session):
        session.slots.update(is_open=False)

        cell = city_of(hall).rows[0].cells[0]

        assert (cell.is_shut, cell.is_closed) == (True, True)
        assert "shut" in words_of(boss.get(CITY))

    def test_a_student_session_shows_that_no_booking_is_needed(self, boss, hall, windows):
        make_session(hall, windows, online=0, kind="student")

        assert "walk-in" in words_of(boss.get(CITY))

    def test_evenings_and_weekends_are_counted(self, boss, hall, windows, session):
        make_session(hall, windows, opens=time(18, 30), closes=time(0, 30), kind="night")
        make_session(hall, windows, day=SATURDAY, kind="weekend")

        city = city_of(hall)

        assert (city.with_night, city.with_weekend) == (1, 1)
        counted = {kind: (each[:3], together) for kind, _label, each, together in city.kinds}
        assert counted == {
            "regular": ([1, 0, 0], 1), "night": ([1, 0, 0], 1), "weekend": ([0, 0, 1], 1),
        }  # fmt: skip
        assert "1 hall is open on an evening" in words_of(boss.get(CITY))

    def test_the_fullest_and_the_longest_waits_come_first(
        self, admin, hall, other_hall, windows, session, renewal
    ):
        window = Window.objects.create(hall=other_hall, number=1)
        window.matters.add(renewal)
        other = make_session(other_hall, [window])
        other.slots.update(online_taken=30)

        def order(asked: str) -> list[str]:
            table = text_of(admin.get(f"{CITY}?order={asked}")).split("</table>")[0]
            return re.findall(r">(Hetang|Guilan) Hall<", table)

        assert order("full") == ["Guilan", "Hetang"]
        assert order("") == ["Hetang", "Guilan"]
        issue_walk_in(hall=hall, matter=renewal, now=NOON)
        assert order("wait") == ["Hetang", "Guilan"]
