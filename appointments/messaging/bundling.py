"""One message for a family: what is owed to the others of a group leaves with the first.

The first leads, the others name it (`bundled_into`). While it is on its way they are too;
however it ends, they end; when it goes back or is not owed any more they are ready again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from appointments.messaging.owing import numbers, why_not_owed
from appointments.models import Message
from appointments.texting import OF_BOOKING

State = Message.State
SHARED = ["state", "provider", "accepted_as", "sent_at", "delivered_at", "settled_at", "error"]


def gather(
    lead: Message, bookings: dict[int, tuple[str, int]], *, mine: Sequence[tuple[int, int]],
    until: datetime, at: datetime,
) -> list[Message]:  # fmt: skip
    """The messages of the family that leave with `lead`, led by it from now on.

    Ready ones, those that it led already, and of the claims that this sender holds besides
    (`mine`: message, attempt). Those that are not owed any more are void. Call it in the
    transaction that locked the group.
    """
    if lead.kind not in OF_BOOKING or len(bookings) < 2 or lead.text_sealed is not None:
        return []
    span = timedelta(minutes=numbers(at)["bundle_minutes"])
    held = Q(pk__in=[])
    for pk, attempt in mine:
        held |= Q(pk=pk, attempt=attempt, state=State.CLAIMED, bundled_into=None)
    alike = Message.objects.filter(
        Q(state=State.READY, due_at__lte=at + span) | Q(bundled_into=lead) | held,
        booking__in=bookings, kind=lead.kind, channel=lead.channel, to_index=lead.to_index,
    ).exclude(pk=lead.pk)  # fmt: skip
    locked = alike.select_for_update(skip_locked=True, of=("self",)).order_by("pk")
    going, void = list[Message](), list[int]()
    for one in locked:
        if why_not_owed(one, bookings, at):
            void.append(one.pk)
        else:
            going.append(one)
    stale = Message.objects.filter(pk__in=void, state=State.CLAIMED)
    stale.update(state=State.VOID, lease_until=None, bundled_into=None, settled_at=at)
    Message.objects.filter(pk__in=[one.pk for one in going], state=State.READY).update(
        state=State.CLAIMED, lease_until=until, bundled_into=lead
    )
    Message.objects.filter(pk__in=[one.pk for one in going]).update(
        lease_until=until, bundled_into=lead
    )
    return going


def follow(lead_id: int, at: datetime) -> None:
    """Those that `lead` led come to its end, or are ready again when it did not leave."""
    led = Message.objects.filter(bundled_into=lead_id)
    lead = Message.objects.filter(pk=lead_id).only(*SHARED, "due_at").first()
    if lead is None or lead.state in (State.READY, State.VOID):
        due = {"due_at": lead.due_at} if lead and lead.state == State.READY else {}
        led.filter(state=State.CLAIMED).update(
            state=State.READY, lease_until=None, bundled_into=None, **due
        )
    elif lead.state != State.CLAIMED:
        values = {name: getattr(lead, name) for name in SHARED}
        led.exclude(state=lead.state).update(lease_until=None, **values)
