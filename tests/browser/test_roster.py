"""A supervisor plans a week, covers an absence; a clerk asks for a swap. # C26 C34"""

import re
from datetime import time, timedelta

import pytest
from playwright.sync_api import expect

from config import civil
from tests.browser.conftest import DESK_SIZE, PHONE_SIZE, is_accessible, sign_in
from tests.conftest import make_session, make_staff
from windows.models import RosterEntry, Staff, Swap
from windows.rostering import assign

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def monday():
    """Of the week after next: nothing has begun."""
    today = civil.city_date(civil.now())
    return today - timedelta(days=today.weekday()) + timedelta(days=14)


@pytest.fixture
def week(hall, windows, monday, transactional_db):
    """Five days and a night, four clerks, a supervisor."""
    for n, name in enumerate(["何敏", "黄婉仪", "谭伟业", "郑瑶"], start=1):
        staff = make_staff(f"clerk-{n}", hall, "clerk")
        staff.display_name = name
        staff.save(update_fields=["display_name"])
    make_staff("supervisor", hall, "supervisor")
    sessions = [make_session(hall, windows, day=monday + timedelta(days=n)) for n in range(5)]
    make_session(hall, windows[:2], day=monday + timedelta(days=3), opens=time(18, 30),
                 closes=time(0, 30), kind="night")  # fmt: skip
    return sessions


def fits(page) -> None:
    """Nothing runs out of the page."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_week_is_suggested_planned_and_an_absence_covered(open_page, week, monday, scripts):
    page = open_page(DESK_SIZE, scripts=scripts)
    sign_in(page, "supervisor")
    page.goto(f"/supervise/roster/?week={monday}")
    expect(page.locator("main")).to_contain_text("17 places are open")

    page.get_by_role("link", name="Suggest who stands where").click()
    expect(page.locator("main")).to_contain_text("Nothing is planned yet.")
    page.get_by_role("button", name=re.compile("Plan these")).click()
    expect(page.locator(".week")).to_contain_text("何敏")
    planned = RosterEntry.objects.count()
    assert planned >= 14
    if scripts:
        is_accessible(page)
        fits(page)

    who = RosterEntry.objects.filter(session=week[0]).first().staff
    page.locator("table.people").get_by_role("link", name=who.display_name).click()
    page.locator("[name=reason]").select_option("sick")
    page.locator("[name=first]").fill(monday.isoformat())
    if scripts:
        is_accessible(page)
    page.get_by_role("button", name="Note the absence").click()
    expect(page.locator("h1")).to_contain_text("is absent")
    if scripts:
        is_accessible(page)
    page.get_by_role("button", name="Stands in").click()
    expect(page.locator("main")).to_contain_text("nobody has to stand in")

    there = RosterEntry.objects.filter(session=week[0], is_cancelled=False)
    assert who not in [one.staff for one in there]
    assert there.count() == 3


@pytest.mark.parametrize("language", ["en", "zh"])
def test_on_a_phone_nothing_is_cut_off(open_page, week, monday, windows, language):
    me = Staff.objects.get(username="clerk-1")
    assign(staff=me, session=week[0], window=windows[0], by=None, now=civil.now())
    page = open_page(PHONE_SIZE, language=language)
    sign_in(page, "supervisor")
    pages = {
        "week": f"/supervise/roster/?week={monday}",
        "place": f"/supervise/roster/sessions/{week[0].pk}/2/",
        "suggest": f"/supervise/roster/week/suggest/?week={monday}",
        "people": "/supervise/people/",
        "person": f"/supervise/people/{me.pk}/",
        "timeoff": "/supervise/timeoff/",
        "ledger": f"/supervise/timeoff/{me.pk}/",
        "month": f"/supervise/roster/month/?month={monday:%Y-%m}",
    }
    for path in pages.values():
        assert page.goto(path).ok
        assert page.url.endswith(path)
        fits(page)
        is_accessible(page)


def test_a_clerk_asks_a_colleague_on_the_phone(open_page, week, windows):
    me = Staff.objects.get(username="clerk-1")
    assign(staff=me, session=week[0], window=windows[0], by=None, now=civil.now())
    page = open_page(PHONE_SIZE)
    sign_in(page, "clerk-1")
    page.goto("/desk/roster/")
    is_accessible(page)
    fits(page)
    page.get_by_role("link", name=re.compile("Ask for a swap")).click()
    page.locator("[name=to]").select_option(label="黄婉仪 takes it over")
    page.get_by_role("button", name="Ask this colleague").click()
    expect(page.locator("main")).to_contain_text("黄婉仪 is asked.")
    page.get_by_role("button", name="Withdraw it").click()
    expect(page.locator("main")).to_contain_text("The question is withdrawn.")
    swap = Swap.objects.get()
    assert (swap.state, swap.to.username) == ("withdrawn", "clerk-2")
    assert [one.staff for one in RosterEntry.objects.filter(is_cancelled=False)] == [me]
