"""A citizen books on a phone, with scripts and without. # C11 C34"""

import re

import pytest

from appointments.models import Booking, InboxItem
from appointments.sending import send_due
from config import civil
from tests.browser.conftest import is_accessible
from tests.conftest import an_id

pytestmark = pytest.mark.django_db(transaction=True)


def press(page, name):
    page.get_by_role("button", name=re.compile(name)).click()


def the_code() -> str:
    send_due(now=civil.now())
    text = InboxItem.objects.filter(kind="code").latest("pk").text
    return re.search(r"\d{6}", text).group()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_family_of_two_books_a_time(open_page, open_hall, scripts):
    page = open_page(scripts=scripts)

    page.goto("/")
    page.get_by_role("link", name=re.compile("^Renew")).first.click()
    if scripts:
        is_accessible(page)
    page.locator("input[name=people][value='2']").check(force=True)
    press(page, "Continue")
    if page.get_by_role("link", name=re.compile("Hetang Hall")).count():
        page.get_by_role("link", name=re.compile("Hetang Hall")).first.click()
    if scripts:
        is_accessible(page)
    page.locator("input[type=radio][name=slot]:not([disabled])").last.check(force=True)
    press(page, "Continue")
    for n in (1, 2):
        page.locator(f"input[name=name_{n}]").fill(["陈小宁", "陈大宁"][n - 1])
        page.locator(f"input[name=id_number_{n}]").fill(an_id(n).number)
    page.locator("input[name=phone]").fill("138 0013 8000")
    if scripts:
        is_accessible(page)
    press(page, "Continue")
    page.locator("input[name=code]").fill(the_code())
    press(page, "Hold my place")
    if scripts:
        is_accessible(page)
    press(page, "Yes, confirm")

    assert "/b/" in page.url
    assert page.locator("svg").count() >= 1
    assert Booking.objects.filter(state="confirmed").count() == 2
    if scripts:
        is_accessible(page)


def test_wrong_answers_stay_in_the_form(open_page, open_hall):
    page = open_page()
    slot = open_hall.sessions.get().slots.last()
    page.goto(f"/book/RENEW/who/{slot.pk}/?people=1")

    page.locator("input[name=name_1]").fill("陈小宁")
    page.locator("input[name=id_number_1]").fill("１１０１０５１９４９１２３１００２１")
    page.locator("input[name=phone]").fill("12")
    press(page, "Continue")

    assert page.locator("input[name=phone]").input_value() == "12"
    assert page.locator("input[name=name_1]").input_value() == "陈小宁"
    assert "One character of this ID number is wrong" in page.content()
    is_accessible(page)


@pytest.mark.parametrize("path", ["/", "/book/RENEW/", "/halls/", "/halls/H01/", "/guide/RENEW/"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_citizens_pages_are_accessible_and_fit_a_phone(open_page, open_hall, path, language):
    page = open_page(language=language)

    page.goto(path)

    assert page.locator("html").get_attribute("lang").lower().startswith(language)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    is_accessible(page)
