"""What a hundred thousand reminders cost: preparing them against raw COPY, and sending them
against tasks that do nothing. Ratios inside one run.
"""

import io
import os
import resource
import statistics
import subprocess
import sys
import time
from datetime import datetime, timedelta
from datetime import time as hour
from typing import Any

from django.conf import settings
from django.db import connection

from appointments.benching import cpu
from appointments.messaging.bulk import prepare_reminders
from appointments.models import Booking, BookingGroup, Message
from appointments.sealing import blind_index, seal
from config import civil
from windows.models import Hall, HallSession, Matter, Slot

VISITS = 50_000  # each is owed two
HALLS = 33
ROUNDS = 5
TO_SEND = 6_000
TABLE = "appointments_message"
SENDER = """
import sys, django
django.setup()
from appointments.benching.reminders import sender
sender(sys.argv[1])
"""


def measure(now: datetime) -> dict[str, Any]:
    """Rows prepared a second, messages sent a second of CPU, and the memory of the senders."""
    now = civil.city_instant(civil.city_date(now), hour(9))
    day = civil.city_date(now) + timedelta(days=2)
    make_visits(day, now)
    prepared, copied = [], []
    for _round in range(ROUNDS):
        prepared.append(_prepare(day, now))
        copied.append(_copy())
    statement, copy = statistics.median(prepared), statistics.median(copied)
    sent, empty = send(day), nothing()
    return {
        "name": "reminders",
        "clients": 1,
        "figures": {
            "one statement": {"rows_s": statement, "cpu_us": 0, "rss_first": 0, "rss_last": 0},
            "raw COPY": {"rows_s": copy, "cpu_us": 0, "rss_first": 0, "rss_last": 0},
            "sending": sent,
            "empty task": empty,
        },
        "ratios": {
            "one statement / raw COPY": statement / copy,
            "CPU of a message / of an empty task": sent["cpu_us"] / empty["cpu_us"],
            "memory last / first": sent["rss_last"] / sent["rss_first"],
        },
    }


def make_visits(day: Any, now: datetime) -> None:
    """So many confirmed bookings of one day; no reminder of them is owed yet."""
    matter = Matter.objects.create(
        code="RENEW", prefix="A", minutes=6, name_zh="换领", name_en="Renew", summary_zh="-",
        summary_en="-",
    )  # fmt: skip
    phone, text = seal("+8613800138000", purpose="phone"), seal("陈小宁", purpose="name")
    for n in range(1, HALLS + 1):
        slots = _slots_of_hall(n, day, now)
        share = range(n, VISITS + 1, HALLS)
        groups = BookingGroup.objects.bulk_create(
            (
                BookingGroup(
                    phone_sealed=phone, phone_index=blind_index(str(k), purpose="phone"),
                    made_at=now, is_simulated=True,
                )
                for k in share
            ),
            batch_size=2000,
        )  # fmt: skip
        Booking.objects.bulk_create(
            (
                Booking(
                    group=group, reference=f"B{k}", slot=slots[k % 20], hall=slots[0].hall,
                    matter=matter, service_day=day, starts_at=slots[k % 20].starts_at, minutes=6,
                    state="confirmed", name_sealed=text, id_sealed=b"",
                    id_index=blind_index(str(k), purpose="id"), born_on=day, made_at=now,
                    confirmed_at=now,
                )
                for k, group in zip(share, groups, strict=True)
            ),
            batch_size=2000,
        )  # fmt: skip
    _analyze()


def _slots_of_hall(n: int, day: Any, now: datetime) -> list[Slot]:
    """A hall that is open for ten hours, with room for everybody."""
    hall = Hall.objects.create(
        code=f"H{n:02d}", name_zh=f"{n} 厅", name_en=f"Hall {n}", district_zh="-",
        district_en="-", address_zh="-", is_simulated=True,
    )  # fmt: skip
    starts_at = civil.city_instant(day, hour(8))
    session = HallSession.objects.create(
        hall=hall, kind="regular", service_day=day, starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=10), booking_opens_at=now, opened_at=now,
        is_simulated=True,
    )  # fmt: skip
    return Slot.objects.bulk_create(
        Slot(
            session=session, hall=hall, service_day=day, booking_opens_at=now,
            starts_at=starts_at + k * timedelta(minutes=30),
            ends_at=starts_at + (k + 1) * timedelta(minutes=30), minutes=30_000,
            online_quota=30_000, walkin_quota=0,
        )
        for k in range(20)
    )  # fmt: skip


