"""The operations page of messages on a phone and at a desk: readable, moving, decided. C18."""

from datetime import timedelta

import pytest

from appointments.models import Message, MessageProvider, ProviderCall
from config import civil
from tests.browser.conftest import DESK_SIZE, PHONE_SIZE, gone, is_accessible, shown, sign_in
from tests.conftest import make_staff, slot_at
from tests.integration.messaging.test_resending_parked import fail, park

pytestmark = pytest.mark.django_db(transaction=True)
Kind = Message.Kind


@pytest.fixture
def troubled(hall, session, book) -> Message:
    """One message in doubt, one that failed, some late, two providers."""
    make_staff("admin", None, "admin")
    now = civil.now()
    for name, rank, rests in [("first-sms", 1, None), ("second-sms", 2, now + timedelta(hours=1))]:
        MessageProvider.objects.create(
            name=name, channel="sms", rank=rank, cost_mil=45, counted_on=civil.city_date(now),
            taken=1200 * rank, daily_cap=20000, closed_again_at=rests,
        )  # fmt: skip
        for took, ending in [(120, "accepted"), (340, "accepted"), (9800, "doubt")]:
            ProviderCall.objects.create(
                provider=name, at=now - timedelta(minutes=2), took_ms=took, ending=ending
            )
    made = [book(slot_at(session, 15), person=n) for n in (1, 2, 3)]
    Message.objects.exclude(kind=Kind.CONFIRMED).delete()
    messages = [Message.objects.get(booking=one) for one in made]
    Message.objects.update(
        due_at=now - timedelta(minutes=9), useless_after=now + timedelta(hours=1)
    )
    fail(messages[1])
    parked = park(messages[0], "first-sms")
    ProviderCall.objects.create(
        provider="first-sms", message=parked, at=now, took_ms=10001, ending="doubt",
        reason="ReadTimeout",
    )  # fmt: skip
    Message.objects.filter(state__in=["failed", "unknown"]).update(settled_at=now)
    return parked


def signed_in(open_page, size):
    page = open_page(size)
    sign_in(page, "admin")
    page.wait_for_url("**/admin/**")
    return page


@pytest.mark.parametrize("size", [PHONE_SIZE, DESK_SIZE], ids=["phone", "desk"])
def test_what_asks_for_somebody_fits_and_is_readable(open_page, troubled, size):
    page = signed_in(open_page, size)
    for at in ("/ops/messages/", f"/ops/messages/{troubled.pk}/"):
        page.goto(at)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{at} is {wide} too wide"
        is_accessible(page)


def test_the_page_moves_by_itself(open_page, troubled):
    page = signed_in(open_page, DESK_SIZE)
    page.goto("/ops/messages/")
    doubt = page.get_by_text("1 message is in doubt").first
    assert shown(doubt)

    Message.objects.filter(pk=troubled.pk).update(state="failed")

    assert gone(doubt)
