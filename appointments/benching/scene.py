"""A scratch database with a hall full of slots, windows, clerks and waiting people."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.test import Client

from config import civil
from queues.models import NumberCounter, Ticket
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
    """Two halls: one for the raw statements, one for the endpoint, with so many waiting."""
    matter = Matter.objects.create(
        code="RENEW", prefix="A", minutes=minutes, name_zh="换领", name_en="Renew", summary_zh="-",
        summary_en="-",
    )  # fmt: skip
    halls = [_hall(n, matter, now, waiting) for n, waiting in enumerate(lines, start=1)]
    cookies = {}
    for window in Window.objects.filter(hall=halls[1]):
        staff = Staff.objects.create(username=f"clerk-{window.pk}", is_simulated=True)
        StaffRole.objects.create(staff=staff, hall=halls[1], role="clerk")
        sign_in(staff=staff, window=window, now=now)
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


def _line(hall: Hall, session: HallSession, matter: Matter, now: datetime, count: int) -> None:
    Ticket.objects.bulk_create(
        (
            Ticket(
                hall=hall, session=session, service_day=session.service_day, matter=matter,
                prefix="A", number=n, source="walk_in", rank_at=now + timedelta(milliseconds=n),
                issued_at=now, is_simulated=True,
            )
            for n in range(1, count + 1)
        ),
        batch_size=5000,
    )  # fmt: skip
    NumberCounter.objects.create(hall=hall, service_day=session.service_day, prefix="A", last=count)


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
