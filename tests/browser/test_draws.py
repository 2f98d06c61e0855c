"""A citizen registers for a draw on a phone, with scripts and without. # C30 C34"""

import re
from datetime import timedelta

import pytest

from appointments.draw_words import entry_link
from appointments.drawing import announce, draw_now
from appointments.models import Draw, DrawEntry
from config import civil
from tests.browser.conftest import DESK_SIZE, is_accessible
from tests.browser.test_citizen import press, the_code
from tests.conftest import an_id, make_session

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def draw(open_hall, windows) -> Draw:
    now = civil.now()
    day = civil.city_date(now) + timedelta(days=5)
    night = make_session(open_hall, windows, day=day, online=60, kind="night")
    ends = now + timedelta(hours=20)
    return announce(session=night, registers_from=now, registers_until=ends, now=now)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_two_people_register_and_see_what_became_of_them(open_page, draw, scripts):
    page = open_page(scripts=scripts)

    page.goto(f"/draws/{draw.pk}/")
    assert draw.commitment in page.content()
    page.get_by_role("button", name="Register").click()
    page.get_by_label("Renew").check(force=True)
    page.locator("input[name=people][value='2']").check(force=True)
    page.locator("select[name=first]").select_option(index=3)
    press(page, "Continue")
    for n in (1, 2):
        page.locator(f"input[name=name_{n}]").fill(["陈小宁", "陈大宁"][n - 1])
        page.locator(f"input[name=id_number_{n}]").fill(an_id(n).number)
    page.locator("input[name=phone]").fill("138 0013 8000")
    press(page, "Continue")
    page.locator("input[name=code]").fill(the_code())
    press(page, "Continue")
    press(page, "Yes, register")

    entry = DrawEntry.objects.get()
    assert entry.people.count() == 2
    assert entry.public_id in page.content()
    draw_now(draw_id=draw.pk, now=civil.now())
    page.reload()
    assert "You won a place" in page.content()
    page.get_by_role("button", name=re.compile("Look and confirm")).click()
    press(page, "Yes, confirm")
    assert entry_link(entry) not in page.url
    assert "/b/" in page.url


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", [None, DESK_SIZE], ids=["phone", "desk"])
def test_the_pages_of_a_draw_are_accessible_and_fit(open_page, draw, language, size):
    page = open_page(size, language=language) if size else open_page(language=language)

    for path in ("/draws/", f"/draws/{draw.pk}/", f"/draws/{draw.pk}/register/"):
        page.goto(path)
        is_accessible(page)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, path
