"""Messages that a person looks at: in doubt or failed, with what is known of each.

Of an address only the end is told, of a text nothing.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from appointments import saying
from appointments.messaging.routing import routes
from appointments.models import Message, MessageDecision, ProviderCall, Receipt
from appointments.phones import mask_phone
from appointments.providing import NoProvider, Provider
from appointments.sealing import unseal
from config import civil

State, Channel = Message.State, Message.Channel
SHOWN = 50
KEPT = timedelta(days=7)
LONG_NUMBER = re.compile(r"\d{7,}")
WHY: dict[str, Any] = {
    "no word from the provider": gettext_lazy("The provider gave no answer, however often asked."),
    "the provider does not know it": gettext_lazy(
        "It may have left; the provider, asked for it, does not know it."
    ),
    "its provider is not set up any more": gettext_lazy(
        "It may have left by a provider that is not set up any more."
    ),
    "the provider could not deliver it": gettext_lazy("The provider could not deliver it."),
    "too many attempts": gettext_lazy("It was tried too often."),
    "cannot be unsealed": gettext_lazy("It cannot be opened: is its key there?"),
    "left": gettext_lazy("Somebody decided to leave it."),
    "too late": gettext_lazy("it would come too late"),
    "the booking has changed": gettext_lazy("the booking has changed since"),
    "the turn is over": gettext_lazy("the turn is over"),
    "not wanted any more": gettext_lazy("it is not wanted any more"),
}
FATES: dict[str, Any] = {
    "sent": gettext_lazy("it has taken the message"),
    "delivered": gettext_lazy("it has delivered the message"),
    "failed": gettext_lazy("it could not deliver the message"),
    "absent": gettext_lazy("it does not know the message"),
    "no answer": gettext_lazy("it gave no answer"),
}
ENDINGS: dict[str, Any] = {
    "accepted": pgettext_lazy("provider", "Accepted"),
    "refused": pgettext_lazy("provider", "Refused"),
    "doubt": gettext_lazy("No clear answer"),
}


@dataclass(frozen=True)
class Troubled:
    """One message in doubt or failed, as the page shows it."""

    number: int
    kind: str
    channel: str
    state: str
    state_name: str
    since: str
    provider: str
    why: str
    to: str
    others: int  # of the family that went with it
    attempt: int

    @property
    def seen(self) -> str:
        """What the person looked at; another one was decided about meanwhile."""
        return f"{self.state}.{self.attempt}"


@dataclass(frozen=True)
class Line:
    """Something that happened to a message."""

    at: datetime
    when: str
    text: str
    by: str = ""


def in_doubt() -> list[Troubled]:
    """Those that a person has to decide about, the oldest first."""
    return _shown(_troubled().filter(state=State.UNKNOWN).order_by("settled_at", "pk"))


def failed(*, now: datetime) -> list[Troubled]:
    """The last ones that failed, the newest first."""
    lately = _troubled().filter(state=State.FAILED, settled_at__gt=now - KEPT)
    return _shown(lately.order_by("-settled_at", "-pk"))


def troubled(number: int) -> Troubled | None:
    """One message, when it is in doubt or has failed."""
    found = _troubled().filter(pk=min(number, 2**62), state__in=[State.UNKNOWN, State.FAILED])
    return next(iter(_shown(found)), None)


def story(number: int) -> list[Line]:
    """What is known of a message: calls, receipts and decisions, in order."""
    calls = ProviderCall.objects.filter(message=number).order_by("-pk")[:SHOWN]
    receipts = Receipt.objects.filter(message=number).order_by("-pk")[:SHOWN]
    decisions = MessageDecision.objects.filter(message_number=number).select_related("by")
    lines = [_line(call.at, _called(call)) for call in calls]
    lines += [_line(one.received_at, _received(one)) for one in receipts]
    lines += [
        _line(one.at, f"{one.get_what_display()}: {_said(one)}", str(one.by))
        for one in decisions.order_by("-pk")[:SHOWN]
    ]
    return sorted(lines, key=lambda line: line.at)


def provider_of(name: str) -> Provider | None:
    """The provider of that name, when it is set up here."""
    try:
        return routes().named(name)
    except NoProvider:
        return None


def why_words(error: str) -> str:
    """The reason in words; a provider's own without anything that could be a number."""
    if error.startswith("the booking is "):
        return _("the booking does not stand any more")
    return str(WHY.get(error) or LONG_NUMBER.sub("…", error))


def masked(message: Message) -> str:
    """The end of the address."""
    if message.channel == Channel.PUSH:
        return ""
    purpose = "email" if message.channel == Channel.EMAIL else "phone"
    try:
        address = unseal(message.to_sealed, purpose=purpose)
    except (InvalidTag, KeyError, ValueError):
        return ""
    if message.channel == Channel.EMAIL:
        return f"****@{address.rpartition('@')[2]}"
    return mask_phone(address)


def _troubled() -> Any:
    return Message.objects.filter(bundled_into=None).annotate(led=Count("bundled"))


def _shown(found: Any) -> list[Troubled]:
    return [
        Troubled(
            number=one.pk,
            kind=one.get_kind_display(),
            channel=one.get_channel_display(),
            state=one.state,
            state_name=one.get_state_display(),
            since=_when(one.settled_at or one.due_at),
            provider=one.provider,
            why=why_words(one.error),
            to=masked(one),
            others=one.led,
            attempt=one.attempt,
        )
        for one in found[:SHOWN]
    ]


def _called(call: ProviderCall) -> str:
    facts = {
        "name": call.provider,
        "ending": ENDINGS[call.ending],
        "ms": call.took_ms,
        "reason": LONG_NUMBER.sub("…", call.reason),
    }
    if not call.reason:
        return _("%(name)s was handed it: %(ending)s (%(ms)s ms)") % facts
    return _("%(name)s was handed it: %(ending)s, %(reason)s (%(ms)s ms)") % facts


def _said(decision: MessageDecision) -> str:
    asked = decision.what == MessageDecision.What.ASKED
    return str(FATES.get(decision.reason, "") if asked else decision.reason)


def _received(receipt: Receipt) -> str:
    return _("Receipt from %(name)s: %(status)s") % {
        "name": receipt.provider,
        "status": LONG_NUMBER.sub("…", f"{receipt.status} {receipt.reason}".strip()),
    }


def _line(at: datetime, text: str, by: str = "") -> Line:
    return Line(at, _when(at), text, by)


def _when(at: datetime) -> str:
    return f"{saying.short_day(civil.city_date(at))} {saying.clock(at)}"