def _prepare(day: Any, now: datetime) -> float:
    _truncate()
    began = time.perf_counter()
    rows = prepare_reminders(first=day, last=day, now=now)
    return rows / (time.perf_counter() - began)


def _copy() -> float:
    """The same rows by COPY into the same table, with its indexes and keys."""
    with connection.cursor() as cursor:
        kept = io.BytesIO()
        cursor.copy_expert(f"COPY {TABLE} TO STDOUT", kept)
        rows = cursor.connection.cursor()
        rows.execute(f"SELECT count(*) FROM {TABLE}")
        count = rows.fetchone()[0]
    _truncate()
    kept.seek(0)
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {TABLE} FROM STDIN", kept)
    return float(count / (time.perf_counter() - began))


def _truncate() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {TABLE} CASCADE")


def _analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def send(day: Any) -> dict[str, float]:
    """Two senders empty the line together, each in a process of its own."""
    Message.objects.filter(kind="reminder_hours").delete()
    keep = Message.objects.order_by("pk").values_list("pk", flat=True)[TO_SEND - 1]
    Message.objects.filter(pk__gt=keep).delete()
    _analyze()
    due = Message.objects.order_by("-due_at").values_list("due_at", flat=True)[0]
    command = [sys.executable, "-c", SENDER, due.isoformat()]
    began, children = time.perf_counter(), []
    for _sender in range(2):
        children.append(
            subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True)
        )
    told = [child.communicate()[0].split() for child in children]
    took = time.perf_counter() - began
    sent = sum(int(one[0]) for one in told)
    if sent != Message.objects.filter(state="sent").count() or sent != TO_SEND:
        raise RuntimeError(f"{sent} sent of {TO_SEND}")
    return {
        "rows_s": sent / took,
        "cpu_us": sum(float(one[1]) for one in told) / sent * 1e6,
        "rss_first": max(float(one[2]) for one in told),
        "rss_last": max(float(one[3]) for one in told),
    }


def nothing(tasks: int = 4000) -> dict[str, float]:
    """A Celery worker of one process does tasks that do nothing; its CPU for each."""
    from appointments.benching.empty import app
    from appointments.benching.empty import nothing as task

    command = [sys.executable, "-m", "celery", "-A", "appointments.benching.empty", "worker"]
    command += ["-c", "1", "-Q", "empty", "-l", "critical", "--without-gossip", "--without-mingle"]
    worker = subprocess.Popen(command, cwd=settings.BASE_DIR, env=os.environ)
    try:
        with app.connection_for_write() as line:
            _rung(task, 50, line)
            before, began = cpu.seconds(worker.pid), time.perf_counter()
            _rung(task, tasks, line)
            took = time.perf_counter() - began
            used = cpu.seconds(worker.pid) - before
    finally:
        worker.terminate()
        worker.wait()
    return {"rows_s": tasks / took, "cpu_us": used / tasks * 1e6, "rss_first": 0, "rss_last": 0}


def _rung(task: Any, count: int, line: Any) -> None:
    for _ in range(count):
        task.apply_async(connection=line)
    waiting = line.default_channel.client
    while waiting.llen("empty") or waiting.hlen("unacked"):
        time.sleep(0.05)


def sender(until: str) -> None:
    """Sends until nothing is due; tells how many, its CPU seconds, and its memory."""
    from appointments.providing import Accepted, Inbox
    from appointments.sending import send_due

    class Nowhere(Inbox):
        """Takes everything, so that only our own part is measured."""

        def send(self, letter: Any) -> Accepted:
            return Accepted()

    due, sent, first = datetime.fromisoformat(until), 0, 0.0
    begun = time.process_time()
    while batch := send_due(now=due, limit=500, by=Nowhere()).sent:
        sent += batch
        first = first or _resident()
    print(sent, time.process_time() - begun, first, _resident())  # noqa: T201


def _resident() -> float:
    """Megabytes at the most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
