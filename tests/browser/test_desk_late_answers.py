"""The desk keeps what a clerk types when the server answers late. # C16"""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import shown
from tests.browser.test_desk import clerk, desk, line  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)
LINE = "**/desk/line/"


def test_a_late_answer_takes_nothing_from_who_is_typing(desk):  # noqa: F811
    """The line was asked for before the server hung; its answer comes into the typing."""
    held = []

    def hold(route):
        held.append(route)

    desk.route(LINE, hold)
    with desk.expect_request(LINE, timeout=20_000):
        pass
    desk.keyboard.press("c")
    note = desk.locator("#pick-note")
    expect(note).to_be_visible()
    note.fill("Wheelchair user, the ramp is on this side")
    for route in held:
        route.continue_()
    desk.wait_for_timeout(2_000)

    assert shown(note)
    assert note.input_value() == "Wheelchair user, the ramp is on this side"
