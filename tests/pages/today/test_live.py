"""The hall today as it moves: windows against the roster. # C3 C26"""

import re

import pytest

from tests.conftest import NOON, make_staff
from tests.pages.test_desk import text_of
from tests.pages.today.conftest import LIVE, PAGE, minutes, wait
from windows import rostering
from windows.shifts import sign_in

pytestmark = pytest.mark.django_db


class TestLive:
    def test_windows_stand_against_the_roster(self, boss, session, windows, clerks, supervisor):
        for window, clerk in zip(windows, clerks, strict=True):
            rostering.assign(staff=clerk, session=session, window=window, by=supervisor, now=NOON)
        sign_in(staff=clerks[0], window=windows[0], now=NOON)
        sign_in(staff=clerks[2], window=windows[1], now=NOON)

        page = boss.get(LIVE).content.decode()

        assert "1 clerk-1 clerk-1 09:00–17:00 Free" in text_of(boss.get(LIVE))
        assert "2 clerk-3 clerk-2 09:00–17:00 Free" in text_of(boss.get(LIVE))
        assert page.count('class="warn"') == 2  # another one at 2, nobody at 3

    def test_the_part_that_moves_is_no_whole_page_and_says_walk_ins_left(self, boss):
        page = boss.get(LIVE).content.decode()

        assert "<html" not in page
        assert "Walk-in numbers left" in page

    def test_who_comes_now_hears_the_longest_wait_also_when_nobody_waits(
        self, boss, hall, renewal, windows, clerk
    ):
        def tile():
            return re.search(r"Who comes now waits (\S+)", text_of(boss.get(LIVE)))[1]

        assert tile() == "–", "no window is staffed"
        sign_in(staff=clerk, window=windows[0], now=NOON)
        nobody = tile()
        wait(hall, renewal, 6)

        assert re.fullmatch(r"\d+–\d+", nobody)
        assert int(tile().split("–")[1]) > int(nobody.split("–")[1])

    def test_the_same_alerts_are_sent_once(self, boss, hall, renewal, clock):
        wait(hall, renewal, 1)
        first = boss.get(LIVE).content.decode()
        heard = re.search(r'name="heard" value="([^"]*)"', first)[1]
        assert 'id="alerts" hx-swap-oob' in first

        clock.now = minutes(3)
        again = boss.get(LIVE + f"&heard={heard}").content.decode()
        assert 'id="alerts"' not in again

        wait(hall, renewal, 25, clock.now)
        assert "26 people are waiting." in boss.get(LIVE + f"&heard={heard}").content.decode()

    def test_asks_the_database_few_times(
        self, boss, hall, renewal, windows, clerk, django_assert_max_num_queries
    ):
        sign_in(staff=clerk, window=windows[0], now=NOON)
        wait(hall, renewal, 3)
        with django_assert_max_num_queries(24):
            boss.get(LIVE)

    def test_a_viewer_sees_it_and_can_press_nothing(self, client_of, hall, session, renewal):
        viewer = client_of(make_staff("viewer", hall, "viewer"))
        wait(hall, renewal, 1)

        page = viewer.get(PAGE).content.decode()

        assert "no window is staffed" in page
        assert "/supervise/remedies/" not in page
        assert viewer.post("/supervise/remedies/quota/", {"hall": "H01"}).status_code == 403

    def test_others_see_nothing_of_it(self, neighbour, session):
        assert neighbour.get(LIVE).status_code == 404
