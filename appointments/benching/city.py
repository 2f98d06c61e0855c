"""The city that the calendar is measured on: 33 halls for 30 days of 20 slots."""

import random
from datetime import date, datetime, time, timedelta

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from config import civil
from windows.models import Hall, HallSession, Matter, Rule, SessionWindow, Slot, Window

HALLS, DAYS, SLOTS, WINDOWS = 33, 30, 20, 3
SLOT_MINUTES = 30


def make_city(now: datetime) -> Matter:
    """Halls whose online quota is full, nearly full or free, as after a week of booking."""
    today = civil.city_date(now)
    Rule.objects.create(name="horizon_days", value=DAYS, effective_on=today)
    matter = Matter.objects.create(
        code="RENEW", prefix="A", minutes=6, name_zh="换领", name_en="Renew", summary_zh="-",
        summary_en="-",
    )  # fmt: skip
    for n in range(1, HALLS + 1):
        hall = Hall.objects.create(
            code=f"H{n:02d}", name_zh=f"{n} 厅", name_en=f"Hall {n}", district_zh="-",
            district_en="-", address_zh="-", is_simulated=True,
        )  # fmt: skip
        windows = [Window.objects.create(hall=hall, number=k) for k in range(1, WINDOWS + 1)]
        matter.windows.add(*windows)
        for ahead in range(1, DAYS + 1):
            _open_day(hall, windows, now, today + timedelta(days=ahead))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return matter


def _open_day(hall: Hall, windows: list[Window], now: datetime, day: date) -> None:
    starts_at = civil.city_instant(day, time(8))
    length = timedelta(minutes=SLOT_MINUTES)
    ends_at = starts_at + SLOTS * length
    session = HallSession.objects.create(
        hall=hall, kind="regular", service_day=day, starts_at=starts_at, ends_at=ends_at,
        booking_opens_at=now, opened_at=now, is_simulated=True,
    )  # fmt: skip
    SessionWindow.objects.bulk_create(
        SessionWindow(session=session, window=window, period=DateTimeTZRange(starts_at, ends_at))
        for window in windows
    )
    chance = random.Random(session.pk)
    Slot.objects.bulk_create(
        Slot(
            session=session, hall=hall, service_day=day, starts_at=starts_at + n * length,
            ends_at=starts_at + (n + 1) * length, booking_opens_at=now, minutes=90,
            online_quota=60, online_taken=6 * min(10, chance.randrange(14)), walkin_quota=30,
        )
        for n in range(SLOTS)
    )  # fmt: skip
