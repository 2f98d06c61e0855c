"""Reading an answer as a test needs it."""

import re

from django.core import signing
from django.test import Client

from appointments.kiosk_views import GIVEN_COOKIE


def text_of(response) -> str:
    return response.content.decode()


def words_of(response) -> str:
    """What a reader sees, in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", text_of(response)).split())


def signed_in(staff, language: str = "en") -> Client:
    """A browser of that person's own."""
    client = Client()
    client.cookies["django_language"] = language
    client.force_login(staff)
    return client


def key_of(response) -> str:
    """The hidden key of the page's form."""
    found = re.search(r'name="key" value="(\w+)"', text_of(response))
    assert found is not None, "the page has no form with a key"
    return found[1]


def shown_at_the_kiosk(client, public_id: str) -> None:
    """The kiosk has given the number just now: it shows it to this person only."""
    client.cookies[GIVEN_COOKIE] = signing.dumps(public_id, salt="given")
