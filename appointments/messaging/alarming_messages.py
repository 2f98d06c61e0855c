"""What about the messages asks for somebody: old work, doubt, failures, providers.

Old work is the alarm, not a process that is away: whatever keeps messages from leaving,
the oldest one grows old. The thresholds are rules (`alert_...` in windows/rules.py).
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appointments.messaging.overseeing_messages import (
    Late,
    ProviderNow,
    failed_lately,
    late,
    parked,
    providers,
)
from config import civil
from windows.rules import rules

NAMES = ["alert_message_minutes", "alert_parked_messages", "alert_failed_messages",
         "alert_cap_percent"]  # fmt: skip


@dataclass(frozen=True)
class Alarm:
    """One thing to see to: in a person's words, and in a line for programs (`told`),
    which anybody may read."""

    code: str
    told: str
    text: str


@dataclass(frozen=True)
class Found:
    """What was looked at."""

    late: list[Late]
    parked: int
    failed: int
    providers: list[ProviderNow]


def look(*, now: datetime, cost_today: dict[str, int] | None = None) -> Found:
    """Four short questions."""
    return Found(
        late=late(now=now),
        parked=parked(),
        failed=failed_lately(now=now),
        providers=providers(now=now, cost_today=cost_today or {}),
    )


def alarms(found: Found, *, now: datetime) -> list[Alarm]:
    """The most pressing first."""
    numbers = rules(NAMES, hall=None, day=civil.city_date(now))
    asked = [_late(one, numbers["alert_message_minutes"]) for one in found.late]
    asked += [_parked(found.parked, numbers["alert_parked_messages"])]
    asked += [_failed(found.failed, numbers["alert_failed_messages"])]
    asked += [_rests(one) for one in found.providers if one.row.is_on]
    asked += [_cap(one, numbers["alert_cap_percent"]) for one in found.providers if one.row.is_on]
    return [one for one in asked if one is not None]


def _late(one: Late, most: int) -> Alarm | None:
    if one.minutes < most:
        return None
    words = ngettext(
        "%(channel)s: %(n)s message is late, %(minutes)s minutes.",
        "%(channel)s: %(n)s messages are late, the oldest by %(minutes)s minutes.",
        one.number,
    )
    facts = {"channel": one.name, "n": one.number, "minutes": one.minutes}
    told = f"messages: {one.channel} late by {one.minutes} minutes"
    return Alarm("late", told, words % facts)


def _parked(number: int, least: int) -> Alarm | None:
    if not number or number < least:
        return None
    words = ngettext(
        "%(n)s message is in doubt: somebody has to decide whether it is sent again.",
        "%(n)s messages are in doubt: somebody has to decide whether they are sent again.",
        number,
    )
    return Alarm("parked", f"messages: {number} in doubt", words % {"n": number})


def _failed(number: int, least: int) -> Alarm | None:
    if not number or number < least:
        return None
    words = ngettext(
        "%(n)s message failed in the last hour.",
        "%(n)s messages failed in the last hour.",
        number,
    )
    return Alarm("failed", f"messages: {number} failed in an hour", words % {"n": number})


def _rests(one: ProviderNow) -> Alarm | None:
    if not one.rests:
        return None
    words = _("Provider %(name)s failed again and again and is asked nothing for the moment.")
    return Alarm(
        "rests", f"messages: a provider of {one.row.channel} rests", words % {"name": one.row.name}
    )


def _cap(one: ProviderNow, percent: int) -> Alarm | None:
    if one.cap_left * 100 >= one.row.daily_cap * percent:
        return None
    words = _("Provider %(name)s may take %(n)s messages more today.")
    told = f"messages: a provider of {one.row.channel} has {one.cap_left} left today"
    return Alarm("cap", told, words % {"name": one.row.name, "n": one.cap_left})
