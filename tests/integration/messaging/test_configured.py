"""Providers of the environment: what is set up carries, what is wrong is said without keys. C18."""

import json
from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured

from appointments.messaging import configured
from appointments.messaging.routing import OnlyWay, routes
from appointments.models import Message, MessageProvider, ProviderCall
from appointments.providing import Inbox, NoProvider
from appointments.sending import Counts, send_due
from tests.conftest import NOON, slot_at
from tests.faking.sms_server import SmsServer

KEY = "secret-key-of-the-provider-1234"
ONE = {"name": "one", "url": "https://sms.example/v1", "key": KEY}
State = Message.State


@pytest.fixture
def a_real_place(settings):
    settings.DEMO = settings.TESTING = False
    settings.SMS_PROVIDERS = settings.SMTP_URL = settings.MAIL_FROM = ""
    return settings


def test_where_people_are_invented_nothing_leaves(settings):
    """Mutant: `routes` asks the environment first; then a demonstration writes to real phones."""
    settings.SMS_PROVIDERS = json.dumps([ONE])
    ways = routes()

    assert isinstance(ways, OnlyWay)
    assert isinstance(ways.provider, Inbox)


def test_a_place_without_providers_says_so(a_real_place):
    with pytest.raises(NoProvider):
        routes()


def test_what_is_set_up_carries(a_real_place):
    a_real_place.SMS_PROVIDERS = json.dumps(
        [ONE | {"dedupes": True, "receipt_key": "r" * 16}, ONE | {"name": "two"}]
    )
    a_real_place.SMTP_URL, a_real_place.MAIL_FROM = "smtps://mail.example", "a@id.example.org"

    ways = routes()

    assert ways.channels == ["sms", "email"]
    assert [ways.named(name).dedupes for name in ("one", "two", "smtp")] == [True, False, False]
    assert [configured.receipt_key(name) for name in ("one", "two", "none")] == ["r" * 16, "", ""]


@pytest.mark.parametrize(
    "told",
    ["{", "{}", '"x"', "[5]", "[{}]", [ONE, ONE], [ONE | {"name": "smtp"}, ONE | {"name": "smtp"}],
     [ONE | {"name": "One"}], [ONE | {"name": "x" * 21}], [ONE | {"name": 5}],
     [ONE | {"url": "http://sms.example"}], [ONE | {"url": "https://"}], [ONE | {"url": None}],
     [ONE | {"url": "sms.example"}], [ONE | {"key": "short"}], [ONE | {"key": ""}],
     [ONE | {"key": None}], [ONE | {"receipt_key": "short"}], [ONE | {"dedupes": "yes"}],
     [ONE | {"more": KEY}]],
    ids=str,
)  # fmt: skip
def test_a_mistake_is_said_without_keys(told, a_real_place):
    a_real_place.SMS_PROVIDERS = told if isinstance(told, str) else json.dumps(told)

    with pytest.raises(ImproperlyConfigured) as said:
        routes()

    assert KEY not in str(said.value)
    assert said.value.__cause__ is None


@pytest.mark.parametrize(
    ("url", "sender"),
    [("smtp://u:hunter2@mail.example", "a@b.org"), ("smtps://u:hunter2@mail.example", "nobody"),
     ("smtps://u:hunter2@mail.example:x", "a@b.org"), ("https://u:hunter2@m.example", "a@b.org")],
)  # fmt: skip
def test_so_is_one_about_mail(url, sender, a_real_place):
    a_real_place.SMTP_URL, a_real_place.MAIL_FROM = url, sender

    with pytest.raises(ImproperlyConfigured) as said:
        routes()

    assert "hunter2" not in str(said.value)


@pytest.mark.django_db(transaction=True)
def test_two_providers_of_the_environment_carry_a_message(book, session, a_real_place):
    """The first one is down, breaks the line, and is left alone; the second one takes over."""
    book(slot_at(session, 16))
    with SmsServer(key=KEY) as one, SmsServer(key=KEY) as two:
        a_real_place.SMS_PROVIDERS = json.dumps(
            [ONE | {"url": one.url, "dedupes": True},
             {"name": "two", "url": two.url, "key": KEY, "dedupes": True}]
        )  # fmt: skip
        one.otherwise("503_not_taken")
        at = NOON
        for _ in range(4):
            assert send_due(now=at) == Counts(later=1)
            at += timedelta(minutes=16)
        MessageProvider.objects.filter(name="one").update(failures=5, closed_again_at=at)

        assert send_due(now=at - timedelta(seconds=1)) == Counts(sent=1)

        message = Message.objects.get()
        assert (message.provider, message.parts, message.cost_mil) == ("two", 2, 0)
        assert (one.arrived(), two.arrived()) == ({}, {str(message.provider_reference): 1})
    endings = ProviderCall.objects.order_by("pk").values_list("provider", "ending")
    assert list(endings) == [("one", "refused")] * 4 + [("two", "accepted")]
