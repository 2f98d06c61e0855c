"""Promising messages: what is owed to whom and when, in the transaction of its cause.

A message is a row with a due time and a time after which it is useless; `sending` takes it
from there. Reminders leave the evening before and some hours before, never in the quiet
hours, and only when they come long enough after the booking to remind of anything.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from appointments.models import Booking, BookingGroup, Message, PhoneProof
from appointments.sealing import blind_index, seal, unseal
from appointments.texting import code_text
from config import civil
from windows.rules import rule, rules

Kind = Message.Kind
REMINDER_RULES = ["reminder_day_hour", "reminder_hours_before", "remind_after_hours"]
QUIET_FROM = time(22)
QUIET_UNTIL = time(7)
LAST_CALM_HOUR = time(21)
ASKED_FOR = timedelta(days=1)  # later than that nobody remembers how it was


def promise(*, booking: Booking, now: datetime) -> None:
    """The confirmation is owed now, and the reminders at their times."""
    _owe(booking, [(Kind.CONFIRMED, now), *_reminders(booking, now)], now)


def promise_moved(*, booking: Booking, now: datetime) -> None:
    """News of the change is owed now, and the reminders of the new time."""
    _owe(booking, [(Kind.MOVED, now), *_reminders(booking, now)], now)


def promise_cancelled(*, booking: Booking, now: datetime) -> None:
    """The cancellation is owed now to the one who asked for it."""
    _owe(booking, [(Kind.CANCELLED, now)], now)


def promise_rating(*, booking: Booking, now: datetime) -> None:
    """After the visit the person is asked how it was: once a visit, in the calm hours, unless
    the rule `rating_after_minutes` is 0."""
    minutes = rule("rating_after_minutes", hall=booking.hall_id, day=booking.service_day)
    others = Message.objects.filter(booking__ticket=booking.ticket_id, kind=Kind.RATING)
    if minutes == 0 or others.exists():
        return
    due = after_quiet_hours(now + timedelta(minutes=minutes))
    messages = _messages(booking, [(Kind.RATING, due)], now)
    for one in messages:
        one.useless_after = due + ASKED_FOR
    _insert(messages)


def promise_code(*, proof: PhoneProof, phone: str, code: str, language: str, now: datetime) -> None:
    """The one-time code is owed now, and useless when it has expired."""
    minutes = int((proof.expires_at - now).total_seconds() // 60)
    text = code_text(code, minutes=minutes, language=language)
    message = Message(
        subject=f"proof:{proof.pk}",
        kind=Kind.CODE,
        to_sealed=seal(phone, purpose="phone"),
        to_index=blind_index(phone, purpose="phone"),
        language=language,
        text_sealed=seal(text, purpose="message"),
        due_at=now,
        useless_after=proof.expires_at,
        made_at=now,
    )
    _insert([message])


def owe(
    *,
    subject: str,
    kind: str,
    to_sealed: bytes | memoryview | None,
    text: str,
    now: datetime,
    due: datetime | None = None,
    useless_after: datetime | None = None,
    version: int = 1,
    booking: Booking | None = None,
) -> None:
    """One text is owed to a sealed phone, once per subject, kind and version.

    One that tells of a booking goes the way its group chose. Nobody without a phone is owed
    anything. `due` is now unless said otherwise.
    """
    if to_sealed is None:
        return
    message = owed(subject=subject, kind=kind, to_sealed=to_sealed, text=text, now=now)
    message.version = version
    if booking is not None:
        about(booking, message)
    message.due_at, message.useless_after = due or now, useless_after
    _insert([message])


def owed(
    *,
    subject: str,
    kind: str,
    to_sealed: bytes | memoryview,
    text: str,
    now: datetime,
    language: str = "zh-hans",
) -> Message:
    """The message of a text that is owed now to a sealed phone, not kept yet; see `owe_all`."""
    return Message(
        subject=subject,
        kind=kind,
        to_sealed=to_sealed,
        to_index=blind_index(unseal(to_sealed, purpose="phone"), purpose="phone"),
        language=language,
        text_sealed=seal(text, purpose="message"),
        due_at=now,
        made_at=now,
    )


def about(booking: Booking, message: Message) -> None:
    """The message tells of the booking, and goes the way that its group chose."""
    message.booking = booking
    for name, value in address_of(booking.group).items():
        setattr(message, name, value)


def owe_all(messages: Iterable[Message]) -> None:
    """Many texts are owed at once, each once per subject, kind and version."""
    _insert(messages)


def void_unsent(*, booking: Booking) -> None:
    """What was owed for this booking and is not on its way yet will not be sent."""
    ready = Message.objects.filter(booking=booking, state=Message.State.READY)
    ready.update(state=Message.State.VOID)


def reminders_of(booking: Booking, now: datetime) -> list[Message]:
    """The reminders of the booking's time, not kept yet; see `owe_all`."""
    return _messages(booking, _reminders(booking, now), now)


