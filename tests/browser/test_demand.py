"""A supervisor follows a hall's demand down to one number and corrects it, in Chromium. C8, C9"""

import os
from datetime import timedelta

import pytest
from django.utils import translation
from playwright.sync_api import expect

from appointments.demanded.collecting import write_day
from appointments.models import DemandFact, UnmetDemand
from config import civil
from queues.issuing import issue
from tests.browser.conftest import DESK_SIZE, PHONE_SIZE, is_accessible, shown, sign_in
from tests.conftest import make_session, make_staff, slot_at

pytestmark = pytest.mark.django_db(transaction=True)
HOME = "/supervise/demand/"


@pytest.fixture
def written(hall, windows, renewal, transactional_db):
    """Two days ago ten people came at noon, and forty had looked for a place in vain."""
    now = civil.now()
    day = civil.city_date(now) - timedelta(days=2)
    session = make_session(hall, windows, day=day)
    make_staff("supervisor", hall, "supervisor")
    for _person in range(10):
        at = slot_at(session, 12).starts_at
        issue(
            hall=hall, session=session, matter=renewal, source="walk_in", rank_at=at, now=at
        )  # fmt: skip
    UnmetDemand.objects.create(
        hall=hall, matter=renewal, service_day=day, asked_on=day - timedelta(days=3), count=40
    )
    write_day(hall=hall, day=day, now=now)
    return DemandFact.objects.get(what="walked_in")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_from_the_chart_to_the_searches(open_page, written, language):
    ways = {
        "days": HOME,
        "day": f"{HOME}H01/{written.service_day}/",
        "hour": f"{HOME}H01/{written.service_day}/?hour=12",
        "fact": f"{HOME}facts/{written.pk}/",
    }
    for size in (DESK_SIZE, PHONE_SIZE):
        page = open_page(size, language=language)
        with translation.override("en" if language == "en" else "zh-hans"):
            sign_in(page, "supervisor")
            page.wait_for_load_state()
        for name, way in ways.items():
            page.goto(way)
            expect(page.locator("h1")).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
            is_accessible(page)
            if folder := os.environ.get("SCREENSHOTS"):
                page.wait_for_timeout(500)
                picture = f"{folder}/demand-{name}-{language}-{size['width']}.png"
                page.screenshot(path=picture, full_page=True)


def test_a_number_is_corrected(open_page, written):
    page = open_page(DESK_SIZE)
    sign_in(page, "supervisor")
    page.wait_for_load_state()
    page.goto(f"{HOME}H01/{written.service_day}/?hour=12")

    row = page.locator("tr", has_text="Came without a booking")
    row.get_by_role("link", name="Correct").click()
    page.get_by_label("People").fill("12")
    page.get_by_label("Why is it corrected?").fill("Two were not counted")
    page.get_by_role("button", name="Write the correction").click()

    assert shown(row.get_by_text("Two were not counted"))
    assert "was 10" in row.inner_text()
