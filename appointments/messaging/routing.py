"""Routes: which provider takes the next messages of a channel, and how many.

A route is taken before messages are claimed: while no provider may take any (none is set up
for the channel, its breaker is open, its cap or its rate is used up) they stay ready and
lose no attempt.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from django.conf import settings

from appointments.models import Message
from appointments.providing import Inbox, NoProvider, Provider


@dataclass(frozen=True)
class Turn:
    """What a route was counted as, so that what is left of it can be given back."""

    counted_on: date
    free_at: datetime  # its share of the rate ends then
    is_trial: bool


@dataclass(frozen=True)
class Route:
    """A provider that may be handed `most` messages now."""

    provider: Provider
    most: int
    cost_mil: int = 0  # thousandths of a yuan for each part
    turn: Turn | None = None


@dataclass(frozen=True)
class Call:
    """How one question to a provider ended: "accepted", "refused" or "doubt"."""

    provider: str
    message_id: int
    at: datetime
    took_ms: int
    ending: str
    reason: str = ""


class Routes(Protocol):
    """The ways out of this place."""

    channels: Sequence[str]

    def take(self, channel: str, *, most: int, now: datetime) -> Route | None:
        """A provider for up to `most` messages of the channel, or None: none may leave now."""
        ...

    def give_back(self, route: Route, *, unused: int, now: datetime) -> None:
        """What a route had room for and nobody needed counts no longer."""
        ...

    def named(self, name: str) -> Provider | None:
        """The provider of that name, to be asked about what it got; None when it is gone."""
        ...

    def ended(self, call: Call) -> bool:
        """The call is noted; False when its provider should be handed nothing more for now."""
        ...


class OnlyWay:
    """Everything goes through one provider, without cap and rate: demonstration and tests."""

    channels: Sequence[str] = tuple(Message.Channel.values)

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    def take(self, channel: str, *, most: int, now: datetime) -> Route | None:
        return Route(self.provider, min(most, self.provider.at_once))

    def give_back(self, route: Route, *, unused: int, now: datetime) -> None:
        """Nothing was counted."""

    def named(self, name: str) -> Provider | None:
        return self.provider if name == self.provider.name else None

    def ended(self, call: Call) -> bool:
        return True


def routes() -> Routes:
    """The ways out of this place. Raises NoProvider where none is set up.

    Where people are invented nothing leaves, whatever is set up.
    """
    if settings.DEMO or settings.TESTING:
        return OnlyWay(Inbox())
    from appointments.messaging import choosing, configured  # they use what stands here

    found = configured.carriers()
    if not found:
        raise NoProvider
    return choosing.BestWay(found)
