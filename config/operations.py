"""What operators and load balancers ask: alive, ready, and how it goes.

Alive needs nothing. Ready needs PostgreSQL with every migration applied; Redis is a
doorbell and its absence makes nothing unready. What ends some day is told beforehand
(`warnings`), as are messages that are late or in doubt, and nothing is less ready for it.
Metrics are counts, never people.
"""

from datetime import datetime

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from appointments.messaging.alarming_messages import alarms, look
from appointments.models import Booking
from config import civil
from config.message_metrics import measure_messages
from queues.models import Ticket
from windows.calendar_days import last_confirmed
from windows.calendar_watch import watch_calendar
from windows.models import Shift

migrated = False  # once true, it stays true for the life of the process


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """The process can serve people: the database answers and has today's shape."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        ready = is_migrated()
        warnings = warned(now=civil.now()) if ready else []
    except DatabaseError:
        return JsonResponse({"status": "no database"}, status=503)
    if not ready:
        return JsonResponse({"status": "migrations missing"}, status=503)
    return JsonResponse({"status": "ready", **({"warnings": warnings} if warnings else {})})


def warned(*, now: datetime) -> list[str]:
    """What makes nothing unready, and somebody should see to: messages now, days soon."""
    watch = watch_calendar(now=now)
    about_messages = [alarm.told for alarm in alarms(look(now=now), now=now)]
    if not watch.warns:
        return about_messages
    return [
        f"calendar: confirmed until {watch.confirmed_until}, bookings pass it from"
        f" {watch.reached_on} on",
        *about_messages,
    ]


def is_migrated() -> bool:
    global migrated
    if not migrated:
        executor = MigrationExecutor(connection)
        migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return migrated


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """How it goes, for Prometheus, counted from the database when it is asked."""
    registry = measure(now=civil.now())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def measure(*, now: datetime) -> CollectorRegistry:
    registry = CollectorRegistry()
    tickets = Gauge("dengta_tickets", "Open tickets", ["state"], registry=registry)
    for state in ("waiting", "called", "serving", "parked", "missed"):
        tickets.labels(state).set(0)
    open_tickets = Ticket.objects.exclude(state__in=["finished", "void"])
    for state, count in open_tickets.values_list("state").annotate(Count("pk")).order_by():
        tickets.labels(state).set(count)
    bookings = Gauge("dengta_bookings", "Open bookings", ["state"], registry=registry)
    for state in Booking.OPEN:
        bookings.labels(state).set(0)
    open_bookings = Booking.objects.filter(state__in=Booking.OPEN)
    for state, count in open_bookings.values_list("state").annotate(Count("pk")).order_by():
        bookings.labels(state).set(count)
    overdue = Booking.objects.filter(state="held", hold_expires_at__lt=now).count()
    Gauge("dengta_holds_overdue", "Expired holds that nobody tidied yet", registry=registry).set(
        overdue
    )
    measure_messages(registry, now=now)
    windows = Shift.objects.filter(period__upper_inf=True).count()
    sure = (last_confirmed() - civil.city_date(now)).days
    Gauge(
        "dengta_calendar_confirmed_days",
        "Days ahead whose holidays are published",
        registry=registry,
    ).set(sure)
    Gauge("dengta_windows_staffed", "Windows with a clerk", registry=registry).set(windows)
    return registry
