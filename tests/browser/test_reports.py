"""Reports on screens: from a day to one of its numbers, which is put right, in Chromium. # C35"""

import os
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from appointments.reports.gathering import write_days
from config import civil
from queues.calling import call_next, finish, sign_out
from queues.issuing import issue
from tests.browser.conftest import DESK_SIZE, PHONE_SIZE, is_accessible, shown, sign_in
from tests.conftest import make_session, make_staff, slot_at
from windows.shifts import sign_in as take_window

pytestmark = pytest.mark.django_db(transaction=True)
HOME = "/supervise/reports/"


@pytest.fixture
def written(hall, windows, renewal, transactional_db) -> date:
    """Three days, the middle one without anybody; two people served on each of the others."""
    now = civil.now()
    make_staff("supervisor", hall, "supervisor")
    clerk = make_staff("worker", hall, "clerk")
    days = [civil.city_date(now) - timedelta(days=n) for n in (3, 2, 1)]
    for day in days:
        session = make_session(hall, windows, day=day)
        if day == days[1]:
            continue
        opens = slot_at(session, 10).starts_at
        take_window(window=windows[0], staff=clerk, now=opens)
        for n in (1, 2):
            at = opens + timedelta(minutes=20 * n)
            issue(
                hall=hall, session=session, matter=renewal, source="walk_in", rank_at=at, now=at
            )  # fmt: skip
            ticket = call_next(window=windows[0], staff=clerk, now=at + timedelta(minutes=4 * n))
            finish(ticket=ticket, staff=clerk, now=at + timedelta(minutes=15))
        sign_out(staff=clerk, now=opens + timedelta(hours=2))
    write_days(now=now)
    return days[2]


def photograph(page: Page, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        page.wait_for_timeout(1500)  # charts have drawn
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_page_fits_its_screen(open_page, written, renewal, language):
    ways = {
        "report": f"{HOME}?by=day",
        "empty": f"{HOME}?from=2020-01-01&to=2020-02-01&by=hour",
        "day": f"{HOME}H01/{written}/",
        "zeros": f"{HOME}H01/{written - timedelta(days=1)}/",
        "matter": f"{HOME}H01/{written}/?of=matter-{renewal.pk}",
        "correct": f"{HOME}H01/{written}/correct/?name=wait&bucket=0003",
        "month": f"{HOME}month/?month={written:%Y-%m}",
    }
    for size in (DESK_SIZE, PHONE_SIZE):
        page = open_page(size, language=language)
        sign_in(page, "supervisor")
        page.wait_for_load_state()
        for name, way in ways.items():
            page.goto(way)
            expect(page.locator("h1")).to_be_visible()
            photograph(page, f"reports-{name}-{language}-{size['width']}")
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], way
            assert "NaN" not in page.inner_text("body")
            is_accessible(page)


def test_a_number_is_put_right(open_page, written):
    page = open_page(PHONE_SIZE, scripts=False)
    sign_in(page, "supervisor")
    page.goto(f"{HOME}H01/{written}/")

    row = page.locator("tr", has_text="Served")
    row.get_by_role("link", name="Correct").click()
    page.get_by_label("The right number").fill("2")
    page.get_by_label("Why is it corrected?").fill("One more by hand")
    page.get_by_role("button", name="Write the correction").click()
    assert shown(page.locator("p", has_text="The number is already so"))
    page.get_by_label("The right number").fill("3")
    page.get_by_role("button", name="Write the correction").click()

    assert shown(row.get_by_text("One more by hand"))
    assert "Was 2" in row.inner_text()
