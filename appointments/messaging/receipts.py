"""Receipts: what a provider tells later about a message.

A receipt counts once and moves its message onwards only: what was on its way, or in doubt,
has arrived or has failed; a failure can still turn into an arrival; what has arrived stays.
One that comes while the sender is about to write down that the provider took the message
ends the matter, and the sender's word changes nothing. What a receipt cannot move is kept
beside the message all the same, and one for a reference that nobody knows is kept alone.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from appointments.messaging.bundling import follow
from appointments.messaging.contacts import bounced
from appointments.models import Message, Receipt

State = Message.State
DELIVERED, FAILED, SENT = "delivered", "failed", "sent"
STATUSES = {DELIVERED, FAILED, SENT}
DOES_NOT_WORK = {"number_unknown", "number_cannot_receive"}
LONGEST = {"number": 120, "reference": 36, "status": 20, "reason": 100, "at": 40}
# What a status makes of a message. Claimed: its sender has not written down yet what the
# provider answered; that it left is for the sender to say, how it ended is not.
MOVES: dict[str, set[str]] = {
    DELIVERED: {State.CLAIMED, State.SENT, State.UNKNOWN, State.FAILED},
    FAILED: {State.CLAIMED, State.SENT, State.UNKNOWN},
    SENT: {State.UNKNOWN},
}


class Unreadable(Exception):
    """The body is no receipt."""


@dataclass(frozen=True)
class Told:
    """What a receipt says; `number` is the provider's for the receipt itself."""

    number: str
    reference: UUID
    status: str
    at: datetime
    reason: str = ""


def read(body: bytes) -> Told:
    """Raises Unreadable for all that is not exactly a receipt."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable from None
    if not isinstance(told, dict) or not set(told) <= set(LONGEST):
        raise Unreadable
    words = {name: _word(told, name) for name in LONGEST}
    if not words["number"] or words["status"] not in STATUSES:
        raise Unreadable
    return Told(
        words["number"], _reference(words["reference"]), words["status"], _instant(words["at"]),
        words["reason"],
    )  # fmt: skip


@transaction.atomic
def receive(*, provider: str, told: Told, now: datetime) -> bool:
    """The receipt is kept, and its message is where it says; False when it counted before."""
    about = Message.objects.filter(provider_reference=told.reference)
    message = about.select_for_update(no_key=True).first()
    _receipt, is_new = Receipt.objects.get_or_create(
        provider=provider,
        number=told.number,
        defaults={
            "message": message, "status": told.status, "reason": told.reason, "at": told.at,
            "received_at": now,
        },
    )  # fmt: skip
    if is_new and message is not None and _carries(provider, message):
        _move(message, told, now)
    return is_new


def _carries(provider: str, message: Message) -> bool:
    """Another's receipt, or one for a message that another leads, moves nothing."""
    return message.provider == provider and message.bundled_into_id is None


def _move(message: Message, told: Told, now: datetime) -> None:
    if message.state not in MOVES[told.status]:
        return
    message.state, message.lease_until, message.settled_at = told.status, None, now
    message.sent_at = message.sent_at or now
    message.error = f"receipt: {told.reason or told.status}"[:200]
    if told.status == DELIVERED:
        message.delivered_at, message.error = _when(told, message, now), ""
    message.save(update_fields=[
        "state", "lease_until", "settled_at", "sent_at", "delivered_at", "error",
    ])  # fmt: skip
    if message.booking_id is not None:
        follow(message.pk, now)
    if told.status == FAILED and told.reason in DOES_NOT_WORK:
        bounced(message, reason=told.reason, now=now)


def _when(told: Told, message: Message, now: datetime) -> datetime:
    """When it arrived: never before the message was made, nor later than now."""
    return max(message.made_at, min(told.at, now))


def _word(told: dict[str, Any], name: str) -> str:
    word = told.get(name, "")
    if not isinstance(word, str) or len(word) > LONGEST[name] or not word.isprintable():
        raise Unreadable
    return word


def _reference(word: str) -> UUID:
    try:
        return UUID(word)
    except ValueError:
        raise Unreadable from None


def _instant(word: str) -> datetime:
    try:
        instant = datetime.fromisoformat(word)
        offset = instant.utcoffset()
    except ValueError:
        raise Unreadable from None
    if offset is None or not timedelta(hours=-15) < offset < timedelta(hours=15):
        raise Unreadable
    if not 2000 <= instant.year <= 2999:
        raise Unreadable
    return instant
