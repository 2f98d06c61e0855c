"""The picker by keyboard, for ears, as a list, near me; without scripts too. C11 C34"""

import re
from datetime import date, time, timedelta

import pytest

from config import civil
from tests.browser.conftest import DESK_SIZE, PHONE_SIZE, is_accessible
from tests.conftest import make_session
from windows.models import Hall, HallSession, Window

pytestmark = pytest.mark.django_db(transaction=True)
PICKER = "/book/RENEW/when/?hall=H01"


@pytest.fixture
def city(hall, other_hall, windows, renewal) -> dict[str, HallSession]:
    """Two halls from tomorrow on: a full day, a scarce one, an evening, one not yet open."""
    Hall.objects.filter(pk=hall.pk).update(latitude="22.86100", longitude="113.14200")
    Hall.objects.filter(pk=other_hall.pk).update(latitude="22.95200", longitude="113.14200")
    window = Window.objects.create(hall=other_hall, number=1)
    window.matters.add(renewal)
    today = civil.city_date(civil.now())

    def days(ahead: int) -> date:
        return today + timedelta(days=ahead)

    full = make_session(hall, windows, day=days(1), online=0)
    full.slots.update(online_quota=6, online_taken=6, walkin_quota=84)
    scarce = {"opens": time(9), "closes": time(10), "online": 12}
    night = {"opens": time(18, 30), "closes": time(0, 30), "online": 60, "kind": "night"}
    made = {
        "full": full,
        "scarce": make_session(hall, windows, day=days(2), **scarce),
        "plenty": make_session(hall, windows, day=days(3), online=60),
        "night": make_session(hall, windows, day=days(3), **night),
        "later": make_session(hall, windows, day=days(4), online=60),
        "elsewhere": make_session(other_hall, [window], day=days(5), online=30),
    }
    opens = civil.now() + timedelta(days=1)
    made["later"].slots.update(booking_opens_at=opens)
    return made


def names_of_times(page) -> list[str]:
    """The accessible names of the times, as a screen reader gets them."""
    tree = page.locator("#times").aria_snapshot()
    return re.findall(r'radio "([^"]+)"', tree)


def press_until(page, key: str, focused: str, most: int = 60) -> None:
    for _ in range(most):
        if page.evaluate("what => document.activeElement.matches(what)", focused):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{focused} is not reached with {key}")


def test_a_time_is_chosen_with_the_keyboard_alone(open_page, city):  # C34
    page = open_page()
    page.goto("/book/RENEW/when/")
    press_until(page, "Tab", "a.hall-choice[href*='H01']")
    page.keyboard.press("Enter")
    page.wait_for_url("**hall=H01**")
    press_until(page, "Tab", ".days a.day--plenty")
    page.keyboard.press("Enter")
    page.wait_for_url("**#times")
    page.wait_for_function("document.activeElement.id === 'times'")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.type") == "radio"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    chosen = page.locator("#times :checked").get_attribute("value")
    page.keyboard.press("Enter")

    page.wait_for_url("**/who/**")
    assert page.url.split("?")[0].endswith(f"/book/RENEW/who/{chosen}/")


def test_each_time_is_named_with_its_date_time_and_places(open_page, city):
    page = open_page()
    page.goto(f"{PICKER}&day={city['plenty'].service_day}")

    names = names_of_times(page)
    day = f"{city['plenty'].service_day:%A} {city['plenty'].service_day.day}"
    assert re.fullmatch(rf"{day} \w+, 09:00 ?, 10 left", names[0])
    assert any(re.search(r"18:30 ?Night session ?, 10 left", name) for name in names)
    cards = page.locator(".days").aria_snapshot()
    assert re.search(rf'link "{day} \w+: \d+ left , with a night session"', cards), cards


def test_the_list_shows_the_times_of_the_calendar(open_page, city):
    page = open_page(scripts=False)
    page.goto(PICKER)
    page.get_by_role("link", name="As a list").click()

    listed = set(names_of_times(page))
    grid: set[str] = set()
    page.goto(PICKER)
    days = [link.get_attribute("href") for link in page.locator(".days a").all()]
    for day in days:
        page.goto(day)
        free = (
            page.locator("#times input:not([disabled])").all()
            if page.locator("#times input").count()
            else []
        )
        grid |= {one.locator("xpath=..").inner_text() for one in free}
    assert len(listed) == len(grid) > 20


def test_a_scarce_day_says_few_and_a_coming_one_when_it_opens(open_page, city):
    page = open_page()
    page.goto(f"{PICKER}&day={city['scarce'].service_day}")

    assert "Few left" in page.locator(".days [aria-current]").inner_text()
    assert "only a few places left" in page.locator("#times legend").inner_text()
    assert not re.search(r"\b[1-4] left", page.locator("main").inner_text())
    page.goto(f"{PICKER}&day={city['later'].service_day}")
    assert "Later" in page.locator(".days [aria-current]").inner_text()
    assert "Next release" in page.locator("main").inner_text()


def test_halls_are_sorted_by_distance_when_somebody_asks_for_it(open_page, chromium, city):
    page = open_page()
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"latitude": 22.9487654, "longitude": 113.1451234})
    page.goto("/book/RENEW/when/")
    page.get_by_role("button", name="Nearest to me").click()

    page.wait_for_url("**at=22.95%2C113.15**")
    halls = page.locator(".hall-choice b").all_inner_texts()
    assert halls == ["Guilan Hall", "Hetang Hall"]
    assert "about 10 km" in page.locator(".hall-choice").nth(1).inner_text()


def test_without_scripts_the_district_does_it(open_page, city):
    page = open_page(scripts=False)
    page.goto("/book/RENEW/when/")
    assert page.get_by_role("button", name="Nearest to me").count() == 0
    page.get_by_label("District").select_option("Guilan")
    page.get_by_role("button", name="Look").click()

    assert page.locator(".hall-choice b").all_inner_texts() == ["Guilan Hall"]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", [PHONE_SIZE, DESK_SIZE], ids=["390", "1440"])
def test_every_state_of_the_picker_is_accessible(open_page, city, language, size):
    page = open_page(size, language=language)
    states = [
        "/book/RENEW/when/",
        "/book/RENEW/when/?show=evenings",
        "/book/RENEW/when/?show=earliest&at=22.95,113.15",
        "/book/RENEW/when/?show=weekends&district=Nowhere",
        f"{PICKER}&day={city['plenty'].service_day}",
        f"{PICKER}&day={city['full'].service_day}",
        f"{PICKER}&day={city['later'].service_day}",
        f"{PICKER}&view=list",
        "/book/RENEW/when/?hall=H02&show=evenings",
    ]
    for state in states:
        page.goto(state)
        is_accessible(page)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, state
