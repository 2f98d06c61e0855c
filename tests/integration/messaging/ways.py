"""Providers of which only the name matters, and who of them is taken."""

from datetime import timedelta
from uuid import UUID

from appointments.messaging.choosing import BestWay
from appointments.messaging.configured import Carrier
from appointments.providing import Accepted, Fate, Letter
from tests.conftest import NOON


class Named:
    """A provider of which only the name matters here."""

    def __init__(self, name: str, *, at_once: int = 20) -> None:
        self.name, self.at_once, self.dedupes = name, at_once, at_once > 1

    def send(self, letter: Letter) -> Accepted:
        return Accepted()

    def status(self, reference: UUID) -> Fate:
        return Fate.ABSENT


def ways(*names: str, channel: str = "sms", receipts: str = "") -> BestWay:
    """The providers of a channel, in the order of the environment; nobody waits."""
    carriers = [Carrier(Named(name), channel, receipts) for name in names]
    return BestWay(carriers, patience=timedelta(0), sleep=lambda _seconds: None)


def taken_by(best: BestWay, now=NOON, most=20) -> str | None:
    route = best.take("sms", most=most, now=now)
    return route.provider.name if route else None
