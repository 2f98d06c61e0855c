"""Do now what each night does: write the days that are over, foresee the city, move quotas."""

from typing import Any

from django.core.management.base import BaseCommand

from appointments import nightly
from appointments.models import DayClosing, ForecastRun, RebalanceRun
from config import civil


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        nightly.run(now=civil.now())
        self.stdout.write(
            f"{DayClosing.objects.count()} days of halls are written,"
            f" {ForecastRun.objects.count()} forecasts are kept,"
            f" {RebalanceRun.objects.count()} rebalancings have run."
        )
