"""Web push: notices leave for the right browser alone, and each no is taken as what it is. C17,
C18.

Mutants seen: without `allow_redirects=False` the second address is asked; without `_ended` a
gone browser stays; `is_known` that forgets the dot takes evilpush.apple.com.
"""

import logging
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured

from appointments.messaging import configured
from appointments.messaging.push import WebPush, public_key, topic_of
from appointments.messaging.subscribing import (
    NoSubscription,
    Subscription,
    is_known,
    read,
    subscription_of,
)
from appointments.models import PushBrowser
from appointments.providing import (
    LETTERS_FAULT,
    Accepted,
    Doubt,
    Fate,
    Letter,
    NotDelivered,
    ServerTrouble,
)
from config.running import free_port
from queues.issuing import issue_walk_in
from tests.conftest import NOON
from tests.faking.push_server import PushServer, a_subscription, a_vapid_key, base64url

SUBJECT = "mailto:office@example.org"
KEY = base64url(b"k" * 32)  # the same in every process that collects the tests


@pytest.fixture
def server(settings):
    with PushServer() as server:
        settings.PUSH_HOSTS = [server.host]
        yield server


@pytest.fixture
def provider(server):
    return WebPush(key=a_vapid_key(), subject=SUBJECT, trusted=server.certificate)


def letter_to(told: dict) -> Letter:
    to = Subscription(told["endpoint"], **told["keys"], page="/t/x/").as_json()
    return Letter(uuid4(), to, "push", "soon", "请回大厅", NOON, "快到您了")


@pytest.fixture
def letter(server):
    return letter_to(server.subscription())


def test_the_browser_alone_reads_it(provider, server, letter):
    assert provider.send(letter) == Accepted()

    (shown,) = server.shown
    assert shown["said"] == {"title": "快到您了", "body": "请回大厅", "page": "/t/x/"}
    assert shown["claims"]["sub"] == SUBJECT
    headers = shown["headers"]
    assert (headers["TTL"], headers["Urgency"]) == ("600", "high")
    assert headers["Topic"] == topic_of(letter.reference)
    assert len(headers["Topic"]) == 32
    assert str(letter.reference) not in str(headers)


def test_a_twin_has_the_same_topic_and_another_letter_has_not(provider, server, letter):
    provider.send(letter)
    provider.send(letter)
    provider.send(letter_to(server.subscription()))

    first, twin, other = (one["headers"]["Topic"] for one in server.shown)
    assert first == twin != other


@pytest.mark.django_db
@pytest.mark.parametrize("code", [404, 410])
def test_a_browser_that_is_gone_is_told_nothing_more(
    code, provider, server, letter, hall, session, renewal
):
    tickets = [issue_walk_in(hall=hall, matter=renewal, now=NOON) for _ in range(2)]
    mine = subscription_of(server.subscription())
    for ticket in tickets:
        PushBrowser.objects.create(
            ticket=ticket, endpoint_index=mine.index, subscription_sealed=b"", made_at=NOON
        )
    other = PushBrowser.objects.create(
        ticket=tickets[0], endpoint_index=b"other", subscription_sealed=b"", made_at=NOON
    )
    server.next(code)

    with pytest.raises(NotDelivered) as refused:
        provider.send(letter)

    assert refused.value.for_good
    assert not refused.value.bounced
    assert str(refused.value) in LETTERS_FAULT
    assert list(PushBrowser.objects.filter(ended_at=None)) == [other]


@pytest.mark.parametrize(
    ("code", "for_good"), [(400, True), (413, True), (401, False), (403, False), (429, False)]
)
def test_a_clear_no(code, for_good, provider, server, letter):
    server.next(code, Retry_After="7")

    with pytest.raises(NotDelivered) as refused:
        provider.send(letter)

    assert refused.value.for_good == for_good
    assert refused.value.wait == (timedelta(seconds=7) if code == 429 else None)


@pytest.mark.parametrize("code", [500, 503])
def test_their_trouble_is_doubt(code, provider, server, letter):
    server.next(code)

    with pytest.raises(ServerTrouble):
        provider.send(letter)

    assert provider.status(letter.reference) is Fate.UNTOLD


def test_a_redirect_is_not_followed(provider, server, letter):
    server.next(307, Location=f"https://{server.host}/elsewhere")

    with pytest.raises(Doubt):
        provider.send(letter)

    assert server.asked == ["/wpush/secret-of-the-browser"]


def test_nobody_there_means_that_nothing_left(provider, settings):
    settings.PUSH_HOSTS = [f"127.0.0.1:{free_port()}"]

    with pytest.raises(NotDelivered, match="no connection"):
        provider.send(letter_to(a_subscription(f"https://{settings.PUSH_HOSTS[0]}/x")))


