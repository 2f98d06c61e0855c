"""Sending what is due: claim, ask again whether it is owed, hand over, record.

A claim is one short transaction that gives the row a lease and raises its attempt, the
fencing number: whoever lost the lease can record nothing. The provider's name is written
before it is called, and it is called outside any transaction. A lease that ran out on a
message that names a provider means doubt: the message may have left. Doubt is settled by
asking that provider, never by sending blindly again; without a name nothing has left.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet

from appointments.messaging.bundling import follow, gather
from appointments.messaging.contacts import bounced, leave_link
from appointments.messaging.owing import standing
from appointments.messaging.routing import Call, OnlyWay, Route, Routes, routes
from appointments.messaging.wording import Words, words_of
from appointments.models import Booking, Message
from appointments.providing import Accepted, Fate, Letter, NotDelivered, Provider
from appointments.sealing import seal, unseal

log = logging.getLogger(__name__)
State = Message.State
Clock = Callable[[], datetime]

LEASE = timedelta(seconds=60)
PAUSES = [timedelta(seconds=s) for s in (10, 60, 300, 900)]  # after refusal 1, 2, 3, 4
MOST_REFUSALS = len(PAUSES) + 1
WITHIN = timedelta(seconds=20)  # a slow provider must not hold a worker until it is killed
MOST_ATTEMPTS = 10  # of senders that died or heard nothing; then it is for a person

# The CTE is computed once: only rows that this statement locked are claimed.
CLAIM = """
WITH due AS (
  SELECT id, state, provider FROM appointments_message
  WHERE state IN ('ready', 'claimed') AND bundled_into_id IS NULL AND due_at <= %(due_by)s
    AND (state = 'ready' OR lease_until <= %(now)s) AND channel = ANY(%(channels)s)
  ORDER BY due_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE appointments_message m
SET state = 'claimed', attempt = m.attempt + 1, lease_until = %(until)s
FROM due WHERE m.id = due.id
RETURNING m.id, m.attempt, due.state = 'claimed' AND due.provider <> ''
"""


@dataclass
class Counts:
    """How the claimed messages ended this time."""

    sent: int = 0
    delivered: int = 0  # had arrived already
    void: int = 0
    failed: int = 0
    unknown: int = 0
    later: int = 0  # put back, in doubt, or taken over by another sender

    def add(self, state: str) -> None:
        name = state if state in {one.name for one in fields(self)} else "later"
        setattr(self, name, getattr(self, name) + 1)

    def __str__(self) -> str:
        return ", ".join(f"{one.name} {getattr(self, one.name)}" for one in fields(self))


@dataclass
class Claim:
    """One message that is this sender's while attempt and lease say so."""

    message: Message
    attempt: int
    in_doubt: bool  # an earlier sender's lease ran out, and a provider was named
    leads: bool = False  # others of its family leave with it


@dataclass
class Sender:
    """One run: its routes, its clock, when it should come to an end (on the steady clock), the
    claims of the batch in hand, which of them another one leads by now, and whether the
    provider should be handed no more of them."""

    routes: Routes
    clock: Clock
    ends: float = float("inf")
    batch: Sequence[Claim] = ()
    led: set[int] = field(default_factory=set)
    route_closed: bool = False

    def goes_on(self) -> bool:
        return not self.route_closed and time.monotonic() < self.ends


def send_due(
    *,
    now: datetime,
    limit: int = 100,
    overdue: timedelta = timedelta(0),
    by: Provider | None = None,
    through: Routes | None = None,
    within: timedelta = WITHIN,
) -> Counts:
    """What has been due for `overdue` is handed to providers, each message once.

    `through` are the routes (those of this place unless said otherwise), `by` the one
    provider for everything. No call begins after `within`; what is left then is ready for the
    next run. Raises NoProvider before anything is claimed. Never call it
    inside a transaction.
    """
    ways = through or (OnlyWay(by) if by else routes())
    clock, ends = running_on(now), time.monotonic() + within.total_seconds()
    counts = Counts()
    left = limit
    for channel in ways.channels:
        while left > 0:
            route = ways.take(channel, most=left, now=clock())
            if route is None:
                break
            claims = claim(now=clock(), limit=route.most, overdue=overdue, channels=[channel])
            ways.give_back(route, unused=route.most - len(claims), now=clock())
            sender = Sender(ways, clock, ends, claims)
            _work_off(route, sender, counts)
            left -= len(claims)
            if len(claims) < route.most or not sender.goes_on():
                break
    return counts


def _work_off(route: Route, sender: Sender, counts: Counts) -> None:
    """The batch in hand; what is left of it when its provider closes, or the time is up, is
    ready again. A doubt waits for its lease."""
    for one in sender.batch:
        if one.message.pk in sender.led:
            continue
        if sender.goes_on():
            counts.add(_deliver_or_leave(one, route, sender))
        elif not one.in_doubt:
            counts.add(_record(one, State.READY, sender.clock()))


def running_on(now: datetime) -> Clock:
    """A clock that starts at `now` and goes on with the real one."""
    started = time.monotonic()
    return lambda: now + timedelta(seconds=time.monotonic() - started)


def claim(
    *,
    now: datetime,
    limit: int,
    overdue: timedelta = timedelta(0),
    channels: Sequence[str] = tuple(Message.Channel.values),
) -> list[Claim]:
    """Due messages that nobody else has are this sender's for the time of the lease."""
    values: dict[str, Any] = {
        "now": now, "due_by": now - overdue, "until": now + LEASE, "limit": limit,
        "channels": list(channels),
    }  # fmt: skip
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(CLAIM, values)
        rows = cursor.fetchall()
    found = Message.objects.select_related("booking__group", "booking__hall", "booking__matter")
    found = found.prefetch_related("booking__matter__materials")
    messages = found.in_bulk([pk for pk, _attempt, _doubt in rows])
    claims = [Claim(messages[pk], attempt, doubt) for pk, attempt, doubt in rows if pk in messages]
    return sorted(claims, key=lambda one: (one.message.due_at, one.message.pk))


def _deliver_or_leave(one: Claim, route: Route, sender: Sender) -> str:
    """One message; what breaks the database for it leaves it to its lease."""
    try:
        return deliver(one, route, sender)
    except DatabaseError:
        log.exception("Message %s is left to its lease", one.message.pk)
        return "later"


def deliver(one: Claim, route: Route, sender: Sender) -> str:
    """The claimed message is settled; returns the state it came to, or "later"."""
    by = route.provider
    if one.in_doubt:
        known = sender.routes.named(one.message.provider)
        settled = _settle(one, known, sender.clock())
        if settled or known is None:
            return settled or "later"
        by = known  # who removes duplicates is the one that may have it
    return _hand_over(one, by, route.cost_mil, sender)


def _settle(one: Claim, by: Provider | None, at: datetime) -> str | None:
    """Asks what became of an earlier attempt; None when the message may be sent (again)."""
    spent = one.attempt > MOST_ATTEMPTS
    if by is None:
        return _record(one, State.UNKNOWN, at, error="its provider is not set up any more")
    try:
        fate = by.status(one.message.provider_reference)
    except DatabaseError:
        raise
    except Exception as error:
        log.warning("No word about message %s (%s)", one.message.pk, type(error).__name__)
        reason = "no word from the provider"
        return _record(one, State.UNKNOWN, at, error=reason) if spent else "later"
    if fate is Fate.DELIVERED:
        return _record(one, State.DELIVERED, at, sent_at=at, delivered_at=at)
    if fate is Fate.SENT:
        return _record(one, State.SENT, at, sent_at=at)
    if fate is Fate.FAILED:
        return _record(one, State.FAILED, at, error="the provider could not deliver it")
    if not by.dedupes:
        return _record(one, State.UNKNOWN, at, error="the provider does not know it")
    return _record(one, State.FAILED, at, error="too many attempts") if spent else None


def _hand_over(one: Claim, by: Provider, cost_mil: int, sender: Sender) -> str:
    at = sender.clock()
    letter = _marked(one, by, sender, at)
    if isinstance(letter, str):
        return letter
    began = time.monotonic()
    ending, reason = "accepted", ""
    try:
        accepted = by.send(letter)
    except NotDelivered as error:
        ending, reason = "refused", str(error)
        refused = error
    except DatabaseError:
        raise
    except Exception as error:
        ending, reason = "doubt", type(error).__name__
        log.warning("Message %s is in doubt (%s)", one.message.pk, reason)
    took = round((time.monotonic() - began) * 1000)
    call = Call(by.name, one.message.pk, at, took, ending, reason)
    if ending == "accepted":
        end = _accepted(one, letter, accepted, cost_mil, sender.clock())
    elif ending == "refused":
        end = _refused(one, refused, sender.clock())
    else:
        end = "later"  # the lease runs out, then the provider is asked
    sender.route_closed = not sender.routes.ended(call)
    return end


def _marked(one: Claim, by: Provider, sender: Sender, at: datetime) -> Letter | str:
    """The letter, when the message is still this sender's and still owed: its lease is
    renewed and it names its provider. Else the state it came to.
    """
    message = one.message
    with transaction.atomic(durable=True):
        stands = standing(message, at)
        if stands.why_not:
            return _record(one, State.VOID, at, error=stands.why_not)
        if stands.wait_until is not None:
            return _record(one, State.READY, at, due_at=stands.wait_until, provider="")
        if not _mine(one).update(lease_until=at + LEASE, provider=by.name):
            return "later"
        others = [(c.message.pk, c.attempt) for c in sender.batch if c.message.pk != message.pk]
        led = gather(message, stands.bookings or {}, mine=others, until=at + LEASE, at=at)
        one.leads = bool(led)
        sender.led.update(message.pk for message in led)
        try:
            return _letter(message, _family(message, led), at)
        except (InvalidTag, KeyError, ValueError):
            return _record(one, State.FAILED, at, error="cannot be unsealed", provider="")


def _family(message: Message, led: Sequence[Message]) -> list[Booking]:
    """The bookings that a message is about, as they are while their group is locked."""
    if message.booking is None:
        return []
    if not led and message.booking.version == message.version:
        return [message.booking]
    about = Booking.objects.filter(pk__in=[message.booking_id, *(one.booking_id for one in led)])
    about = about.select_related("group", "hall", "matter").prefetch_related("matter__materials")
    return sorted(about, key=lambda booking: (booking.starts_at, booking.position, booking.pk))


def _letter(message: Message, family: Sequence[Booking], at: datetime) -> Letter:
    words: Words = words_of(message, family)
    purpose = {Message.Channel.SMS.value: "phone"}.get(message.channel, message.channel)
    return Letter(
        reference=message.provider_reference,
        to=unseal(message.to_sealed, purpose=purpose),
        channel=message.channel,
        kind=message.kind,
        text=words.text,
        title=words.title,
        leave=leave_link(message) if message.channel == Message.Channel.EMAIL else "",
        at=at,
    )


def _accepted(one: Claim, letter: Letter, accepted: Accepted, cost_mil: int, at: datetime) -> str:
    text = one.message.text_sealed or seal(letter.text, purpose="message")
    told: dict[str, Any] = {
        "text_sealed": text, "accepted_as": accepted.number[:120], "parts": accepted.parts,
        "cost_mil": accepted.parts * cost_mil,
    }  # fmt: skip
    end = _record(one, State.SENT, at, sent_at=at, **told)
    if end == "later":  # its receipt was quicker, and knows nothing of this
        Message.objects.filter(
            pk=one.message.pk,
            attempt=one.attempt,
            parts=0,
            state__in=[State.DELIVERED, State.FAILED],
        ).update(**told)
    return end


def _refused(one: Claim, refused: NotDelivered, at: datetime) -> str:
    """A clear no: due again after a growing pause, failed after the last attempt."""
    if refused.bounced:
        bounced(one.message, reason=str(refused), now=at)
    refusals = one.message.refusals + 1
    if refused.for_good or refusals >= MOST_REFUSALS:
        return _record(one, State.FAILED, at, error=str(refused), refusals=refusals)
    pause = max(PAUSES[refusals - 1], refused.wait or timedelta(0))
    return _record(
        one, State.READY, at, due_at=at + pause, error=str(refused), provider="",
        refusals=refusals,
    )  # fmt: skip


def _mine(one: Claim) -> QuerySet[Message]:
    return Message.objects.filter(
        pk=one.message.pk, attempt=one.attempt, state=State.CLAIMED, bundled_into=None
    )


def _record(one: Claim, state: str, at: datetime, *, error: str = "", **values: object) -> str:
    """Writes how the attempt ended, unless the claim went to another sender or a receipt came
    meanwhile; those that it led end with it."""
    settled = None if state == State.READY else at
    values |= {"state": state, "lease_until": None, "error": error[:200], "settled_at": settled}
    if not (one.leads or one.attempt > 1):  # an earlier sender may have led others
        return state if _mine(one).update(**values) else "later"
    with transaction.atomic():
        done = _mine(one).update(**values)
        if done:
            follow(one.message.pk, at)
    return state if done else "later"
