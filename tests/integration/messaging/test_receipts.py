"""Receipts: signed, counted once, and moving a message onwards only. C18.

Every guard is proved to bite: the mutant named in the docstring turns the test red.
"""

import json
import logging
from datetime import timedelta
from itertools import product
from uuid import uuid4

import pytest
from django.test import Client

from appointments.messaging.configured import LEAST_KEY
from appointments.messaging.receipts import Unreadable, read, receive
from appointments.models import Contact, Message, Receipt
from appointments.sending import claim
from config import civil
from tests.conftest import NOON, slot_at
from tests.faking.sms_wire import receipt_body, signed

pytestmark = pytest.mark.django_db
State = Message.State
KEY = "r" * 32
PATH = "/receipts/one/"
PROVIDERS = [
    {"name": "one", "url": "https://sms.example", "key": "k" * 32, "receipt_key": KEY},
    {"name": "two", "url": "https://sms.example", "key": "k" * 32, "receipt_key": "t" * 32},
    {"name": "mute", "url": "https://sms.example", "key": "k" * 32},
]


@pytest.fixture(autouse=True)
def configured(settings, monkeypatch):
    settings.SMS_PROVIDERS = json.dumps(PROVIDERS)
    monkeypatch.setattr(civil, "now", lambda: NOON)


@pytest.fixture
def message(book, session) -> Message:
    """Being sent by provider "one"."""
    book(slot_at(session, 16))
    (claimed,) = claim(now=NOON, limit=1)
    Message.objects.filter(pk=claimed.message.pk).update(provider="one")
    return Message.objects.get(pk=claimed.message.pk)


def put(message: Message, state: str) -> Message:
    """The message in that state, by legal moves."""
    steps = {"sent": ["sent"], "unknown": ["unknown"], "failed": ["failed"], "claimed": [],
             "delivered": ["delivered"], "ready": ["ready"], "void": ["void"]}  # fmt: skip
    for step in steps[state]:
        more = {"delivered_at": NOON} if step == "delivered" else {}
        lease = None if step != "claimed" else message.lease_until
        Message.objects.filter(pk=message.pk).update(state=step, lease_until=lease, **more)
    message.refresh_from_db()
    return message


def bring(body: bytes, *, key: str = KEY, path: str = PATH, at=NOON, **headers):
    """One receipt brought as the fake provider does it."""
    told = signed(key, f"POST {path}", body, at=at.timestamp()) | headers
    client = Client(enforce_csrf_checks=True)
    return client.post(path, body, content_type="application/json", headers=told)


def tell(message: Message, status: str = "delivered", **more):
    return bring(receipt_body(str(message.provider_reference), status=status, **more))


