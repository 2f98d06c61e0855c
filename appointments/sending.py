"""Sending what is due: claim, ask again whether it is owed, hand over, record.

A claim is one short transaction that gives the row a lease and raises its attempt, the
fencing number: whoever lost the lease can record nothing. The provider is called outside
any transaction. A lease that ran out means doubt: the message may have left. Doubt is
settled by asking the provider, never by sending blindly again.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidTag
from django.db import DatabaseError, connection, transaction

from appointments import alerting
from appointments.models import Booking, Message
from appointments.providing import Fate, Letter, NotDelivered, Provider, provider
from appointments.reminding import after_quiet_hours, is_quiet
from appointments.sealing import unseal

log = logging.getLogger(__name__)
Kind, State = Message.Kind, Message.State
Clock = Callable[[], datetime]

LEASE = timedelta(seconds=60)
PAUSES = [timedelta(seconds=s) for s in (10, 60, 300, 900)]  # after attempt 1, 2, 3, 4
MOST_ATTEMPTS = len(PAUSES) + 1
REMINDERS = {Kind.REMINDER_DAY, Kind.REMINDER_HOURS}
COMING: set[str] = {Booking.State.CONFIRMED, Booking.State.ARRIVED}
OWED_WHILE: dict[str, set[str]] = {
    Kind.CONFIRMED: COMING,
    Kind.MOVED: COMING,
    Kind.REMINDER_DAY: {Booking.State.CONFIRMED},
    Kind.REMINDER_HOURS: {Booking.State.CONFIRMED},
    Kind.CANCELLED: {Booking.State.CANCELLED},
    Kind.WITHDRAWN: {Booking.State.WITHDRAWN},
    Kind.DISPLACED: COMING,
}

# The CTE is computed once: only rows that this statement locked are claimed.
CLAIM = """
WITH due AS (
  SELECT id, state FROM appointments_message
  WHERE state IN ('ready', 'claimed') AND due_at <= %(due_by)s
    AND (state = 'ready' OR lease_until <= %(now)s)
  ORDER BY due_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE appointments_message m
SET state = 'claimed', attempt = m.attempt + 1, lease_until = %(until)s
FROM due WHERE m.id = due.id
RETURNING m.id, m.attempt, due.state = 'claimed'
"""


@dataclass
class Counts:
    """How the claimed messages ended this time."""

    sent: int = 0
    void: int = 0
    failed: int = 0
    unknown: int = 0
    later: int = 0  # put back, in doubt, or taken over by another sender

    def add(self, state: str) -> None:
        name = state if state in {field.name for field in fields(self)} else "later"
        setattr(self, name, getattr(self, name) + 1)

    def __str__(self) -> str:
        return ", ".join(f"{field.name} {getattr(self, field.name)}" for field in fields(self))


@dataclass(frozen=True)
class Claim:
    """One message that is this sender's while attempt and lease say so."""

    message: Message
    attempt: int
    in_doubt: bool  # an earlier sender's lease ran out


def send_due(
    *,
    now: datetime,
    limit: int = 100,
    overdue: timedelta = timedelta(0),
    by: Provider | None = None,
) -> Counts:
    """What has been due for `overdue` is handed to the provider, each message once.

    Raises NoProvider before anything is claimed. Never call it inside a transaction.
    """
    provider_here = by or provider()
    clock = running_on(now)
    counts = Counts()
    left = limit
    while left > 0:
        most = min(left, provider_here.at_once)
        claims = claim(now=clock(), limit=most, overdue=overdue)
        for one in claims:
            counts.add(_deliver_or_leave(one, provider_here, clock))
        left -= most
        if len(claims) < most:
            break
    return counts


def running_on(now: datetime) -> Clock:
    """A clock that starts at `now` and goes on with the real one."""
    started = time.monotonic()
    return lambda: now + timedelta(seconds=time.monotonic() - started)


def claim(*, now: datetime, limit: int, overdue: timedelta = timedelta(0)) -> list[Claim]:
    """Due messages that nobody else has are this sender's for the time of the lease."""
    due_by, until = now - overdue, now + LEASE
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(CLAIM, {"now": now, "due_by": due_by, "until": until, "limit": limit})
        rows = cursor.fetchall()
    messages = Message.objects.in_bulk([pk for pk, _attempt, _doubt in rows])
    claims = [Claim(messages[pk], attempt, doubt) for pk, attempt, doubt in rows if pk in messages]
    return sorted(claims, key=lambda one: (one.message.due_at, one.message.pk))


def _deliver_or_leave(one: Claim, provider_here: Provider, clock: Clock) -> str:
    """One message; what breaks the database for it leaves it to its lease."""
    try:
        return deliver(one, provider_here, clock)
    except DatabaseError:
        log.exception("Message %s is left to its lease", one.message.pk)
        return "later"


def deliver(one: Claim, provider_here: Provider, clock: Clock) -> str:
    """The claimed message is settled; returns the state it came to, or "later"."""
    if one.in_doubt:
        settled = _settle(one, provider_here, clock())
        if settled:
            return settled
    why_not = _renew_if_owed(one, clock())
    if why_not is not None:
        return why_not
    at = clock()
    wait_until = _calm_hour(one.message, at)
    if wait_until is not None:
        return _record(one, State.READY, due_at=wait_until)
    return _hand_over(one, provider_here, at)


def _settle(one: Claim, provider_here: Provider, at: datetime) -> str | None:
    """Asks what became of an earlier attempt; None when the message may be sent (again)."""
    spent = one.attempt > MOST_ATTEMPTS
    try:
        fate = provider_here.status(one.message.provider_reference)
    except DatabaseError:
        raise
    except Exception:
        log.exception("No word about message %s", one.message.pk)
        return _record(one, State.UNKNOWN, error="no word from the provider") if spent else "later"
    if fate is Fate.DELIVERED:
        return _record(one, State.SENT, sent_at=at)
    if not provider_here.dedupes:
        return _record(one, State.UNKNOWN, error="the provider does not know it")
    return _record(one, State.FAILED, error="too many attempts") if spent else None


def _renew_if_owed(one: Claim, at: datetime) -> str | None:
    """None when the message is still this sender's and still owed; its lease is renewed.

    The booking is locked first, as every command does, so a cancellation under way is
    waited for and seen.
    """
    message = one.message
    with transaction.atomic(durable=True):
        error = _reason_not_owed(message, at)
        if error:
            return _record(one, State.VOID, error=error)
        mine = _mine(one).update(lease_until=at + LEASE)
    return None if mine else "later"


def _reason_not_owed(message: Message, at: datetime) -> str:
    if message.useless_after and at >= message.useless_after:
        return "too late"
    if message.kind == Kind.SOON:
        return alerting.why_not_owed(message)
    if message.booking_id is None:
        return ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT state, version FROM appointments_booking WHERE id = %s FOR SHARE",
            [message.booking_id],
        )
        state, version = cursor.fetchone()
    if version != message.version:
        return "the booking has changed"
    return "" if state in OWED_WHILE[message.kind] else f"the booking is {state}"


