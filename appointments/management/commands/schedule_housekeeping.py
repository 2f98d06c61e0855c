"""manage.py schedule_housekeeping: tell django-q2 what to run and how often."""

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction
from django_q.models import Schedule

from appointments.jobs import SCHEDULES
from config import civil


class Command(BaseCommand):
    help = "Create or correct the schedules of housekeeping; running it again changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        schedule(now=civil.now())
        self.stdout.write(f"{len(SCHEDULES)} schedules: {', '.join(SCHEDULES)}")


@transaction.atomic
def schedule(*, now: datetime) -> None:
    """Each schedule exists once; one that stands keeps its next run."""
    with connection.cursor() as cursor:  # two starting servers do this one after the other
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('schedule housekeeping'))")
    for name, (func, minutes) in SCHEDULES.items():
        wanted = {"func": func, "schedule_type": Schedule.MINUTES, "minutes": minutes}
        Schedule.objects.update_or_create(
            name=name, defaults=wanted, create_defaults={**wanted, "next_run": now}
        )
    ours = Schedule.objects.filter(func__startswith="appointments.jobs.")
    ours.exclude(name__in=SCHEDULES).delete()
