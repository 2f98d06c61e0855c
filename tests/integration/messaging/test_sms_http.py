"""What is particular to SMS over HTTP: signatures, waiting, numbers, odd answers. C18."""

import json
import subprocess
import sys
from datetime import timedelta
from uuid import uuid4

import pytest

from appointments.messaging.sms_http import SmsOverHttp
from appointments.providing import Accepted, Doubt, Fate, Letter, NonsenseAnswer, NotDelivered
from config.running import free_port
from tests.conftest import NOON, PHONE
from tests.faking.sms_server import SmsServer
from tests.faking.sms_wire import arrived_in

KEY = "k" * 32


@pytest.fixture
def server():
    with SmsServer(key=KEY, hang=3) as server:
        yield server


@pytest.fixture
def provider(server):
    return SmsOverHttp(name="one", url=server.url, key=KEY, dedupes=True, read_seconds=0.5)


def a_letter(to: str = PHONE) -> Letter:
    return Letter(uuid4(), to, "sms", "code", "码 123456", NOON)


def test_it_says_what_it_is_told(provider, server):
    letter = a_letter()

    accepted = provider.send(letter)

    assert accepted == Accepted(number=f"n-{letter.reference}", parts=2)
    (asked,) = server.questions
    assert json.loads(asked["body"]) == {
        "reference": str(letter.reference), "to": PHONE, "text": letter.text,
    }  # fmt: skip


def test_a_wrong_key_sends_nothing(server):
    """The fake checks signatures by its own code. Mutant: sign without the nonce."""
    letter = a_letter()

    with pytest.raises(NotDelivered, match="answered 401"):
        SmsOverHttp(name="one", url=server.url, key="other" * 4).send(letter)

    assert server.arrived() == {}


def test_each_question_is_signed_by_itself(provider, server):
    letter = a_letter()
    provider.send(letter)
    provider.send(letter)
    provider.status(letter.reference)

    assert len(server.questions) == 3  # a nonce used twice would have been refused


def test_a_redirect_is_not_followed(provider, server, monkeypatch):
    """Numbers go to the agreed address alone. Mutant: allow_redirects=True."""
    handler = server._http.RequestHandlerClass
    monkeypatch.setattr(
        handler, "meet", lambda self, *_: self.answer(307, {}, {"Location": "/elsewhere"})
    )

    with pytest.raises(Doubt):
        provider.send(a_letter())

    assert [one["question"] for one in server.questions] == ["POST /messages"]


@pytest.mark.parametrize(
    "number",
    ["+8675781234567", "+864008123456", "+861380013800", "+14155550123", "10086", "", "你好"],
)
def test_a_number_that_cannot_receive_is_not_even_asked_about(number, provider, server):
    """Landlines, hotlines, too short, far away. Mutant: without `clean_phone`, all leave."""
    with pytest.raises(NotDelivered) as refused:
        provider.send(a_letter(number))

    assert refused.value.bounced
    assert server.questions == []


def test_nobody_there_means_that_nothing_left():
    provider = SmsOverHttp(name="one", url=f"http://127.0.0.1:{free_port()}", key=KEY)

    with pytest.raises(NotDelivered, match="no connection"):
        provider.send(a_letter())


@pytest.mark.parametrize(
    ("told", "wait"),
    [("7", 7), ("999999999", 30), ("86400", 3600), ("soon", 30), ("-5", 30), ("²", 30)],
)
def test_how_long_it_wants_to_be_left_alone(told, wait, provider, server, monkeypatch):
    handler = server._http.RequestHandlerClass
    monkeypatch.setattr(
        handler, "meet", lambda self, *_: self.answer(429, {}, {"Retry-After": told})
    )

    with pytest.raises(NotDelivered) as refused:
        provider.send(a_letter())

    assert refused.value.wait == timedelta(seconds=wait)


@pytest.mark.parametrize(
    "change",
    [{"number": 5}, {"number": ""}, {"number": "x" * 121}, {"parts": 0}, {"parts": "2"},
     {"parts": True}, {"parts": 10**9}, {"reference": None}],
    ids=str,
)  # fmt: skip
def test_a_yes_that_is_not_exactly_one_is_doubt(change, provider, server, monkeypatch):
    """Mutant: `_accepted` without its checks."""
    handler = server._http.RequestHandlerClass
    letter = a_letter()
    good = {"reference": str(letter.reference), "number": "n", "parts": 1}
    monkeypatch.setattr(handler, "meet", lambda self, *_: self.answer(202, good | change))

    with pytest.raises(NonsenseAnswer):
        provider.send(letter)


def test_a_long_answer_is_not_read_to_its_end(provider, server, monkeypatch):
    """Mutant: without MOST_BYTES; then a provider can fill a sender's memory."""
    handler = server._http.RequestHandlerClass
    letter = a_letter()
    long = {"reference": str(letter.reference), "number": "n", "parts": 1, "more": "9" * 50_000}
    monkeypatch.setattr(handler, "meet", lambda self, *_: self.answer(202, long))

    with pytest.raises(NonsenseAnswer):
        provider.send(letter)


def test_what_it_has_already_is_taken(provider, server, monkeypatch):
    handler = server._http.RequestHandlerClass
    letter = a_letter()
    good = {"reference": str(letter.reference), "number": "n", "parts": 1}
    monkeypatch.setattr(handler, "meet", lambda self, *_: self.answer(409, good))

    assert provider.send(letter) == Accepted("n", 1)


@pytest.mark.parametrize("mode", ["500", "time_out", "not_json", "wrong_reference", "huge"])
def test_no_clear_status_is_no_status(mode, provider, server):
    letter = a_letter()
    provider.send(letter)
    server.status(mode)

    with pytest.raises(Doubt):
        provider.status(letter.reference)


def test_an_address_that_answers_404_to_everything_does_not_say_absent(
    provider, server, monkeypatch
):
    """Mutant: any 404 counts as ABSENT; then a mistyped address sends all doubtful ones again."""
    letter = a_letter()
    handler = server._http.RequestHandlerClass
    monkeypatch.setattr(handler, "tell_status", lambda self, _: self.answer(404, {}))

    with pytest.raises(Doubt):
        provider.status(letter.reference)


def test_a_lie_about_status_is_believed_and_the_twin_swallowed(provider, server):
    """What is promised with one that removes twins holds even when its status lies."""
    server.next("accept_and_hang")
    letter = a_letter()
    with pytest.raises(Doubt):
        provider.send(letter)
    server.status("absent")

    assert provider.status(letter.reference) is Fate.ABSENT
    assert provider.send(letter).number == f"n-{letter.reference}"
    assert server.arrived() == {str(letter.reference): 1}


def test_the_fake_in_its_own_process_remembers(tmp_path):
    """Its log outlives it: a server started again knows what it took."""
    log = tmp_path / "phones"
    command = [sys.executable, "-m", "tests.faking.sms_server", "--log", str(log), "--key", KEY]
    letter = a_letter()
    for _ in range(2):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                url = process.stdout.readline().strip()
                SmsOverHttp(name="one", url=url, key=KEY).send(letter)
            finally:
                process.kill()

    assert arrived_in(log) == {str(letter.reference): 1}
