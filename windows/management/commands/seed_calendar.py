"""Puts a published year's holidays into the city's calendar."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config import civil
from config.refusals import Refusal
from windows.calendar_notices import seed_year


class Command(BaseCommand):
    help = "Put a published year's holidays, and the days worked for them, into the calendar."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("year", type=int, nargs="+")

    def handle(self, *args: Any, **options: Any) -> None:
        for year in options["year"]:
            try:
                done = seed_year(year, by=None, now=civil.now())
            except Refusal as refusal:
                raise CommandError(str(refusal)) from refusal
            self.stdout.write(f"{year}: {done.written} days written, {done.kept} kept by hand.")
            for day in done.differing:
                self.stdout.write(f"{day}: the packages differ; not confirmed.")
