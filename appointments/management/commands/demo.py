"""The demo's simulated city: make it, or let it live."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from appointments.simulating.preparing import NotSimulated, prepare, refuse_real_data
from config import civil


class Command(BaseCommand):
    help = "Makes the simulated city (--prepare) or lets it live until it is stopped (--live)."

    requires_system_checks: list[str] = []  # the demo has just migrated, which runs them

    def add_arguments(self, parser: ArgumentParser) -> None:
        way = parser.add_mutually_exclusive_group(required=True)
        way.add_argument("--prepare", action="store_true", help="make it, or bring it up to today")
        way.add_argument("--live", action="store_true", help="people come and clerks call")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["prepare"]:
                prepare(civil.now(), say=self.stdout.write)
            else:
                refuse_real_data()
                from appointments.simulating.living import live

                live()
        except NotSimulated as refusal:
            raise CommandError(str(refusal)) from None