def test_who_is_not_who_it_says_reads_nothing(server, letter):
    """Without the test's certificate it is a stranger."""
    with pytest.raises(Doubt):
        WebPush(key=a_vapid_key(), subject=SUBJECT).send(letter)

    assert server.asked == []


@pytest.mark.parametrize("to", ["", "[]", "{}", '{"endpoint": 5}', "null", '{"keys": {}}'])
def test_what_is_no_subscription_is_not_tried(to, provider, server):
    with pytest.raises(NotDelivered) as refused:
        provider.send(Letter(uuid4(), to, "push", "soon", "x", NOON))

    assert refused.value.for_good


def test_a_host_that_is_known_no_more_is_not_asked(provider, server, letter, settings):
    """Mutant: `endpoint_of` without `is_known`."""
    settings.PUSH_HOSTS = ["fcm.googleapis.com"]

    with pytest.raises(NotDelivered):
        provider.send(letter)

    assert server.asked == []


@pytest.mark.parametrize("code", [201, 403, 500])
def test_the_log_does_not_tell_the_browser(code, provider, server, letter, caplog):
    caplog.set_level(logging.INFO)
    server.next(code)

    with suppress(NotDelivered, Doubt):
        provider.send(letter)

    assert len(server.asked) == 1
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    "endpoint",
    ["https://fcm.googleapis.com/fcm/send/a:b", "https://updates.push.services.mozilla.com/w/v2/x",
     "https://web.push.apple.com/Qx", "https://wns2-by3p.notify.windows.com/w/?token=x%2f"],
)  # fmt: skip
def test_known_push_services(endpoint):
    assert is_known(endpoint)


@pytest.mark.parametrize(
    "endpoint",
    ["", "http://fcm.googleapis.com/x", "https://fcm.googleapis.com:8443/x",
     "https://evilfcm.googleapis.com/x", "https://fcm.googleapis.com.evil.example/x",
     "https://evilpush.apple.com/x", "https://.push.apple.com/x", "https://push.apple.com/x",
     "https://a@fcm.googleapis.com/x", "https://evil.example/@fcm.googleapis.com",
     "https://evil.example\\@web.push.apple.com/", "https://evil.example#.push.apple.com",
     "https://evil@web.push.apple.com/", "https://127.0.0.1/x", "https://[::1]/x", "https://[",
     "https://x%2fy.push.apple.com/", "ftp://fcm.googleapis.com/x", "//fcm.googleapis.com/x",
     "https://fcm.googleapis.com/" + "x" * 1500, "https://fcm.googleapis.com/\n", "https://ｗ.push.apple.com/"],
)  # fmt: skip
def test_all_others_are_strangers(endpoint):
    assert not is_known(endpoint)


GOOD = a_subscription("https://fcm.googleapis.com/fcm/send/x")


@pytest.mark.parametrize(
    "keys",
    [None, [], {}, {"p256dh": GOOD["keys"]["p256dh"]},
     GOOD["keys"] | {"auth": base64url(b"short")}, GOOD["keys"] | {"auth": base64url(b"a" * 17)},
     GOOD["keys"] | {"auth": 5}, GOOD["keys"] | {"auth": "你" * 8},
     GOOD["keys"] | {"p256dh": base64url(b"\4" + b"a" * 64)},
     GOOD["keys"] | {"p256dh": base64url(b"\2" + b"a" * 32)},
     GOOD["keys"] | {"p256dh": "!" * 87}, GOOD["keys"] | {"p256dh": "A" * 10_000}],
)  # fmt: skip
def test_keys_that_are_none(keys):
    """The last but four: 65 bytes that are no point of the curve."""
    with pytest.raises(NoSubscription):
        subscription_of(GOOD | {"keys": keys})


def test_a_subscription_reads_back_as_it_was():
    mine = subscription_of(GOOD, page="/t/x/")

    assert read(mine.as_json()) == mine


def test_set_up_by_the_environment(settings):
    settings.SMS_PROVIDERS = settings.SMTP_URL = ""
    assert configured.carriers() == []
    assert public_key() == ""

    settings.VAPID_PRIVATE_KEY, settings.VAPID_SUBJECT = a_vapid_key(), SUBJECT

    (carrier,) = configured.carriers()
    assert (carrier.channel, carrier.provider.name) == ("push", "push")
    assert len(public_key()) == 87


@pytest.mark.parametrize(
    ("key", "subject"),
    [("nonsense-key-1234", SUBJECT), ("A" * 43, SUBJECT), ("", ""), (KEY, ""), (KEY, "office")],
)  # fmt: skip
def test_mistakes_stop_the_sender_and_hide_the_button(key, subject, settings):
    settings.VAPID_PRIVATE_KEY, settings.VAPID_SUBJECT = key or "?", subject

    with pytest.raises(ImproperlyConfigured) as told:
        configured.carriers()

    assert public_key() == ""
    assert not key or key not in str(told.value)