class TestMoves:
    """Mutant: MOVES without its limits (every state for every status): the trigger
    message_moves_legally or the rows that stay turn red."""

    ENDS = {
        ("claimed", "delivered"): "delivered", ("sent", "delivered"): "delivered",
        ("unknown", "delivered"): "delivered", ("failed", "delivered"): "delivered",
        ("claimed", "failed"): "failed", ("sent", "failed"): "failed",
        ("unknown", "failed"): "failed", ("unknown", "sent"): "sent",
    }  # fmt: skip

    @pytest.mark.parametrize(
        ("state", "status"), list(product(State.values, ["delivered", "failed", "sent"]))
    )
    def test_a_receipt_moves_a_message_onwards_or_not_at_all(self, state, status, message):
        put(message, state)

        assert tell(message, status).json() == {"counted": True}

        message.refresh_from_db()
        assert message.state == self.ENDS.get((state, status), state)
        assert Receipt.objects.get().message == message

    def test_what_arrived_says_when(self, message):
        put(message, "sent")
        Message.objects.update(made_at=NOON - timedelta(hours=1))
        tell(message, at=(NOON - timedelta(minutes=1)).isoformat())

        message.refresh_from_db()
        assert message.delivered_at == NOON - timedelta(minutes=1)
        assert (message.sent_at, message.settled_at, message.error) == (NOON, NOON, "")

    @pytest.mark.parametrize("at", ["2031-01-01T00:00:00+08:00", "2001-01-01T00:00:00Z"])
    def test_a_provider_with_a_wrong_clock_is_not_believed(self, at, message):
        """Mutant: `_when` returns told.at."""
        put(message, "sent")
        tell(message, at=at)

        message.refresh_from_db()
        assert message.delivered_at == NOON

    def test_a_failure_says_why(self, message):
        put(message, "sent")
        tell(message, "failed", reason="expired")

        message.refresh_from_db()
        assert message.error == "receipt: expired"
        assert not Contact.objects.filter(bounced_at__isnull=False).exists()

    def test_a_number_that_does_not_exist_is_marked(self, message):
        """Mutant: without DOES_NOT_WORK nobody is told at check-in."""
        put(message, "sent")
        tell(message, "failed", reason="number_unknown")

        contact = Contact.objects.get(address_index=message.to_index)
        assert (contact.bounced_at, contact.bounce_reason) == (NOON, "number_unknown")

    def test_another_providers_receipt_moves_nothing(self, message):
        """Each vouches for its own messages. Mutant: `_carries` always True."""
        put(message, "sent")
        body = receipt_body(str(message.provider_reference))

        answer = bring(body, key="t" * 32, path="/receipts/two/")

        assert answer.json() == {"counted": True}
        message.refresh_from_db()
        assert message.state == State.SENT

    def test_those_that_left_with_it_follow(self, message):
        """A family's bundle. Mutant: without `follow`, the others stay sent."""
        put(message, "sent")
        led = Message.objects.get(pk=message.pk)
        led.pk, led.subject, led.provider_reference = None, "booking:0", uuid4()
        led.bundled_into, led.state = message, "sent"
        led.save(force_insert=True)

        tell(message)

        led.refresh_from_db()
        assert (led.state, led.delivered_at) == (State.DELIVERED, NOON)

    def test_one_that_is_led_is_not_moved_by_itself(self, message):
        """Its reference never left. Mutant: without `bundled_into_id` in `_carries`."""
        put(message, "sent")
        led = Message.objects.get(pk=message.pk)
        led.pk, led.subject, led.provider_reference = None, "booking:0", uuid4()
        led.bundled_into, led.state = message, "sent"
        led.save(force_insert=True)

        tell(led)

        led.refresh_from_db()
        assert led.state == State.SENT


class TestOnce:
    def test_a_replay_counts_once_and_is_answered_well(self, message):
        """Mutant: `is_new` not asked in `receive`; a replay of an old failure would mark the
        number again after its holder proved it."""
        put(message, "sent")
        body = receipt_body(
            str(message.provider_reference), status="failed", reason="number_unknown"
        )
        bring(body)
        Contact.objects.update(bounced_at=None, bounce_reason="")
        Message.objects.update(state=State.READY)
        Message.objects.update(state=State.CLAIMED, lease_until=NOON)

        again = bring(body)

        assert (again.status_code, again.json()) == (200, {"counted": False})
        message.refresh_from_db()
        assert (message.state, Receipt.objects.count()) == (State.CLAIMED, 1)
        assert not Contact.objects.filter(bounced_at__isnull=False).exists()

    def test_one_for_a_message_that_does_not_exist_is_kept(self, message):
        answer = bring(receipt_body(str(uuid4())))

        assert (answer.status_code, Receipt.objects.get().message) == (200, None)


