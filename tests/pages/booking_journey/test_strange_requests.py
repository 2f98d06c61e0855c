"""Requests that no page of the journey makes, and other people's browsers. C11"""

import pytest
from django.test import Client

from tests.conftest import slot_at
from tests.pages.filling_in import hold_places
from tests.pages.reading import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def test_another_browser_does_not_see_the_held_places(citizen, session, renewal):
    held = hold_places(citizen, renewal, slot_at(session, 14))

    assert Client().get(held.url).status_code == 404
    assert Client().post(held.url, {"key": "x", "action": "confirm"}).status_code == 404


def test_a_form_without_its_key_is_malformed(citizen, session, renewal):
    held = hold_places(citizen, renewal, slot_at(session, 14))

    assert citizen.post(held.url, {"action": "confirm"}).status_code == 400
    assert citizen.post(held.url, {"action": "steal", "key": "k"}).status_code == 400


@pytest.mark.parametrize(
    ("way", "method", "status"),
    [
        ("/book/NOPE/", "get", 404),
        ("/book/NOPE/when/", "get", 404),
        ("/book/RENEW/who/1/", "put", 405),
        ("/book/RENEW/", "post", 405),
        ("/book/RENEW/when/", "delete", 405),
        ("/book/phone/", "put", 405),
        ("/book/check/1/", "get", 404),
        ("/book/RENEW/when/?hall=H01&go=1", "get", 400),
        ("/book/RENEW/when/?hall=H01&slot=abc", "get", 400),
        ("/book/RENEW/who/99999999999999999999/", "get", 409),
        ("/book/RENEW/when/?people=99999&day=2027-02-31&show=x&hall=%00", "get", 200),
        ("/book/RENEW/when/?hall=H01&day=9999-12-31", "get", 200),
        ("/book/RENEW/when/?hall=H01&day=0001-01-01", "get", 200),
        ("/book/%00/", "get", 404),
        ("/?q=%00", "get", 200),
    ],
)
def test_strange_requests_get_the_right_answer(citizen, session, renewal, way, method, status):
    assert getattr(citizen, method)(way).status_code == status


def test_the_phone_page_without_a_draft_begins_again(citizen):
    answer = citizen.get("/book/phone/", follow=True)

    assert answer.redirect_chain == [("/", 302)]
    assert "begin again" in text_of(answer)