def _owe(booking: Booking, dues: Iterable[tuple[str, datetime]], now: datetime) -> None:
    _insert(_messages(booking, dues, now))


def _messages(
    booking: Booking, dues: Iterable[tuple[str, datetime]], now: datetime
) -> list[Message]:
    if booking.group.phone_sealed is None:
        return []
    to = address_of(booking.group)
    return [
        Message(
            subject=f"booking:{booking.pk}",
            booking=booking,
            kind=kind,
            version=booking.version,
            **to,
            due_at=due,
            useless_after=booking.starts_at,
            made_at=now,
        )
        for kind, due in dues
    ]


def address_of(group: BookingGroup) -> dict[str, Any]:
    """Where the group wants its messages: channel, sealed address, its index, language."""
    by_mail = group.channel == Message.Channel.EMAIL
    return {
        "channel": Message.Channel.EMAIL if by_mail else Message.Channel.SMS,
        "to_sealed": group.email_sealed if by_mail else group.phone_sealed,
        "to_index": group.email_index if by_mail else group.phone_index,
        "language": group.language,
    }


def _insert(messages: Iterable[Message]) -> None:
    """What is owed already (message_once_per_version) is not owed a second time."""
    Message.objects.bulk_create(messages, ignore_conflicts=True)


def _reminders(booking: Booking, now: datetime) -> list[tuple[str, datetime]]:
    numbers = rules(REMINDER_RULES, hall=booking.hall_id, day=booking.service_day)
    planned = reminders_due(booking.starts_at, booking.service_day, numbers, now=now)
    return list(planned.items())


def reminders_due(
    starts_at: datetime, service_day: date, numbers: dict[str, int], *, now: datetime
) -> dict[str, datetime]:
    """When each reminder of a visit leaves, by the hall's numbers (REMINDER_RULES).

    None so soon that whoever has just been told of the visit needs no reminder of it.
    """
    earliest = now + timedelta(hours=numbers["remind_after_hours"])
    planned = {
        str(Kind.REMINDER_DAY): day_before(service_day, numbers["reminder_day_hour"]),
        str(Kind.REMINDER_HOURS): hours_before(
            starts_at, service_day, numbers["reminder_hours_before"]
        ),
    }
    return {kind: due for kind, due in planned.items() if due and due > earliest}


def day_before(service_day: date, hour: int) -> datetime:
    """That hour of the day before the service day; in the quiet hours, the evening before."""
    due = civil.city_instant(service_day - timedelta(days=1), time(hour))
    if not is_quiet(due):
        return due
    evening = civil.city_date(due) - timedelta(days=0 if time(hour) >= QUIET_FROM else 1)
    return civil.city_instant(evening, LAST_CALM_HOUR)


def hours_before(starts_at: datetime, service_day: date, hours: int) -> datetime | None:
    """Some hours before the slot; None when an early visit would put it into the night.

    People on their way to a night session are awake: for them quiet hours do not count.
    """
    due = starts_at - timedelta(hours=hours)
    is_for_the_night = due >= civil.city_instant(service_day, time(12))
    return due if is_for_the_night or not is_quiet(due) else None


def is_quiet(instant: datetime) -> bool:
    """Nobody is reminded between 22:00 and 07:00 on the city's clock."""
    at = civil.city_time(instant).time()
    return at >= QUIET_FROM or at < QUIET_UNTIL


def after_quiet_hours(instant: datetime) -> datetime:
    """The instant itself, or the end of the quiet hours that it falls into."""
    if not is_quiet(instant):
        return instant
    at = civil.city_time(instant)
    morning = at.date() + timedelta(days=1 if at.time() >= QUIET_FROM else 0)
    return civil.city_instant(morning, QUIET_UNTIL)
