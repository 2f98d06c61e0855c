"""Do now what each night does: write the days that are over, foresee the city, move quotas.

In the simulated city the forecasts of the nights before are made first, where they are missing.
"""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from appointments import nightly
from appointments.models import DayClosing, ForecastRun, RebalanceRun
from appointments.simulating.foreseen import remember_nights
from config import civil


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        now = civil.now()
        if settings.DEMO:
            remember_nights(now)
        nightly.run(now=now)
        self.stdout.write(
            f"{DayClosing.objects.count()} days of halls are written,"
            f" {ForecastRun.objects.count()} forecasts are kept,"
            f" {RebalanceRun.objects.count()} rebalancings have run."
        )
