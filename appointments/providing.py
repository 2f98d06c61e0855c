"""Providers: who takes a message out of the city's hands.

A provider is called outside any transaction, with our reference. It either accepts,
refuses (`NotDelivered`: nothing left), or leaves us in doubt (any other error). In doubt
we ask for the status and never send blindly again.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol
from uuid import UUID

from django.conf import settings

from appointments.models import InboxItem


class NotDelivered(Exception):
    """The provider says no: nothing was sent, it may be tried later."""


class NoProvider(Exception):
    """No provider is set up here: nothing is sent, what is owed stays ready."""

    def __str__(self) -> str:
        return "No message provider is set up; messages stay ready until there is one."


class Fate(Enum):
    """What a provider knows of a reference."""

    DELIVERED = "delivered"
    ABSENT = "absent"


@dataclass(frozen=True)
class Letter:
    """One message as a provider sees it."""

    reference: UUID
    to: str
    channel: str
    kind: str
    text: str
    at: datetime


class Provider(Protocol):
    """Takes letters. `dedupes`: a reference sent twice arrives once. `at_once`: how many
    are claimed together; 1 for one that cannot dedupe, so that a crash leaves one in doubt."""

    dedupes: bool
    at_once: int

    def send(self, letter: Letter) -> None: ...

    def status(self, reference: UUID) -> Fate: ...


class Inbox:
    """The demonstration's provider: nothing leaves this machine, /demo/inbox/ shows it.

    A reference is delivered once (inbox_item_once).
    """

    dedupes = True
    at_once = 20

    def send(self, letter: Letter) -> None:
        item = InboxItem(
            provider_reference=letter.reference,
            to=letter.to,
            channel=letter.channel,
            kind=letter.kind,
            text=letter.text,
            at=letter.at,
        )
        InboxItem.objects.bulk_create([item], ignore_conflicts=True)

    def status(self, reference: UUID) -> Fate:
        arrived = InboxItem.objects.filter(provider_reference=reference).exists()
        return Fate.DELIVERED if arrived else Fate.ABSENT


def provider() -> Provider:
    """The provider of this place. Raises NoProvider where none is set up."""
    if settings.DEMO or settings.TESTING:
        return Inbox()
    raise NoProvider
