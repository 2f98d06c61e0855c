"""Deciding about a message in doubt or failed: once more, or leave it. By a person only.

The attempt is not set back: it is the fencing number of `sending`, and a sender that slept
all the while must not find its own number again. So a message that was tried often enough
gets one try more, and comes back here when that fails.

The reference stays where a message is in doubt and its provider removes duplicates: it
cannot come twice from there. Everything else gets a new one: where duplicates are not
removed, the old one could not tell the two letters apart; and a provider that removes them
would swallow the letter which it has already failed to deliver.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, transaction
from django.utils.translation import gettext_lazy as _

from appointments.messaging.bundling import follow
from appointments.messaging.owing import locked_group, why_not_owed
from appointments.messaging.parked import provider_of, why_words
from appointments.models import Message, MessageDecision
from appointments.providing import Fate
from config.refusals import NotFound, Refusal
from windows.models import Staff

State, What = Message.State, MessageDecision.What
DECIDED = [State.UNKNOWN, State.FAILED]
AFTER_ITS_LEAD = timedelta(seconds=1)
NO_ANSWER = "no answer"


class DecidedMeanwhile(Refusal):
    code = "decided_meanwhile"
    message = _("Something became of this message meanwhile. Look at what is known now.")


class NotOwedNow(Refusal):
    code = "not_owed_now"
    message = _("It is not sent again: %(why)s.")


@transaction.atomic
def send_again(*, number: int, seen: str, reason: str, by: Staff, now: datetime) -> int:
    """The message is ready to leave once more, and those of its family that it took along.

    What is not owed any more stays behind, failed. Returns how many are ready.
    Refuses: DecidedMeanwhile, NotOwedNow. Raises NotFound.
    """
    message, family, bookings = _locked(number, seen)
    owed = {one.pk: why_not_owed(one, bookings, now) for one in family}
    going = [one for one in family if not owed[one.pk]]
    if not going:
        raise NotOwedNow(why=why_words(owed[message.pk]))
    _note(message, What.AGAIN, reason, by, now)
    for one in family:
        if one in going:
            _release(one, message, len(family) > 1, by, now)
        elif one.state == State.UNKNOWN:
            _settle(one, State.FAILED, now, error=owed[one.pk], bundled_into=None)
    return len(going)


@transaction.atomic
def leave(*, number: int, seen: str, reason: str, by: Staff, now: datetime) -> None:
    """The message in doubt has failed, as far as we can know; nothing is sent.

    Refuses: DecidedMeanwhile. Raises NotFound.
    """
    message, _family, _bookings = _locked(number, seen)
    if message.state != State.UNKNOWN:
        raise DecidedMeanwhile
    _note(message, What.LEAVE, reason, by, now)
    _settle(message, State.FAILED, now, error="left")
    follow(message.pk, now)


def ask_provider(*, number: int) -> Fate | None:
    """What the message's provider knows of it now; None without an answer. Changes nothing:
    call it outside any transaction, then `settle_as_told`."""
    message = Message.objects.filter(pk=number).first()
    by = provider_of(message.provider) if message else None
    if message is None or by is None:
        return None
    try:
        return by.status(message.provider_reference)
    except DatabaseError:
        raise
    except Exception:
        return None


@transaction.atomic
def settle_as_told(*, number: int, seen: str, told: Fate | None, by: Staff, now: datetime) -> None:
    """What the provider told is written down, and the message comes to that end.

    Refuses: DecidedMeanwhile. Raises NotFound.
    """
    message, _family, _bookings = _locked(number, seen)
    _note(message, What.ASKED, told.value if told else NO_ANSWER, by, now)
    if told is Fate.DELIVERED:
        sent_at = message.sent_at or now
        _settle(message, State.DELIVERED, now, sent_at=sent_at, delivered_at=now)
    elif told is Fate.SENT and message.state == State.UNKNOWN:
        _settle(message, State.SENT, now, sent_at=now)
    elif told is Fate.FAILED and message.state == State.UNKNOWN:
        _settle(message, State.FAILED, now, error="the provider could not deliver it")
    else:
        return
    follow(message.pk, now)


def keeps_reference(message: Message) -> bool:
    """Whether the same letter, sent again by the same provider, cannot arrive twice."""
    if message.state != State.UNKNOWN:
        return False
    known = provider_of(message.provider)
    return known is not None and known.dedupes


def _locked(number: int, seen: str) -> tuple[Message, list[Message], dict[int, tuple[str, int]]]:
    """The message as the person saw it, with its family; the group first, as senders do."""
    found = Message.objects.filter(pk=number).first()
    if found is None:
        raise NotFound
    bookings = locked_group(found)
    message = Message.objects.select_for_update(of=("self",)).get(pk=number)
    if message.state not in DECIDED or f"{message.state}.{message.attempt}" != seen:
        raise DecidedMeanwhile
    if message.bundled_into_id is not None:
        raise DecidedMeanwhile
    led = Message.objects.filter(bundled_into=message, state__in=DECIDED)
    others = led.select_for_update(of=("self",)).order_by("pk")
    return message, [message, *others], bookings


def _release(one: Message, lead: Message, is_family: bool, by: Staff, now: datetime) -> None:
    """Ready, without a provider. The words of a family are made anew when it leaves."""
    is_lead = one.pk == lead.pk
    words: dict[str, Any] = {"text_sealed": None} if is_lead and is_family else {}
    if not keeps_reference(one):
        words["provider_reference"] = uuid.uuid4()
    Message.objects.filter(pk=one.pk).update(
        state=State.READY, provider="", accepted_as="", error="", bundled_into=None, refusals=0,
        due_at=now if is_lead else now + AFTER_ITS_LEAD, lease_until=None, sent_at=None,
        settled_at=None, resent_by=by, resent_at=now, **words,
    )  # fmt: skip


def _settle(one: Message, state: str, now: datetime, *, error: str = "", **values: object) -> None:
    Message.objects.filter(pk=one.pk).update(
        state=state, settled_at=now, error=error[:200], **values
    )


def _note(message: Message, what: str, reason: str, by: Staff, now: datetime) -> None:
    MessageDecision.objects.create(
        message_number=message.pk, what=what, at=now, by=by, reason=reason,
        was_state=message.state, was_provider=message.provider,
        was_reference=message.provider_reference, was_attempt=message.attempt,
    )  # fmt: skip