def _calm_hour(message: Message, at: datetime) -> datetime | None:
    """When a reminder that is late and has come into the quiet hours should leave."""
    if message.kind not in REMINDERS or not is_quiet(at) or is_quiet(message.due_at):
        return None
    morning = after_quiet_hours(at)
    useless = message.useless_after is not None and morning >= message.useless_after
    return None if useless else morning


def _hand_over(one: Claim, provider_here: Provider, at: datetime) -> str:
    try:
        letter = _letter(one.message, at)
    except (InvalidTag, KeyError, ValueError):
        return _record(one, State.FAILED, error="cannot be unsealed")
    try:
        provider_here.send(letter)
    except NotDelivered as error:
        return _try_later(one, at, str(error))
    except DatabaseError:
        raise
    except Exception:
        log.exception("Message %s is in doubt", one.message.pk)
        return "later"  # the lease runs out, then the provider is asked
    return _record(one, State.SENT, sent_at=at)


def _letter(message: Message, at: datetime) -> Letter:
    return Letter(
        reference=message.provider_reference,
        to=unseal(message.to_sealed, purpose="phone"),
        channel=message.channel,
        kind=message.kind,
        text=unseal(message.text_sealed, purpose="message"),
        at=at,
    )


def _try_later(one: Claim, at: datetime, error: str) -> str:
    """A clear refusal: due again after a growing pause, failed after the last attempt."""
    if one.attempt >= MOST_ATTEMPTS:
        return _record(one, State.FAILED, error=error)
    return _record(one, State.READY, due_at=at + PAUSES[one.attempt - 1], error=error)


def _mine(one: Claim):  # type: ignore[no-untyped-def]
    return Message.objects.filter(pk=one.message.pk, attempt=one.attempt, state=State.CLAIMED)


def _record(one: Claim, state: str, *, error: str = "", **values: object) -> str:
    """Writes how the attempt ended, unless the claim went to another sender meanwhile."""
    done = _mine(one).update(state=state, lease_until=None, error=error[:200], **values)
    return state if done else "later"
