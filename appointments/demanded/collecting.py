"""Writing the facts of a closed service day: once, in one transaction with its closing."""

import logging
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Min
from django.utils.translation import gettext_lazy as _

from appointments.demanded.counting import counted
from appointments.demanded.vain import Offers
from appointments.models import Booking, DayClosing, DemandFact
from config import civil
from config.refusals import Refusal
from queues.models import Ticket
from windows.models import Hall, HallSession

log = logging.getLogger(__name__)
DAYS_BACK = 60
GIVEN_UP = timedelta(hours=12)  # after the end nobody waits for what was left undone
AT_WORK = [
    Ticket.State.WAITING,
    Ticket.State.CALLED,
    Ticket.State.SERVING,
    Ticket.State.PARKED,
]


class DayNotOver(Refusal):
    code = "day_not_over"
    message = _("This day is not over yet. Its numbers are written in the night after it.")


def write_days(*, now: datetime) -> int:
    """The facts of all closed days of the newest 60 that are not written; how many facts.

    A hall's days begin with its first session.
    """
    today, written, offers = civil.city_date(now), 0, Offers()
    since = today - timedelta(days=DAYS_BACK)
    closed = set(
        DayClosing.objects.filter(service_day__gte=since).values_list("hall_id", "service_day")
    )
    halls = Hall.objects.annotate(first=Min("sessions__service_day")).filter(first__lt=today)
    for hall in halls.order_by("pk"):
        begins = max(since, hall.first)
        for day in (begins + timedelta(days=n) for n in range((today - begins).days)):
            if (hall.pk, day) not in closed and is_over(hall=hall, day=day, now=now):
                written += write_day(hall=hall, day=day, now=now, offers=offers)
    return written


@transaction.atomic
def write_day(*, hall: Hall, day: date, now: datetime, offers: Offers | None = None) -> int:
    """The day's facts are written, each once; how many. A day that is written stays as it is.

    A day without a session has no facts: what it was asked for is unknown, not zero. Of two
    at once the later waits for the first one's end, and then writes nothing.
    Refuses: DayNotOver.
    """
    if DayClosing.objects.filter(hall=hall, service_day=day).exists():
        return 0
    if not is_over(hall=hall, day=day, now=now):
        raise DayNotOver
    was_open = HallSession.objects.filter(hall=hall, service_day=day, state="open").exists()
    if not _close(hall, day, was_open, now) or not was_open:
        return 0
    facts = [
        DemandFact(
            hall=hall,
            matter_id=key.matter_id,
            service_day=day,
            hour=key.hour,
            kind=key.kind,
            channel=key.channel,
            what=key.what,
            people=one.people,
            minutes=one.minutes,
            is_spread=one.is_spread,
            recorded_at=now,
        )
        for key, one in sorted(counted(hall, day, offers or Offers()).items())
    ]
    DemandFact.objects.bulk_create(facts)
    log.info("hall %s: %s facts of %s are written", hall.pk, len(facts), day)
    return len(facts)


def is_over(*, hall: Hall, day: date, now: datetime) -> bool:
    """No session of the day runs, nobody of it is in the line or expected; twelve hours after
    the end this is so, whatever was left undone."""
    if civil.city_date(now) <= day:
        return False
    sessions = HallSession.objects.filter(hall=hall, service_day=day, state="open")
    if sessions.filter(ends_at__gt=now).exists():
        return False
    if not sessions.filter(ends_at__gt=now - GIVEN_UP).exists():
        return True
    expected = Booking.objects.filter(hall=hall, service_day=day, state__in=Booking.OPEN)
    in_line = Ticket.objects.of_day(hall.pk, day).filter(state__in=AT_WORK)
    return not expected.exists() and not in_line.exists()


def _close(hall: Hall, day: date, was_open: bool, now: datetime) -> bool:
    """Whether this is the transaction that writes the day (day_written_once)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO appointments_dayclosing (hall_id, service_day, written_at, was_open)"
            " VALUES (%s, %s, %s, %s) ON CONFLICT ON CONSTRAINT day_written_once DO NOTHING",
            [hall.pk, day, now, was_open],
        )
        return cursor.rowcount == 1
