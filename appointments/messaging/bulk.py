"""The reminders of a whole city in one statement.

Each booking is promised its reminders when it is confirmed. This finds what nobody promised
(bookings that came by another way, an hour that a rule has changed) by the same rule of when
a reminder is due, and owes it: 100,000 rows as quickly as one writes them.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from appointments.models import Booking, Message
from appointments.reminding import REMINDER_RULES, reminders_due
from windows.rules import rules

Kind = Message.Kind

OWE = """
INSERT INTO appointments_message (
  subject, booking_id, kind, version, channel, language, to_sealed, to_index,
  provider_reference, provider, accepted_as, parts, cost_mil, state, due_at, useless_after,
  attempt, refusals, error, made_at)
SELECT 'booking:' || b.id, b.id, times.kind, b.version,
  CASE WHEN g.channel = 'email' THEN 'email' ELSE 'sms' END, g.language,
  CASE WHEN g.channel = 'email' THEN g.email_sealed ELSE g.phone_sealed END,
  CASE WHEN g.channel = 'email' THEN g.email_index ELSE g.phone_index END,
  gen_random_uuid(), '', '', 0, 0, 'ready', times.due_at, b.starts_at, 0, 0, '', %(now)s
FROM unnest(%(halls)s::bigint[], %(starts)s::timestamptz[], %(kinds)s::text[],
  %(dues)s::timestamptz[]) AS times(hall_id, starts_at, kind, due_at)
JOIN appointments_booking b ON b.hall_id = times.hall_id AND b.starts_at = times.starts_at
  AND b.state = 'confirmed' AND b.service_day BETWEEN %(first)s AND %(last)s
JOIN appointments_bookinggroup g ON g.id = b.group_id
WHERE g.phone_sealed IS NOT NULL OR g.channel = 'email'
ON CONFLICT (subject, kind, version, channel) DO UPDATE SET due_at = excluded.due_at
WHERE appointments_message.state = 'ready' AND appointments_message.attempt = 0
  AND appointments_message.due_at <> excluded.due_at
"""


@dataclass(frozen=True)
class Time:
    """One reminder of the visits that begin at one time in one hall."""

    hall_id: int
    starts_at: datetime
    kind: str
    due_at: datetime


@transaction.atomic
def prepare_reminders(*, first: date, last: date, now: datetime) -> int:
    """Every confirmed booking of these service days is owed its reminders, each once.

    A reminder that has not been touched yet follows a rule that has changed since. Returns
    how many rows were written; again writes none.
    """
    times = _times(first, last, now)
    if not times:
        return 0
    values: dict[str, Any] = {
        "halls": [one.hall_id for one in times],
        "starts": [one.starts_at for one in times],
        "kinds": [one.kind for one in times],
        "dues": [one.due_at for one in times],
        "first": first,
        "last": last,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '5min'")  # a city at once, in the night
        cursor.execute(OWE, values)
        return int(cursor.rowcount)


def _times(first: date, last: date, now: datetime) -> list[Time]:
    """When the reminders of each time that somebody has booked are due, where they still are."""
    booked = Booking.objects.filter(
        state=Booking.State.CONFIRMED, service_day__range=(first, last), starts_at__gt=now
    )
    numbers: dict[tuple[int, date], dict[str, int]] = {}
    times = list[Time]()
    distinct = booked.order_by("hall_id", "starts_at").values_list(
        "hall_id", "service_day", "starts_at"
    )
    for hall_id, day, starts_at in distinct.distinct():
        if (hall_id, day) not in numbers:
            numbers[hall_id, day] = rules(REMINDER_RULES, hall=hall_id, day=day)
        dues = reminders_due(starts_at, day, numbers[hall_id, day], now=now)
        times += [Time(hall_id, starts_at, kind, due) for kind, due in dues.items()]
    return times
