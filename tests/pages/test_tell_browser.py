"""“Tell this browser” on one's own ticket. Rows C17, C18."""

import json

import pytest

from appointments.models import PushBrowser
from appointments.sealing import unseal
from config import civil
from queues.issuing import issue_walk_in
from tests.conftest import NOON
from tests.faking.push_server import a_subscription, a_vapid_key

pytestmark = pytest.mark.django_db
GOOD = a_subscription("https://fcm.googleapis.com/fcm/send/secret")


@pytest.fixture(autouse=True)
def keys(settings, monkeypatch, client):
    settings.VAPID_PRIVATE_KEY, settings.VAPID_SUBJECT = a_vapid_key(), "mailto:a@example.org"
    monkeypatch.setattr(civil, "now", lambda: NOON)
    client.cookies["django_language"] = "en"


@pytest.fixture
def ticket(hall, session, renewal, at_window_3):
    return issue_walk_in(hall=hall, matter=renewal, now=NOON)


@pytest.fixture
def tell(client, ticket):
    def tell(action="on", subscription=GOOD, key="k1", public_id=ticket.public_id):
        told = {"action": action, "subscription": subscription, "key": key}
        return client.post(
            f"/t/{public_id}/browser/", json.dumps(told), content_type="application/json"
        )

    return tell


def test_on_and_off_and_on_again(tell, ticket):
    assert tell("look").json() == {"on": False}
    assert tell("on").json() == {"on": True}
    assert tell("look").json() == {"on": True}
    (browser,) = PushBrowser.objects.all()
    assert (browser.ticket, browser.language) == (ticket, "en")
    kept = json.loads(unseal(browser.subscription_sealed, purpose="push"))
    assert kept == GOOD | {"page": f"/t/{ticket.public_id}/"}

    assert tell("off", key="k2").json() == {"on": False}
    assert tell("look").json() == {"on": False}
    assert tell("on", key="k3").json() == {"on": True}
    assert tell("look").json() == {"on": True}


def test_twice_is_once(tell):
    for key in ("k1", "k1", "k2"):
        assert tell("on", key=key).status_code == 200

    assert PushBrowser.objects.count() == 1


@pytest.mark.parametrize(
    "subscription",
    [None, 5, {}, GOOD | {"endpoint": "http://fcm.googleapis.com/x"},
     GOOD | {"endpoint": "https://evil.example/x"}, GOOD | {"endpoint": "https://127.0.0.1/x"},
     GOOD | {"keys": {}}, GOOD | {"keys": {"p256dh": "x", "auth": "y"}}],
)  # fmt: skip
def test_what_is_no_subscription_is_refused(tell, subscription):
    answer = tell("on", subscription)

    assert answer.status_code == 400
    assert answer.json()["code"] == "no_subscription"
    assert not PushBrowser.objects.exists()


@pytest.mark.parametrize("body", ["", "{", "[]", "5", '{"action": "delete"}', "[" * 4000])
def test_nonsense_is_refused(client, ticket, body):
    answer = client.post(f"/t/{ticket.public_id}/browser/", body, content_type="application/json")

    assert answer.status_code == 400


def test_a_press_without_a_key_is_none(tell):
    assert tell("on", key="").status_code == 400
    assert tell("on", key=5).status_code == 400
    assert not PushBrowser.objects.exists()


def test_a_long_body_is_not_read(client, ticket):
    long = json.dumps({"action": "on", "subscription": GOOD, "key": "k", "more": "x" * 5000})
    answer = client.post(f"/t/{ticket.public_id}/browser/", long, content_type="application/json")

    assert answer.status_code == 413


def test_too_many(tell):
    answers = [
        tell("on", a_subscription(f"https://fcm.googleapis.com/{n}"), key=f"k{n}") for n in range(6)
    ]

    assert [answer.status_code for answer in answers] == [200] * 5 + [409]
    assert answers[5].json()["code"] == "too_many_browsers"
    assert "Enough browsers" in answers[5].json()["detail"]


def test_a_strangers_guess_is_not_found(tell):
    assert tell(public_id="AAAAAAAAAAAAAAAAAAAAAA").status_code == 404


def test_not_offered_without_keys(tell, client, ticket, settings):
    part = f"/t/{ticket.public_id}/alert/?part=1"
    assert "Tell this browser" in client.get(part).content.decode()

    settings.VAPID_PRIVATE_KEY = ""

    assert "data-push" not in client.get(part).content.decode()
    assert tell().status_code == 404


def test_it_needs_the_pages_own_token(ticket):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(f"/t/{ticket.public_id}/browser/", "{}", content_type="application/json")

    assert answer.status_code == 403


def test_the_worker_is_in_charge_of_tickets_alone(client):
    answer = client.get("/push-worker.js")

    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Service-Worker-Allowed"] == "/t/"
    assert answer["Cache-Control"] == "no-cache"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert b"showNotification" in answer.content
    assert b'"fetch"' not in answer.content
