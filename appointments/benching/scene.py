"""A scratch database with a hall full of slots, windows, clerks and waiting people."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.test import Client

from config import civil
from queues.models import NumberCounter
from queues.models.ticket import BLOCK_NUMBERS
from windows.models import Hall, HallSession, Matter, Slot, Staff, StaffRole, Window
from windows.sessions import open_session
from windows.shifts import sign_in

WINDOWS = 40
SLOTS = 1000


@dataclass(frozen=True)
class Scene:
    """`slots` are ids; `cookies` holds one signed-in clerk's session per window id."""

    matter: Matter
    halls: list[Hall]
    slots: list[int]
    cookies: dict[int, str]
    day: date


def make_scene(now: datetime, *, lines: tuple[int, int] = (0, 0), minutes: int = 6) -> Scene:
    """Two halls: one for the raw statements, one for the endpoint, with so many waiting.

    Every window has its clerk.
    """
    matter = Matter.objects.create(
        code="RENEW", prefix="A", minutes=minutes, name_zh="换领", name_en="Renew", summary_zh="-",
        summary_en="-",
    )  # fmt: skip
    halls = [_hall(n, matter, now, waiting) for n, waiting in enumerate(lines, start=1)]
    cookies = {}
    for window in Window.objects.filter(hall__in=halls).order_by("pk"):
        staff = Staff.objects.create(username=f"clerk-{window.pk}", is_simulated=True)
        StaffRole.objects.create(staff=staff, hall=window.hall, role="clerk")
        sign_in(staff=staff, window=window, now=now)
        if window.hall == halls[0]:
            continue
        client = Client()
        client.force_login(staff)
        cookies[window.pk] = client.cookies["sessionid"].value
    day = halls[0].sessions.get().service_day
    return Scene(matter, halls, _many_slots(halls[0], now), cookies, day)


def _hall(n: int, matter: Matter, now: datetime, waiting: int) -> Hall:
    hall = Hall.objects.create(
        code=f"H{n:02d}", name_zh=f"{n} 厅", name_en=f"Hall {n}", district_zh="-",
        district_en="-", address_zh="-", is_simulated=True,
    )  # fmt: skip
    windows = [Window.objects.create(hall=hall, number=k) for k in range(1, WINDOWS + 1)]
    for window in windows:
        window.matters.add(matter)
    tomorrow = civil.city_date(now) + timedelta(days=1)
    session = open_session(
        hall=hall, kind="regular", day=tomorrow, opens=time(8), closes=time(20),
        windows=windows, by=None, now=now, simulated=True,
    )  # fmt: skip
    _line(hall, session, matter, now, waiting)
    return hall


LINE = """
INSERT INTO queues_ticket (hall_id, session_id, service_day, matter_id, prefix, number, public_id,
  source, state, rank_at, issued_at, priority, priority_note, round, missed_times, outcome,
  needs_accessible, "then", is_simulated)
SELECT %(hall)s, %(session)s, %(day)s, %(matter)s, 'A', n + CASE WHEN n < %(first)s THEN 0
    ELSE %(reserved)s END, md5(random()::text), 'walk_in', 'waiting',
  %(now)s + n * interval '1 millisecond', %(now)s, '', '', 0, 0, '', false, '{}', true
FROM generate_series(1, %(count)s) AS n
"""


def _line(hall: Hall, session: HallSession, matter: Matter, now: datetime, count: int) -> None:
    """So many people wait, in the order of their numbers."""
    first, last = BLOCK_NUMBERS  # the counter steps over them
    facts: dict[str, Any] = {
        "hall": hall.pk, "session": session.pk, "day": session.service_day, "matter": matter.pk,
        "now": now, "count": count, "first": first, "reserved": last - first + 1,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(LINE, facts)
        cursor.execute("ANALYZE queues_ticket")
    given = count + (last - first + 1 if count >= first else 0)
    NumberCounter.objects.create(hall=hall, service_day=session.service_day, prefix="A", last=given)


def _many_slots(hall: Hall, now: datetime) -> list[int]:
    """A thousand slots that no run can fill."""
    session = hall.sessions.get()
    begin = session.ends_at
    slots = Slot.objects.bulk_create(
        Slot(
            session=session, hall=hall, service_day=session.service_day,
            starts_at=begin + timedelta(seconds=n), ends_at=begin + timedelta(seconds=n + 1),
            booking_opens_at=now, minutes=30_000, online_quota=30_000,
        )
        for n in range(SLOTS)
    )  # fmt: skip
    return [slot.pk for slot in slots]
