"""The puzzle in a real browser: solved by a worker under the strict policy. C30, C34."""

import time

import pytest
from playwright.sync_api import expect

from appointments.models import PhoneProof
from config import civil
from tests.browser.conftest import is_accessible, shown
from tests.conftest import an_id
from windows.models import Rule, Slot

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def who_page(open_hall, renewal):
    """The address of the people's page, in an hour in which no code is free."""
    Rule.objects.create(name="codes_free_an_hour", value=0, effective_on=civil.now().date())
    slot = Slot.objects.filter(starts_at__gt=civil.now()).order_by("starts_at").first()
    return f"/book/{renewal.code}/who/{slot.pk}/"


def type_answers(page, address):
    page.goto(address)
    page.get_by_label("Name", exact=True).fill("陈小宁")
    page.get_by_label("ID number", exact=True).fill(an_id(7).number)
    page.get_by_label("Mobile number").fill("138 0013 8000")
    page.get_by_role("button", name="Continue").click()


def test_the_device_works_and_the_person_presses_once_more(open_page, who_page):
    page = open_page()
    type_answers(page, who_page)
    page.get_by_text("Your device has done its work").wait_for()
    is_accessible(page)
    page.get_by_role("button", name="Continue").click()

    page.get_by_role("heading", name="Which code did you get?").wait_for()
    assert PhoneProof.objects.count() == 1


def test_who_presses_too_early_need_not_press_again(open_page, who_page):
    page = open_page()
    page.route("**/puzzle-worker.js", lambda route: (time.sleep(1), route.continue_()))
    type_answers(page, who_page)
    page.get_by_text("Your device is working").wait_for()
    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_role("heading", name="Which code did you get?")).to_be_visible()
    assert PhoneProof.objects.count() == 1


def test_without_scripts_the_page_says_what_else_works(open_page, who_page):
    page = open_page(scripts=False)
    type_answers(page, who_page)

    page.get_by_text("come without a booking").wait_for()
    assert shown(page.get_by_role("link", name="call a hall"))


def test_a_browser_that_cannot_work_says_what_else_works(open_page, who_page):
    page = open_page()
    page.route("**/puzzle-worker.js", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        type_answers(page, who_page)

    assert shown(page.get_by_text("come without a booking"))
    assert shown(page.get_by_role("link", name="call a hall"))
