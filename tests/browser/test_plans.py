"""A new supervisor opens a night in three halls, a series, a plan, in Chromium.

# C1 C2 C3 C10
"""

import re
from datetime import timedelta
from time import monotonic

import pytest
from playwright.sync_api import Page, expect

from config import civil
from tests.browser.conftest import DESK_SIZE, PHONE_SIZE, is_accessible, sign_in
from tests.conftest import make_staff
from windows.models import Hall, HallSession, StaffRole, WeeklyPlan, Window

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def three_halls(open_hall, renewal) -> list[Hall]:
    """The supervisor runs three halls; a clerk works in each."""
    boss = make_staff("supervisor", open_hall, "supervisor")
    halls = [open_hall]
    for number in (2, 3):
        hall = Hall.objects.create(
            code=f"H0{number}", name_zh=f"第{number}办证大厅", name_en=f"Hall {number}",
            district_zh="禾塘区", district_en="Hetang", address_zh="路", is_simulated=True,
        )  # fmt: skip
        for window in range(1, 4):
            Window.objects.create(hall=hall, number=window).matters.add(renewal)
        StaffRole.objects.create(staff=boss, hall=hall, role="supervisor")
        halls.append(hall)
    for hall in halls:
        for number in range(1, 4):
            make_staff(f"clerk-{hall.code}-{number}", hall, "clerk")
    return halls


def coming(days: int):
    return civil.city_date(civil.now()) + timedelta(days=days)


def fits(page: Page, width: int) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_night_is_opened_in_three_halls_and_bookable(open_page, three_halls, renewal, scripts):
    day = coming(3)
    page = open_page(DESK_SIZE, scripts=scripts)
    sign_in(page, "supervisor")
    began = monotonic()
    page.goto("/supervise/")
    page.get_by_role("link", name="Open a session").first.click()
    page.locator("[name=day]").fill(day.isoformat())
    page.locator("[name=opens]").fill("18:30")
    page.locator("[name=closes]").fill("00:30")
    page.get_by_label("It closes the next morning").check(force=True)
    page.get_by_text("Open the same in other halls").click()
    for hall in ("Hall 2", "Hall 3"):
        page.get_by_label(hall, exact=True).check(force=True)
    if scripts:
        expect(page.locator("#preview .fates tbody tr")).to_have_count(2)
        is_accessible(page)
    page.get_by_role("button", name="Open the session").click()
    page.wait_for_url(re.compile(r"/supervise/series/"))

    expect(page.locator("main tbody tr")).to_have_count(3)
    assert monotonic() - began < 120
    sessions = HallSession.objects.filter(service_day=day)
    assert {session.hall.code for session in sessions} == {"H01", "H02", "H03"}
    for hall in three_halls:
        page.goto(f"/book/{renewal.code}/when/?hall={hall.code}&day={day}")
        assert page.locator("input[type=radio][name=slot]:not([disabled])").count() == 12


def test_another_kind_brings_its_hours_and_keeps_what_was_typed(open_page, three_halls):
    page = open_page(DESK_SIZE)
    sign_in(page, "supervisor")
    page.goto("/supervise/open/")
    day = coming(5).isoformat()
    page.locator("[name=day]").fill(day)

    page.locator("select[name=kind]").select_option("weekend")
    expect(page.locator("[name=opens]")).to_have_value("09:00")
    expect(page.locator("[name=day]")).to_have_value(day)

    page.locator("[name=opens]").fill("10:00")
    page.locator("select[name=kind]").select_option("late")
    expect(page.locator("[name=was]")).to_have_value("late")  # its form is here
    assert page.locator("select[name=kind]").input_value() == "late"
    assert page.locator("[name=opens]").input_value() == "10:00"
    assert page.locator("[name=day]").input_value() == day
    assert HallSession.objects.count() == 1  # only the one that was open before


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_seven_saturdays_are_seen_opened_and_undone(open_page, three_halls, scripts):
    page = open_page(DESK_SIZE, scripts=scripts)
    sign_in(page, "supervisor")
    page.goto("/supervise/series/")
    page.get_by_role("button", name="See each day").click()
    expect(page.locator(".fates tbody tr")).to_have_count(7)
    assert HallSession.objects.filter(series__isnull=False).count() == 0

    page.get_by_role("button", name="Open these 7 sessions").click()
    page.wait_for_url(re.compile(r"/supervise/series/[0-9a-f-]{36}/"))
    expect(page.locator("main tbody tr")).to_have_count(7)
    page.get_by_role("button", name="Undo all of them").click()
    expect(page.locator(".tag--bad")).to_have_count(7)
    assert not HallSession.objects.filter(series__isnull=False, state="open").exists()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_are_accessible_and_fit(open_page, three_halls, language):
    hall = three_halls[0]
    for kind, weekdays, opens, closes in (
        ("regular", [1, 2, 3, 4, 5], "09:00", "17:00"),
        ("night", [2, 4], "18:30", "00:30"),
        ("weekend", [6], "09:00", "16:00"),
    ):
        plan = WeeklyPlan.objects.create(
            hall=hall, kind=kind, weekdays=weekdays, opens=opens, closes=closes,
            valid_from=coming(0), made_at=civil.now(),
        )  # fmt: skip
        plan.windows.set(hall.windows.all()[:2])
    page = open_page(DESK_SIZE, language=language)
    sign_in(page, "supervisor")
    for way in ("plans", "plans/new", f"plans/{plan.pk}", f"plans/{plan.pk}/end", "kinds",
                "kinds/night", "series", "copy", "places", "open"):  # fmt: skip
        assert page.goto(f"/supervise/{way}/").ok
        assert page.url.endswith(f"/supervise/{way}/")
        page.set_viewport_size(DESK_SIZE)
        fits(page, 1440)
        is_accessible(page)
        page.set_viewport_size(PHONE_SIZE)
        fits(page, 390)
