"""A supervisor opens an extra evening in Chromium, sees it bookable, takes it back.

# C1 C4 C5 C8 C34
"""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from config import civil
from tests.browser.conftest import DESK_SIZE, PHONE_SIZE, is_accessible, sign_in
from tests.conftest import make_staff
from windows.models import HallSession

pytestmark = pytest.mark.django_db(transaction=True)

NIGHT = {"opens": "18:30", "closes": "00:30"}


@pytest.fixture
def supervisor(open_hall):
    make_staff("clerk", open_hall, "clerk")
    return make_staff("supervisor", open_hall, "supervisor")


@pytest.fixture
def day():
    """Three days ahead: nothing is open there yet."""
    return civil.city_date(civil.now()) + timedelta(days=3)


def fill_in(page, day, **answers) -> None:
    page.locator("[name=kind][value=night], select[name=kind]").first.wait_for()
    if page.locator("select[name=kind]").count():
        page.locator("select[name=kind]").select_option("night")
    else:
        page.locator("[name=kind][value=night]").check(force=True)
    for name, answer in {"day": day.isoformat(), **NIGHT, **answers}.items():
        page.locator(f"[name={name}]").fill(answer)
    page.locator("[name=next_day]").set_checked(
        answers.get("closes", "00:30") < "18:30", force=True
    )


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_an_evening_past_midnight_is_seen_opened_booked_and_undone(
    open_page, supervisor, day, scripts
):
    page = open_page(DESK_SIZE, scripts=scripts)
    sign_in(page, "supervisor")
    page.goto("/supervise/open/")
    fill_in(page, day)
    if scripts:
        page.locator("[name=closes]").press("Tab")
    else:
        page.locator("button[name=look]").click()
    preview = page.locator("#preview")
    expect(preview).to_contain_text("18:30", timeout=45_000)
    expect(preview).to_contain_text("It ends after midnight", timeout=45_000)
    expect(preview).to_contain_text("12 times of 30 min")
    assert HallSession.objects.filter(service_day=day).count() == 0  # only looked
    if scripts:
        is_accessible(page)

    page.get_by_role("button", name="Open the session").click()
    page.wait_for_url(re.compile(r"/supervise/sessions/\d+/"))
    session = HallSession.objects.get(service_day=day)
    assert page.locator("main tbody tr").count() == 12
    address = page.url
    if scripts:
        is_accessible(page)

    page.get_by_role("link", name="See it as a citizen does").click()
    assert page.locator("input[type=radio][name=slot]:not([disabled])").count() == 12

    page.goto(address)
    page.get_by_role("button", name="Undo").click()
    session.refresh_from_db()
    assert session.state == "cancelled"
    assert page.get_by_role("button", name="Undo").count() == 0


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_was_typed_stays_and_the_field_says_why(open_page, supervisor, day, language):
    page = open_page(DESK_SIZE, language=language)
    sign_in(page, "supervisor")
    page.goto("/supervise/open/")
    fill_in(page, day, closes="18:40")
    for box in page.locator("[name=windows]").all()[1:]:
        box.uncheck(force=True)
    kept = page.locator("[name=windows]:checked").get_attribute("value")

    page.locator("form.card button:not([name])").first.click()

    closes = page.locator("[name=closes]")
    said = page.locator(".govuk-form-group--error:has([name=closes]) .govuk-error-message")
    expect(said).to_contain_text("30")
    assert said.get_attribute("id") in (closes.get_attribute("aria-describedby") or "")
    assert (closes.input_value(), page.locator("[name=opens]").input_value()) == ("18:40", "18:30")
    assert page.locator("[name=day]").input_value() == day.isoformat()
    checked = page.locator("[name=windows]:checked")
    assert [box.get_attribute("value") for box in checked.all()] == [kept]
    assert HallSession.objects.filter(service_day=day).count() == 0
    is_accessible(page)


def test_what_is_typed_while_the_kinds_defaults_are_on_their_way_stays(open_page, supervisor, day):
    page = open_page(DESK_SIZE)
    sign_in(page, "supervisor")
    page.goto("/supervise/open/")
    late = []
    page.route("**/supervise/open/?*", lambda route: late.append(route))
    fill_in(page, day)
    page.locator("[name=windows]").first.uncheck(force=True)
    expect(page.locator("#preview")).to_contain_text("It ends after midnight")
    assert len(late) == 1
    with page.expect_response("**/supervise/open/preview/"):  # asked again, with what was typed
        late[0].continue_()

    assert page.locator("[name=day]").input_value() == day.isoformat()
    assert page.locator("[name=closes]").input_value() == "00:30"
    assert page.locator("[name=next_day]").is_checked()
    assert not page.locator("[name=windows]").first.is_checked()
    assert page.locator("[name=windows]:checked").count() > 0
    expect(page.locator("#preview")).to_contain_text("It ends after midnight")


@pytest.mark.parametrize("path", ["/supervise/", "/supervise/city/", "/supervise/quotas/"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_supervisors_pages_are_accessible_and_fit(open_page, supervisor, path, language):
    page = open_page(DESK_SIZE, language=language)
    sign_in(page, "supervisor")

    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440
    is_accessible(page)
    page.set_viewport_size(PHONE_SIZE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
