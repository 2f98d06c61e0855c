"""A family with a child and several matters, and a phone agent, with scripts and without.

# C11 C12 C27 C34
"""

import re

import pytest

from appointments.attending import needs_of
from appointments.models import Booking
from appointments.sealing import unseal
from tests.browser.conftest import DESK_SIZE, is_accessible, sign_in
from tests.browser.test_citizen import press, the_code
from tests.conftest import an_id, make_staff
from windows.models import Matter, Slot

pytestmark = pytest.mark.django_db(transaction=True)
BOTH = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
CHILD = an_id(7, born="20150601").number


@pytest.fixture
def named(open_hall, renewal):
    """Matters with names of people's, and places for people whom staff help."""
    names = {"RENEW": "Renewal", "PICKUP": "Pickup", "FIRST_MINOR": "First card for a child"}
    for code, name in names.items():
        Matter.objects.filter(code=code).update(name_en=name, name_zh=name)
    Slot.objects.update(online_quota=50, assisted_quota=30, walkin_quota=10)
    return open_hall


def open_the(page, words):
    page.locator("summary", has_text=words).first.click()


def check(page, name, value, checked=True):
    page.locator(f"input[name={name}][value='{value}']").set_checked(checked, force=True)


@BOTH
def test_parent_and_child_book_three_matters_in_one_go(open_page, named, scripts):
    page = open_page(scripts=scripts)

    page.goto("/book/RENEW/")
    check(page, "people", 2)
    open_the(page, "Anything else in the same visit?")
    check(page, "also", "PICKUP")
    check(page, "also", "FIRST_MINOR")
    if scripts:
        is_accessible(page)
    press(page, "Continue")
    page.get_by_role("link", name=re.compile("Hetang Hall")).first.click()
    page.locator("input[type=radio][name=slot]:not([disabled])").last.check(force=True)
    press(page, "Continue")
    page.locator("input[name=name_1]").fill("陈大宁")
    page.locator("input[name=id_number_1]").fill(an_id(1).number)
    check(page, "matters_1", "FIRST_MINOR", checked=False)
    open_the(page, "Does this person need help or more time?")
    check(page, "needs_1", "wheelchair")
    page.locator("input[name=name_2]").fill("陈小贝")
    page.locator("input[name=id_number_2]").fill(CHILD)
    check(page, "matters_2", "RENEW", checked=False)
    check(page, "matters_2", "PICKUP", checked=False)
    page.locator("input[name=phone]").fill("138 0013 8000")
    press(page, "Continue")
    assert page.locator("input[name=guardian_2]").count() == 1
    if scripts:
        is_accessible(page)
    page.locator("input[name=consent]").check(force=True)
    press(page, "Continue")
    page.locator("input[name=code]").fill(the_code())
    press(page, "Hold my place")
    assert "First card for a child" in page.content()
    if scripts:
        is_accessible(page)
    press(page, "Yes, confirm")

    bookings = list(Booking.objects.order_by("position").select_related("matter"))
    assert [one.matter.code for one in bookings] == ["RENEW", "PICKUP", "FIRST_MINOR"]
    assert {one.state for one in bookings} == {"confirmed"}
    assert needs_of(bookings[0]) == ("wheelchair",)
    assert unseal(bookings[2].guardian_sealed, purpose="name") == "陈大宁"
    if scripts:
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


@BOTH
def test_a_phone_agent_books_moves_and_cancels_for_somebody(open_page, named, scripts):
    make_staff("agent", None, "agent")
    page = open_page(DESK_SIZE, scripts=scripts)
    sign_in(page, "agent")
    assert page.url.endswith("/floor/assist/")
    page.locator("select[name=matter]").select_option("RENEW")
    open_the(page, "More matters, or more time")
    check(page, "also", "PICKUP")
    press(page, "Show free places")
    if scripts:
        is_accessible(page)
    page.locator(".assist__halls a").first.click()
    page.locator(".assist__times a").last.click()
    page.locator("input[name=name_1]").fill("陈秀英")
    page.locator("input[name=id_number_1]").fill(an_id(3).number)
    press(page, "Book it")
    assert "It is booked for 陈秀英: Renewal, Pickup." in page.content()
    if scripts:
        is_accessible(page)
    page.get_by_role("link", name="Print a slip (80 mm)").click()
    assert page.locator(".paper svg").count() == 1
    first = list(Booking.objects.values_list("slot", flat=True))

    page.goto("/floor/assist/look/")
    page.locator("input[name=name]").fill("陈秀英")
    page.locator("input[name=said]").fill(Booking.objects.first().reference)
    press(page, "Look it up")
    page.get_by_role("button", name="Another time, or cancel it").click()
    page.locator(".assist__days a").last.click()
    page.locator(".assist__times button").first.click()
    moved = list(Booking.objects.values_list("slot", flat=True))
    assert len(set(moved)) == 1
    assert moved != first
    page.get_by_role("link", name="Another time, or cancel it").click()
    press(page, "Cancel it, the person wishes so")

    assert set(Booking.objects.values_list("state", flat=True)) == {"cancelled"}
    assert "can no longer be changed" in page.content()
