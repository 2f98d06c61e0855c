"""The year of working days in a browser: readable on a phone, usable by keyboard. C10"""

import pytest

from config import civil
from tests.browser.conftest import DESK_SIZE, PHONE_SIZE, is_accessible, sign_in
from tests.conftest import make_staff
from windows.calendar_days import last_published, set_day
from windows.models import DemandEvent


@pytest.fixture
def city(open_hall):
    now = civil.now()
    make_staff("city", None, "admin")
    day = now.date().replace(month=12, day=5)
    DemandEvent.objects.create(
        kind="wave", name_zh="换证高峰", name_en="Wave of renewals", first_day=day,
        last_day=day.replace(day=20), uplift_percent=40, made_at=now, audience_zh="2006 年办证的人",
    )  # fmt: skip
    set_day(day=day, is_workday=True, name_zh="加班日", name_en="Extra day", by=None, now=now)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", [PHONE_SIZE, DESK_SIZE])
def test_pages_fit_and_are_accessible(city, open_page, size, language):
    page = open_page(size, language=language)
    sign_in(page, "city")
    year = last_published().year
    for way in (
        f"/supervise/calendar/?year={year}",
        f"/supervise/calendar/?day={year}-12-05",
        f"/supervise/calendar/?year={year + 1}",
        f"/supervise/calendar/notice/{year + 1}/",
        "/supervise/events/",
        "/supervise/events/new/",
        "/supervise/import/",
    ):
        page.goto(way)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], way
        is_accessible(page)
