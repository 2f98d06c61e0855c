"""A supervisor sees how good the hall's waits were, in Chromium. Row C17."""

import os
from datetime import timedelta
from random import Random

import pytest
from django.utils import translation
from playwright.sync_api import expect

from config import civil
from queues.issuing import issue
from queues.models import Prediction, Ticket
from tests.browser.conftest import DESK_SIZE, PHONE_SIZE, is_accessible, sign_in
from tests.conftest import make_session, make_staff

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def told(hall, windows, renewal, pickup, transactional_db):
    """Yesterday's people: told a range, called after so long."""
    day = civil.city_date(civil.now()) - timedelta(days=1)
    session, luck = make_session(hall, windows, day=day), Random(7)
    make_staff("supervisor", hall, "supervisor")
    for n in range(120):
        at = session.starts_at + timedelta(minutes=3 * (n % 80))
        ticket = issue(
            hall=hall, session=session, matter=renewal if n % 3 else pickup, source="walk_in",
            rank_at=at, now=at,
        )  # fmt: skip
        half = luck.randint(4, 25)
        waited = half * luck.lognormvariate(0, 0.4)
        Ticket.objects.filter(pk=ticket.pk).update(called_at=at + timedelta(minutes=waited))
        facts = {"ahead": half // 4, "windows": 1, "minutes": 6.0, "raw": [half, 1.7 * half]}
        Prediction.objects.filter(ticket=ticket).delete()
        Prediction.objects.create(
            ticket=ticket, made_at=at, half=half, most=int(1.7 * half) + 1, facts=facts
        )
    return hall


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_says_it_in_words_and_in_a_picture(open_page, told, language):
    for size in (DESK_SIZE, PHONE_SIZE):
        page = open_page(size, language=language)
        with translation.override("en" if language == "en" else "zh-hans"):
            sign_in(page, "supervisor")
            page.wait_for_load_state()
            page.goto("/supervise/estimates/?hall=H01")
        expect(page.locator(".estimates__picture")).to_be_visible()
        expect(page.locator(".estimates__table").first.locator("tbody tr")).to_have_count(4)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size["width"]
        is_accessible(page)
        if folder := os.environ.get("SCREENSHOTS"):
            name = f"{folder}/estimates-{language}-{size['width']}.png"
            page.screenshot(path=name, full_page=True)
