"""Providers: who takes a message out of the city's hands.

A provider is called outside any transaction, with our reference. It either accepts,
refuses (`NotDelivered`: nothing left), or leaves us in doubt (any other error). In doubt
we ask for the status and never send blindly again.
"""

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol
from uuid import UUID

from appointments.models import InboxItem


class NotDelivered(Exception):
    """The provider says no: nothing was sent.

    `for_good`: trying again would not help. `bounced`: because the address does not work.
    `wait`: how long it wants to be left alone.
    """

    def __init__(
        self,
        reason: str = "",
        *,
        for_good: bool = False,
        bounced: bool = False,
        wait: timedelta | None = None,
    ) -> None:
        super().__init__(reason)
        self.for_good, self.bounced, self.wait = for_good or bounced, bounced, wait


class Doubt(Exception):
    """No clear answer: it may have left. The class says why, for logs and the operations page."""


class TimedOut(Doubt):
    """The provider was told and did not answer in time."""


class BrokenOff(Doubt):
    """The line broke after the provider was told."""


class ServerTrouble(Doubt):
    """The provider answered that it is in trouble, not what became of the message."""


class NonsenseAnswer(Doubt):
    """The provider answered something that is not about our question."""


class NoProvider(Exception):
    """No provider is set up here: nothing is sent, what is owed stays ready."""

    def __str__(self) -> str:
        return "No message provider is set up; messages stay ready until there is one."


class Fate(Enum):
    """What a provider knows of a reference."""

    SENT = "sent"  # taken, on its way
    DELIVERED = "delivered"
    FAILED = "failed"
    ABSENT = "absent"
    UNTOLD = "untold"  # it cannot be asked


@dataclass(frozen=True)
class Letter:
    """One message as a provider sees it. `title` is an e-mail's subject, `leave` the link by
    which its reader gets no more than what is needed."""

    reference: UUID
    to: str
    channel: str
    kind: str
    text: str
    at: datetime
    title: str = ""
    leave: str = ""


@dataclass(frozen=True)
class Accepted:
    """The provider has taken the letter: its own number, and the parts that it bills."""

    number: str = ""
    parts: int = 1


CANNOT_RECEIVE = "the address cannot receive messages"
UNSAFE = "control characters"
BROWSER_GONE = "the browser is gone"
# Reasons that say nothing against a provider.
LETTERS_FAULT = {CANNOT_RECEIVE, UNSAFE, BROWSER_GONE}
SHOWN_OF_ADDRESS = 254  # a browser's is longer
CONTROLS = {"Cc", "Zl", "Zp", "Cs"}


def refuse_controls(letter: Letter) -> None:
    """Raises NotDelivered for a letter whose address, title or link could smuggle something."""
    if _has_controls(letter.to):
        raise NotDelivered(UNSAFE, bounced=True)
    if _has_controls(letter.title + letter.leave) or "\x00" in letter.text:
        raise NotDelivered(UNSAFE, for_good=True)


def _has_controls(text: str) -> bool:
    return any(unicodedata.category(character) in CONTROLS for character in text)


class Provider(Protocol):
    """Takes letters. `dedupes`: a reference sent twice arrives once. `at_once`: how many
    are claimed together; 1 for one that cannot dedupe, so that a crash leaves one in doubt.

    `send` raises NotDelivered when nothing left; any other error is doubt. `status` raises
    when there is no answer."""

    name: str
    dedupes: bool
    at_once: int

    def send(self, letter: Letter) -> Accepted: ...

    def status(self, reference: UUID) -> Fate: ...


class Inbox:
    """The demonstration's provider: nothing leaves this machine, /demo/inbox/ shows it.

    A reference is delivered once (inbox_item_once).
    """

    name = "inbox"
    dedupes = True
    at_once = 20

    def send(self, letter: Letter) -> Accepted:
        item = InboxItem(
            provider_reference=letter.reference,
            to=letter.to[:SHOWN_OF_ADDRESS],
            channel=letter.channel,
            kind=letter.kind,
            title=letter.title,
            text=letter.text,
            at=letter.at,
        )
        InboxItem.objects.bulk_create([item], ignore_conflicts=True)
        return Accepted()

    def status(self, reference: UUID) -> Fate:
        arrived = InboxItem.objects.filter(provider_reference=reference).exists()
        return Fate.SENT if arrived else Fate.ABSENT