class TestRefused:
    """Nothing is written, and the log says so without what was in it."""

    @pytest.fixture(autouse=True)
    def nothing_happens(self, message, caplog):
        put(message, "sent")
        caplog.set_level(logging.DEBUG)
        yield
        message.refresh_from_db()
        assert (message.state, Receipt.objects.count()) == (State.SENT, 0)
        told = [r for r in caplog.records if r.name.startswith("appointments")]
        assert not any(str(message.provider_reference) in r.getMessage() for r in told)

    def body(self, message: Message) -> bytes:
        return receipt_body(str(message.provider_reference))

    def test_a_forged_one(self, message, caplog):
        """Mutant: `is_signed` returns True."""
        answer = bring(self.body(message), key="forged" * 6)

        assert (answer.status_code, answer.json()["code"]) == (403, "signature")
        assert "A receipt without a valid signature was refused (one)" in caplog.text

    @pytest.mark.parametrize("minutes", [-6, 6])
    def test_a_stale_one(self, minutes, message):
        """Mutant: `_is_fresh` returns True; then a receipt can be kept and brought years later."""
        answer = bring(self.body(message), at=NOON + timedelta(minutes=minutes))

        assert answer.status_code == 403

    @pytest.mark.parametrize(
        "headers",
        [{"X-Signature": ""}, {"X-Signature": "\xe9" * 64}, {"X-Timestamp": ""},
         {"X-Timestamp": "9" * 400}, {"X-Timestamp": "²"}, {"X-Timestamp": "-1"},
         {"X-Nonce": "another"}],
        ids=str,
    )  # fmt: skip
    def test_one_with_strange_headers(self, headers, message):
        assert bring(self.body(message), **headers).status_code == 403

    def test_one_signed_for_another_place(self, message):
        """Mutant: the question is not part of what is signed."""
        told = signed(KEY, "POST /receipts/two/", self.body(message), at=NOON.timestamp())
        answer = Client().post(
            PATH, self.body(message), content_type="application/json", headers=told
        )

        assert answer.status_code == 403

    def test_one_that_was_changed(self, message):
        told = signed(KEY, f"POST {PATH}", receipt_body(str(uuid4())), at=NOON.timestamp())
        answer = Client().post(
            PATH, self.body(message), content_type="application/json", headers=told
        )

        assert answer.status_code == 403

    @pytest.mark.parametrize("name", ["nobody", "mute"])
    def test_a_provider_that_sends_none(self, name, message):
        """Mutant: an empty key counts as a key; then anybody can sign with it."""
        path = f"/receipts/{name}/"

        assert bring(self.body(message), key="", path=path).status_code == 403
        assert bring(self.body(message), key=KEY, path=path).status_code == 403

    def test_a_long_one_is_not_read(self, message):
        assert bring(b"x" * 5000).status_code == 413

    def test_get_is_no_way_to_bring_one(self, message):
        assert Client().get(PATH).status_code == 405

    @pytest.mark.parametrize(
        "body",
        [b"", b"null", b"[]", b"{", b"\xff\xfe", b"[" * 4000, b'"x"', b"{}"],
        ids=["empty", "null", "list", "brace", "bytes", "deep", "word", "bare"],
    )
    def test_nonsense(self, body, message):
        answer = bring(body)

        assert (answer.status_code, answer.json()["code"]) == (400, "unreadable")


GOOD = json.loads(receipt_body(str(uuid4()), at="2027-03-04T12:00:00+08:00"))


def test_a_receipt_can_be_read():
    told = read(json.dumps(GOOD).encode())

    assert (told.number, str(told.reference)) == (GOOD["number"], GOOD["reference"])
    assert (told.status, told.at, told.reason) == ("delivered", NOON, "")


@pytest.mark.parametrize(
    "change",
    [{"number": ""}, {"number": 5}, {"number": "x" * 121}, {"number": "a\x00b"},
     {"reference": "5"}, {"reference": None}, {"status": "lost"}, {"status": ["delivered"]},
     {"at": ""}, {"at": "now"}, {"at": "2027-03-04T12:00:00"}, {"at": 5},
     {"at": "0001-01-01T00:00:00+14:00"}, {"at": "9999-12-31T23:59:59-14:00"},
     {"reason": "x" * 101}, {"reason": "a\r\nb"}, {"reason": {}}, {"more": "x"}],
    ids=str,
)  # fmt: skip
def test_what_is_not_exactly_a_receipt_cannot(change):
    """Mutant for each: `read` without the check of that field."""
    with pytest.raises(Unreadable):
        read(json.dumps(GOOD | change).encode())


def test_a_short_key_is_refused_at_the_start(settings):
    from django.core.exceptions import ImproperlyConfigured

    short = [PROVIDERS[0] | {"receipt_key": "x" * (LEAST_KEY - 1)}]
    settings.SMS_PROVIDERS = json.dumps(short)
    with pytest.raises(ImproperlyConfigured) as told:
        bring(receipt_body(str(uuid4())))

    assert "xxx" not in str(told.value)


def test_the_command_needs_no_page(message):
    told = read(receipt_body(str(message.provider_reference)))

    assert receive(provider="one", told=told, now=NOON)
    assert not receive(provider="one", told=told, now=NOON)
