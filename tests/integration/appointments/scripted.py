"""A provider that answers as it is told, and the message that a sender has claimed."""

from datetime import timedelta
from uuid import UUID

from appointments.models import Message
from appointments.providing import Accepted, Fate, Letter, NotDelivered
from appointments.sending import LEASE, claim
from tests.conftest import NOON

LATER = LEASE + timedelta(seconds=1)


class Scripted:
    """A provider that answers as it is told and remembers what it got."""

    name = "scripted"

    def __init__(self, *answers: Exception | None, dedupes: bool = True) -> None:
        self.answers, self.dedupes, self.at_once = list(answers), dedupes, 20 if dedupes else 1
        self.got: list[Letter] = []
        self.known: set[UUID] = set()
        self.is_silent = False

    def send(self, letter: Letter) -> Accepted:
        self.got.append(letter)
        answer = self.answers.pop(0) if self.answers else None
        if not isinstance(answer, NotDelivered):
            self.known.add(letter.reference)
        if answer is not None:
            raise answer
        return Accepted()

    def status(self, reference: UUID) -> Fate:
        if self.is_silent:
            raise TimeoutError
        return Fate.SENT if reference in self.known else Fate.ABSENT


def the_only_claim(now=NOON):
    (one,) = claim(now=now, limit=10)
    return one


def the_only_claim_of(provider):
    """Claimed, and marked with the provider that is about to be called."""
    one = the_only_claim()
    Message.objects.filter(pk=one.message.pk).update(provider=provider)
    return one
