"""A session that begins after midnight of its service day is changed. # C1 C5 C6"""

from datetime import time, timedelta

import pytest

from appointments.changes.asking import Ask, apply_change
from config import civil
from tests.conftest import DAY, NOON, make_session, slot_at
from tests.pages.changes.conftest import TOMORROW, cut, do, way
from tests.pages.reading import text_of
from windows.models import HallSession

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


class TestPastMidnight:
    """A session can begin after midnight and still belong to the evening before. C1"""

    @pytest.fixture
    def small_hours(self, hall, windows) -> HallSession:
        """Of tomorrow's service day, from 00:30 to 04:00 of the day after it."""
        night = make_session(
            hall, windows, day=TOMORROW, opens=time(22), closes=time(4), kind="night"
        )
        apply_change(Ask.cut(night, starts_at=slot_at(night, 0, 30).starts_at), by=None, now=NOON)
        night.refresh_from_db()
        return night

    def test_nothing_changes_as_it_is(self, boss, windows, small_hours):
        asked = cut(windows, opens="00:30", closes="04:00")

        answer = boss.get(way(small_hours), asked)

        assert 'value="00:30"' in text_of(boss.get(way(small_hours), {"kind": "cut"}))
        assert "Nothing would change" in text_of(answer)

    @pytest.mark.parametrize(
        ("kind", "opens", "closes", "starts", "ends"),
        [
            ("cut", "00:30", "03:00", "06 00:30", "06 03:00"),
            ("cut", "01:30", "04:00", "06 01:30", "06 04:00"),
            ("extend", "00:00", "04:00", "06 00:00", "06 04:00"),
            ("extend", "23:00", "04:30", "05 23:00", "06 04:30"),
        ],
    )
    def test_its_hours_are_those_of_the_night(
        self, boss, windows, small_hours, kind, opens, closes, starts, ends
    ):
        done = do(boss, small_hours, cut(windows, kind=kind, opens=opens, closes=closes))

        assert done.status_code == 302
        small_hours.refresh_from_db()
        at = [civil.city_time(one) for one in (small_hours.starts_at, small_hours.ends_at)]
        assert [f"{one:%d %H:%M}" for one in at] == [starts, ends]
        assert small_hours.service_day == TOMORROW

    @pytest.mark.parametrize(
        ("opens", "starts"), [("00:30", "09 00:30"), ("22:30", "08 22:30"), ("09:00", "08 09:00")]
    )
    def test_it_moves_to_another_night(self, boss, windows, small_hours, opens, starts):
        there, closes = DAY + timedelta(days=4), "17:00" if opens == "09:00" else "04:00"
        asked = cut(windows, kind="move", day=str(there), opens=opens, closes=closes)

        do(boss, small_hours, asked)

        moved = HallSession.objects.get(service_day=there)
        assert f"{civil.city_time(moved.starts_at):%d %H:%M}" == starts
        assert set(moved.slots.values_list("service_day", flat=True)) == {there}

    def test_a_night_is_cut_to_begin_after_midnight(self, boss, hall, windows):
        night = make_session(
            hall, windows, day=TOMORROW, opens=time(22), closes=time(4), kind="night"
        )

        do(boss, night, cut(windows, opens="00:30", closes="04:00"))

        night.refresh_from_db()
        assert f"{civil.city_time(night.starts_at):%d %H:%M}" == "06 00:30"
