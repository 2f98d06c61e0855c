"""One claimed message handed to one provider, as a run of a sender would do it."""

from appointments.messaging.routing import OnlyWay, Route
from appointments.providing import Provider
from appointments.sending import Claim, Clock, Sender, deliver


def deliver_by(one: Claim, provider: Provider, clock: Clock) -> str:
    return deliver(one, Route(provider, 1), Sender(OnlyWay(provider), clock))
