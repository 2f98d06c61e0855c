"""The waiting room in a real browser: it looks again by itself, with and without scripts."""

from datetime import datetime, timedelta

import pytest

from appointments import admitting
from appointments.admitting import lot_of, room_before
from appointments.models import RoomPlace, WaitingRoom
from config import civil
from tests.browser.conftest import DESK_SIZE, gone, is_accessible, shown
from tests.conftest import an_id

pytestmark = pytest.mark.django_db(transaction=True)


class Clock:
    """The server's clock, moved by the test."""

    def __init__(self) -> None:
        self.now = civil.now().replace(microsecond=0)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    moved = Clock()
    monkeypatch.setattr(civil, "now", moved)
    return moved


@pytest.fixture
def room(clock, transactional_db) -> WaitingRoom:
    """Releases in two seconds; 1,240 people are there already."""
    found = room_before(clock.now + timedelta(seconds=2))
    RoomPlace.objects.bulk_create(
        RoomPlace(room=found, came_at=clock.now, lot=lot_of(found.releases_at, f"person {n}"))
        for n in range(1240)
    )
    return found


def come_in(page, room):
    page.goto(f"/room/{room.pk}/?next=/halls/")
    page.get_by_label("ID number of one person you will book for").fill(an_id(7).number)
    page.get_by_role("button", name="Come in").click()
    page.get_by_text("You are in. The order is drawn at").wait_for()


def test_the_room_looks_again_quietly_and_lets_one_in(open_page, room, clock):
    page = open_page()
    come_in(page, room)
    is_accessible(page)

    clock.now = room.releases_at + timedelta(milliseconds=1)
    page.get_by_text("before you, about").first.wait_for()
    is_accessible(page)
    spoken = page.locator("[data-room-says]")
    assert "before you, about" in spoken.text_content()

    clock.now += timedelta(minutes=6)
    page.get_by_role("button", name="Book now").wait_for(timeout=60_000)
    assert "It is your turn." in spoken.text_content()
    is_accessible(page)
    page.get_by_role("button", name="Book now").click()
    assert page.url.endswith("/halls/")


def test_without_scripts_the_page_loads_itself_again(open_page, room, clock):
    page = open_page(DESK_SIZE, scripts=False, language="zh")
    page.goto(f"/room/{room.pk}/?next=/halls/")
    page.locator("#id_id_number").fill(an_id(7).number)
    page.locator("form:has(#id_id_number) button").click()
    page.locator(".room--early").wait_for()

    clock.now = room.releases_at + timedelta(minutes=6)
    page.locator(".room--admitted").wait_for(timeout=60_000)
    assert gone(page.locator(".room--early"))


def test_a_server_that_is_away_leaves_the_place_as_it_is(open_page, room):
    page = open_page()
    come_in(page, room)
    asked = []

    def away(route) -> None:
        asked.append(route.request.url)
        route.abort("internetdisconnected")

    page.route("**/room/**", away)
    with page.expect_event("requestfailed", timeout=60_000):
        pass
    page.wait_for_timeout(1000)

    assert asked

    assert shown(page.get_by_text("You are in. The order is drawn at"))
    assert admitting.place_of(RoomPlace.objects.order_by("-pk").first().token)
