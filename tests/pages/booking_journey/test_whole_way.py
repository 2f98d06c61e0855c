"""The booking journey from its first page to the references. C11 C19"""

import pytest

from appointments.models import Booking
from tests.conftest import DAY, an_id, slot_at
from tests.pages.filling_in import answers, hold_places, type_code, who_address
from tests.pages.reading import key_of, text_of
from windows.models import Material

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
LANGUAGES = ["zh-hans", "en"]


@pytest.fixture
def bring(renewal):
    return Material.objects.create(
        matter=renewal, position=1, name_zh="旧身份证", name_en="The old card"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_the_way_answers_in_both_languages(client, language, session, renewal, bring):
    client.cookies["django_language"] = language
    slot = slot_at(session, 14)
    ways = [
        "/",
        "/?q=lost",
        "/?q=zzz",
        "/b/",
        "/book/RENEW/",
        "/book/RENEW/when/",
        "/book/RENEW/when/?near=hetang&show=earliest",
        f"/book/RENEW/when/?hall=H01&day={DAY}&people=2",
        "/book/RENEW/when/?hall=H01&show=evenings",
        "/book/RENEW/when/?hall=H01&show=weekends",
        "/book/RENEW/when/?hall=H01&show=earliest",
        who_address(renewal, slot),
        "/guide/RENEW/",
        "/privacy/",
        "/accessibility/",
    ]

    statuses = {way: client.get(way).status_code for way in ways}

    assert statuses == dict.fromkeys(ways, 200)


def test_a_family_of_three_books_confirms_and_gets_three_references(citizen, session, renewal):
    slot = slot_at(session, 14)

    when = citizen.get(f"/book/RENEW/when/?people=3&hall=H01&day={DAY}")
    assert f'value="{slot.pk}"' in text_of(when)
    chosen = citizen.get(f"/book/RENEW/when/?people=3&hall=H01&day={DAY}&slot={slot.pk}&go=1")
    assert chosen.url == who_address(renewal, slot) + "?people=3"
    held = hold_places(citizen, renewal, slot, people=3)
    check = citizen.get(held.url)
    assert Booking.objects.filter(state="held").count() == 3
    done = citizen.post(held.url, {"key": key_of(check), "action": "confirm"})
    page = citizen.get(done.url)

    bookings = Booking.objects.order_by("pk")
    assert [b.state for b in bookings] == ["confirmed"] * 3
    assert {b.starts_at for b in bookings} == {slot.starts_at}
    assert all(b.reference in text_of(page) for b in bookings)
    assert "<svg" in text_of(page)


def test_what_was_typed_is_sealed_in_the_session_and_gone_after_the_hold(citizen, session, renewal):
    citizen.post(who_address(renewal, slot_at(session, 14)), answers())
    kept = citizen.session["draft"]
    assert "陈" not in kept
    assert an_id(1).number not in kept
    assert citizen.session.get_expiry_age() == 3600

    type_code(citizen)

    assert "draft" not in citizen.session


def test_confirming_twice_is_confirming_once(citizen, session, renewal):
    held = hold_places(citizen, renewal, slot_at(session, 14))
    press = {"key": key_of(citizen.get(held.url)), "action": "confirm"}

    first, second = citizen.post(held.url, press), citizen.post(held.url, press)

    assert first.url == second.url
    assert Booking.objects.get().events.filter(kind="confirmed").count() == 1


def test_the_pages_ask_the_database_few_times(
    citizen, session, renewal, django_assert_max_num_queries
):
    citizen.get(f"/book/RENEW/when/?hall=H01&day={DAY}")  # measures the hall's pace once

    with django_assert_max_num_queries(2):
        citizen.get("/")
    with django_assert_max_num_queries(12):
        citizen.get(f"/book/RENEW/when/?hall=H01&day={DAY}")
    with django_assert_max_num_queries(6):
        citizen.get("/book/RENEW/when/")


def test_own_words_find_the_matter(citizen, renewal):
    assert "may be" in text_of(citizen.get("/?q=我的证到期了"))
    assert "We found nothing" in text_of(citizen.get("/?q=qqqq"))


def test_what_to_bring_is_told_before_anything_else(citizen, renewal, bring):
    assert "The old card" in text_of(citizen.get("/book/RENEW/"))
    assert "The old card" in text_of(citizen.get("/guide/RENEW/"))
