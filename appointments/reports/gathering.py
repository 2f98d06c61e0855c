"""Writing the figures of a closed service day: once, in one transaction with its marker."""

import logging
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Min

from appointments.demanded.collecting import DayNotOver, is_over
from appointments.models import DayFigure
from appointments.reports.counting import counted, was_open
from appointments.reports.names import DAY
from config import civil
from windows.copying import copy_in
from windows.models import Hall

log = logging.getLogger(__name__)
DAYS_BACK = 60


def write_days(*, now: datetime, days_back: int = DAYS_BACK) -> int:
    """The figures of all days that are over and not written, of the newest 60; how many.

    A hall's days begin with its first session.
    """
    today, written = civil.city_date(now), 0
    since = today - timedelta(days=days_back)
    markers = DayFigure.objects.filter(name=DAY, service_day__gte=since)
    done = set(markers.values_list("hall_id", "service_day"))
    halls = Hall.objects.annotate(first=Min("sessions__service_day")).filter(first__lt=today)
    for hall in halls.order_by("pk"):
        begins = max(since, hall.first)
        for day in (begins + timedelta(days=n) for n in range((today - begins).days)):
            if (hall.pk, day) not in done and is_over(hall=hall, day=day, now=now):
                written += write_figures(hall=hall, day=day, now=now)
    return written


@transaction.atomic
def write_figures(*, hall: Hall, day: date, now: datetime) -> int:
    """The day's figures are written, each once; how many. A written day stays as it is.

    Of two at once the later waits for the first one's end, and then writes nothing.
    Refuses: DayNotOver.
    """
    if DayFigure.objects.filter(hall=hall, service_day=day, name=DAY).exists():
        return 0
    if not is_over(hall=hall, day=day, now=now):
        raise DayNotOver
    if not _marked(hall, day, now):
        return 0
    about = {"hall_id": hall.pk, "service_day": day, "recorded_at": now}
    figures = [
        {**about, **key._asdict(), "count": one.count, "seconds": one.seconds}
        for key, one in counted(hall, day, now=now).items()
    ]
    copy_in(DayFigure, figures)
    log.info("hall %s: %s figures of %s are written", hall.pk, len(figures), day)
    return 1 + len(figures)


def _marked(hall: Hall, day: date, now: datetime) -> bool:
    """Whether this is the transaction that writes the day (day_figure_once)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO appointments_dayfigure"
            " (hall_id, service_day, name, bucket, count, seconds, recorded_at, reason)"
            " VALUES (%s, %s, %s, '', %s, 0, %s, '') ON CONFLICT DO NOTHING",
            [hall.pk, day, DAY, int(was_open(hall, day)), now],
        )
        return cursor.rowcount == 1
