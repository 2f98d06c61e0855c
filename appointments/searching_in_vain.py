"""Counting who searched in vain: what people asked for and was not on offer. Nothing personal."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import connection

from appointments.models import VainSearch
from config import civil
from windows.models import Hall, Matter


def record_unmet(*, hall: Hall, matter: Matter, day: date, now: datetime) -> None:
    """Counts that somebody looked for a place on that day in vain; nothing personal."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO appointments_unmetdemand"
            " (hall_id, matter_id, service_day, asked_on, count) VALUES (%s, %s, %s, %s, 1)"
            " ON CONFLICT ON CONSTRAINT unmet_demand_counted_once"
            " DO UPDATE SET count = appointments_unmetdemand.count + 1",
            [hall.pk, matter.pk, day, civil.city_date(now)],
        )


def record_vain(
    *,
    matter: Matter,
    halls: Sequence[str],
    first: date,
    last: date,
    now: datetime,
    channel: str = VainSearch.Channel.ONLINE,
) -> None:
    """Counts that a search over these halls (codes; none: the city) and days found nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO appointments_vainsearch"
            " (matter_id, halls, first_day, last_day, channel, asked_on, count)"
            " VALUES (%s, %s, %s, %s, %s, %s, 1)"
            " ON CONFLICT ON CONSTRAINT vain_search_counted_once"
            " DO UPDATE SET count = appointments_vainsearch.count + 1",
            [matter.pk, ",".join(sorted(halls))[:600], first, last, channel, civil.city_date(now)],
        )
