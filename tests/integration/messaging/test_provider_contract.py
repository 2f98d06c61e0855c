"""One contract for everything that carries messages: the demonstration's inbox, SMS over HTTP,
e-mail over SMTP, and a provider of the kind of web push. C18.

Each stands behind the same few questions: accept, refuse, doubt, status, a twin, control
characters, and what the log says. A test that does not apply to a kind says so by its `can`.
"""

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from uuid import UUID, uuid4

import pytest

from appointments.messaging.sms_http import SmsOverHttp
from appointments.messaging.smtp import Smtp
from appointments.models import InboxItem
from appointments.providing import (
    Accepted,
    Doubt,
    Fate,
    Inbox,
    Letter,
    NotDelivered,
    Provider,
    refuse_controls,
)
from tests.conftest import NOON, PHONE
from tests.faking.mail_server import MailServer
from tests.faking.sms_server import SmsServer

pytestmark = pytest.mark.django_db
EMAIL = "canary@example.org"
TEXT, TITLE = "金丝雀 2027 年 3 月 6 日 15:00", "金丝雀的标题"
KEY = "k" * 32


@dataclass
class Kind:
    """A provider under the contract, and what the test can make it meet."""

    provider: Provider
    to: str
    channel: str
    arrived: "Counter[str]" = field(default_factory=Counter)
    server: SmsServer | MailServer | None = None
    refusals: tuple[str, ...] = ()  # the next letter is refused, clearly
    bounces: tuple[str, ...] = ()  # and because its address does not work
    doubts: tuple[str, ...] = ()  # what became of it is not told; it may have arrived
    lost: tuple[str, ...] = ()  # the same, and it never arrives
    can_tell: bool = True

    def meets(self, behaviour: str) -> None:
        assert self.server is not None
        self.server.next(behaviour)

    def rang(self, letter: Letter) -> int:
        if isinstance(self.provider, Inbox):
            return InboxItem.objects.filter(provider_reference=letter.reference).count()
        counted = self.server.arrived() if self.server else self.arrived
        return counted[str(letter.reference)]

    def letter(self, **more) -> Letter:
        letter = Letter(uuid4(), self.to, self.channel, "reminder_day", TEXT, NOON, TITLE)
        return replace(letter, **more)


class PushLike:
    """As a push service: no status, and a twin of the same topic replaces the first one."""

    name, dedupes, at_once = "push", False, 1

    def __init__(self) -> None:
        self.arrived: Counter[str] = Counter()

    def send(self, letter: Letter) -> Accepted:
        refuse_controls(letter)
        self.arrived[str(letter.reference)] = 1
        return Accepted()

    def status(self, reference: UUID) -> Fate:
        return Fate.UNTOLD


def of_sms(dedupes: bool) -> Iterator[Kind]:
    with SmsServer(key=KEY, dedupes=dedupes, hang=3) as server:
        provider = SmsOverHttp(
            name="one", url=server.url, key=KEY, dedupes=dedupes, read_seconds=0.5
        )
        yield Kind(
            provider, PHONE, "sms", server=server, bounces=("refuse",),
            refusals=("429", "503_not_taken", "refuse_key"),
            doubts=("accept_and_hang", "accept_and_500", "drop", "not_json", "wrong_reference",
                    "huge"),
            lost=("500", "time_out", "reset"),
        )  # fmt: skip


def of_mail() -> Iterator[Kind]:
    with MailServer() as server:
        provider = Smtp(
            name="smtp", url=server.url, sender="禾塘 <hall@example.org>", seconds=0.5
        )  # fmt: skip
        yield Kind(
            provider, EMAIL, "email", server=server, bounces=("no_such_person", "unknown_bare"),
            refusals=("greylist", "full", "policy", "drop_at_rcpt", "later", "spam"),
            doubts=("take_and_hang", "take_and_drop"),
            lost=("nonsense", "drop_after_text", "hang"), can_tell=False,
        )  # fmt: skip


def of_push() -> Iterator[Kind]:
    push = PushLike()
    yield Kind(push, "https://push.example/1", "push", arrived=push.arrived, can_tell=False)


def of_inbox() -> Iterator[Kind]:
    yield Kind(Inbox(), PHONE, "sms")


KINDS = {
    "inbox": of_inbox, "sms": lambda: of_sms(True), "sms-twins": lambda: of_sms(False),
    "mail": of_mail, "push": of_push,
}  # fmt: skip


@pytest.fixture(params=KINDS)
def kind(request) -> Iterator[Kind]:
    yield from KINDS[request.param]()


