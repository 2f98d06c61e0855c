"""What is expected on a day: people by hall and hour, nine times in ten between two numbers."""

from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from appointments.forecasting.reading import days_of, hours_of, run_for
from appointments.forecasting.storing import forecast_city
from appointments.models import ForecastRun
from config import civil
from config.refusals import Refusal
from windows.models import Hall


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--day", type=date.fromisoformat, help="YYYY-MM-DD, else today")
        parser.add_argument("--hall", help="a hall's code, else all halls and the city")

    def handle(self, *args: Any, **options: Any) -> None:
        now = civil.now()
        day = options["day"] or civil.city_date(now)
        halls = Hall.objects.order_by("code")
        if options["hall"]:
            halls = halls.filter(code=options["hall"])
            if not halls:
                raise CommandError(f"There is no hall {options['hall']}.")
        run = self.find(day, now)
        self.stdout.write(
            f"{day}: the forecast of {civil.city_time(run.made_at):%Y-%m-%d %H:%M},"
            f" which knows the days up to {run.last_known_day}."
        )
        if not options["hall"]:
            self.tell("city", days_of(run).get(day))
        for hall in halls:
            self.tell(hall.code, days_of(run, hall_id=hall.pk).get(day))
            for (at, hour), one in hours_of(run, hall.pk).items():
                if at == day:
                    self.tell(f"  {hour % 24:02d}:00", one)
        self.tell_errors(run)

    def find(self, day: date, now: Any) -> ForecastRun:
        """The newest forecast that reaches the day; made now when it can be."""
        today = civil.city_date(now)
        if day >= today:
            try:
                forecast_city(now=now, say=self.stdout.write)
            except Refusal as refusal:
                raise CommandError(str(refusal)) from refusal
        run = run_for(day)
        if run is None:
            last = today + timedelta(days=27)
            raise CommandError(f"No forecast reaches {day}. One that is made today ends on {last}.")
        return run

    def tell(self, name: str, one: Any) -> None:
        if one is None:
            self.stdout.write(f"{name:<8} no session, and no working day")
            return
        self.stdout.write(f"{name:<8} {one.mean:8.1f} people   {one.low} to {one.high}")

    def tell_errors(self, run: ForecastRun) -> None:
        errors = run.facts.get("accuracy", {})
        ours, naive = (errors.get(name, {}).get("") for name in ("ours", "naive"))
        if ours is not None and naive is not None:
            self.stdout.write(
                f"On {errors['days']} days of the last four weeks the city's number was off by"
                f" {ours:.0%}; the same weekday of the week before by {naive:.0%}."
            )
