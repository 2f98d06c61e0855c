"""A supervisor approves, reads and takes back what a night would move, in Chromium. C8"""

import os
from datetime import date, timedelta

import pytest
from django.utils import translation
from playwright.sync_api import expect

from appointments.models import StaffProposal
from appointments.rebalancing import rebalance
from config import civil
from queues.issuing import issue
from tests.browser.conftest import DESK_SIZE, PHONE_SIZE, is_accessible, sign_in
from tests.conftest import make_session, make_staff, slot_at
from windows.models import Rule

pytestmark = pytest.mark.django_db(transaction=True)
HOME = "/supervise/rebalancing/"


@pytest.fixture
def proposed(hall, other_hall, windows, renewal, transactional_db):
    """Yesterday ten people came at noon; tomorrow's minutes wait for the supervisor."""
    now = civil.now()
    today = civil.city_date(now)
    session = make_session(hall, windows, day=today - timedelta(days=1))
    make_staff("supervisor", hall, "supervisor")
    for _person in range(10):
        at = slot_at(session, 12).starts_at
        issue(
            hall=hall, session=session, matter=renewal, source="walk_in", rank_at=at, now=at
        )  # fmt: skip
    make_session(hall, windows, day=today + timedelta(days=1), online=60)
    Rule.objects.create(
        name="rebalance_is_automatic", value=0, effective_on=date(2020, 1, 1), hall=hall
    )
    run = rebalance(demand_day=today - timedelta(days=1), now=now)
    StaffProposal.objects.create(
        run=run, from_hall=other_hall, to_hall=hall, service_day=today + timedelta(days=2),
        from_hour=10, to_hour=10, hours=2,
        facts={"unmet_before": 90, "unmet_after": 20, "wait_before": 300, "wait_after": 120},
    )  # fmt: skip
    return run


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_run_is_read_on_a_phone_and_at_a_desk(open_page, proposed, language):
    for size in (DESK_SIZE, PHONE_SIZE):
        page = open_page(size, language=language)
        with translation.override("en" if language == "en" else "zh-hans"):
            sign_in(page, "supervisor")
            page.wait_for_load_state()
        for name, way in (("runs", HOME), ("run", f"{HOME}{proposed.pk}/"), ("try", f"{HOME}try/")):
            page.goto(way)
            expect(page.locator("h1")).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
            is_accessible(page)
            if folder := os.environ.get("SCREENSHOTS"):
                picture = f"{folder}/rebalancing-{name}-{language}-{size['width']}.png"
                page.screenshot(path=picture, full_page=True)


def test_what_was_approved_is_taken_back(open_page, proposed):
    page = open_page(DESK_SIZE)
    sign_in(page, "supervisor")
    page.wait_for_load_state()
    page.goto(f"{HOME}{proposed.pk}/")

    page.get_by_role("button", name="Approve in all your halls").click()
    expect(page.get_by_text("2 times were adjusted.")).to_be_visible()
    page.get_by_role("button", name="Take all back in your halls").click()

    expect(page.get_by_text("2 moves were taken back; their quotas are as before.")).to_be_visible()
    proposed.refresh_from_db()
    assert proposed.state == "undone"