def test_what_is_accepted_arrives_once(kind):
    letter = kind.letter()

    accepted = kind.provider.send(letter)

    assert accepted.parts >= 1
    assert kind.rang(letter) == 1


def test_a_refusal_leaves_nothing_behind(kind):
    """Mutant: in sms_http, `_refusal` returns ServerTrouble for every code."""
    for behaviour in [*kind.refusals, *kind.bounces]:
        kind.meets(behaviour)
        letter = kind.letter()

        with pytest.raises(NotDelivered) as refused:
            kind.provider.send(letter)

        assert (behaviour, kind.rang(letter)) == (behaviour, 0)
        assert (behaviour, refused.value.bounced) == (behaviour, behaviour in kind.bounces)


def test_no_clear_answer_is_doubt_whatever_happened(kind):
    """Mutant: in sms_http, TimedOut or BrokenOff raised as NotDelivered; in smtp, the text
    handed over outside the block that turns a broken line into BrokenOff."""
    for behaviour in [*kind.doubts, *kind.lost]:
        kind.meets(behaviour)
        letter = kind.letter()

        with pytest.raises(Doubt):
            kind.provider.send(letter)

        assert (behaviour, kind.rang(letter)) == (behaviour, int(behaviour in kind.doubts))


def test_status_tells_what_arrived_or_that_it_cannot_be_asked(kind):
    letter, other = kind.letter(), kind.letter()
    kind.provider.send(letter)

    told = kind.provider.status(letter.reference), kind.provider.status(other.reference)

    assert told == ((Fate.SENT, Fate.ABSENT) if kind.can_tell else (Fate.UNTOLD, Fate.UNTOLD))


def test_status_tells_it_after_doubt(kind):
    for behaviour in kind.doubts:
        kind.meets(behaviour)
        letter = kind.letter()
        with pytest.raises(Doubt):
            kind.provider.send(letter)

        known = Fate.SENT if kind.can_tell else Fate.UNTOLD
        assert (behaviour, kind.provider.status(letter.reference)) == (behaviour, known)


def test_who_promises_to_remove_a_twin_does(kind):
    """One that promises it is sent the reference again after doubt, the others never are:
    that promise is in the environment, so it is asked here of the fake only."""
    letter = kind.letter()
    kind.provider.send(letter)
    kind.provider.send(letter)

    twin_arrives = not kind.provider.dedupes and not isinstance(kind.provider, PushLike)
    assert kind.rang(letter) == (2 if twin_arrives else 1)
    assert kind.provider.at_once > 1 or not kind.provider.dedupes


@pytest.mark.parametrize("control", ["\r\nBcc: x@example.org", "\n", "\x00", "\x85", "\u2028"])
def test_an_address_with_control_characters_is_refused(kind, control):
    """Mutant: `refuse_controls` does nothing. The inbox sends nothing anywhere."""
    if isinstance(kind.provider, Inbox):
        return
    letter = kind.letter(to=kind.to + control)

    with pytest.raises(NotDelivered) as refused:
        kind.provider.send(letter)

    assert refused.value.for_good
    assert kind.rang(letter) == 0


@pytest.mark.parametrize("where", ["title", "leave"])
@pytest.mark.parametrize("control", ["a\r\nBcc: x@example.org", "a\nb", "a\x00b"])
def test_so_is_a_title_or_a_link(kind, where, control):
    if isinstance(kind.provider, Inbox):
        return
    letter = kind.letter(**{where: control})

    with pytest.raises(NotDelivered) as refused:
        kind.provider.send(letter)

    assert (refused.value.for_good, refused.value.bounced) == (True, False)
    assert kind.rang(letter) == 0


def test_neither_log_nor_error_tells_who_or_what(kind, caplog):
    """Canaries: address, text, title. Mutant: `raise ... from error` with the letter in it, or
    a log line with `letter`."""
    caplog.set_level(logging.DEBUG)
    said = []
    for behaviour in [*kind.refusals, *kind.bounces, *kind.doubts, *kind.lost, "accept"]:
        if kind.server is not None:
            kind.meets(behaviour)
        try:
            said.append(repr(kind.provider.send(kind.letter())))
        except Exception as error:
            said.append(f"{error!r} {error.__cause__!r} {error.args}")

    told = [r for r in caplog.records if not r.name.startswith(("mail.", "asyncio"))]
    seen = "\n".join([*said, *(record.getMessage() for record in told)])
    for canary in [kind.to, kind.to[3:], TEXT, "金丝雀"]:
        assert canary not in seen
