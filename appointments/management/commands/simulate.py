"""Plays a hall's day many times: waits, people turned away, idle and extra minutes."""

import json
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from config import civil
from config.refusals import Refusal
from windows.models import Hall

MOST_RUNS = 5000


class Command(BaseCommand):
    help = (
        "Plays a hall's service day many times. A day to come is invented from its forecast "
        "(else from the days before), its bookings, windows and breaks; a past day is played "
        "again with the people and clerks who were really there, and compared with what "
        "really happened."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--hall", required=True, help="the hall's code, such as H01")
        parser.add_argument("--day", required=True, help="the service day, YYYY-MM-DD")
        parser.add_argument("--runs", type=int, default=200, help="how often (200)")
        parser.add_argument("--seed", type=int, default=1, help="the same seed, the same answer")
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")
        parser.add_argument(
            "--replay", action="store_true", help="play a past day again, with who really came"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        from appointments.twin import simulating  # numpy only when it is needed

        hall, day = _hall(options["hall"]), _day(options["day"])
        runs, seed = options["runs"], options["seed"]
        if not 1 <= runs <= MOST_RUNS:
            raise CommandError(f"--runs: choose between 1 and {MOST_RUNS}, not {runs}.")
        if seed < 0:
            raise CommandError(f"--seed: choose 0 or more, not {seed}.")
        asked = {"hall": hall, "day": day, "now": civil.now(), "runs": runs, "seed": seed}
        past = options["replay"] or day < civil.city_date(asked["now"])
        try:
            told = (simulating.replayed if past else simulating.invented)(**asked)
        except Refusal as refusal:
            with translation.override("en"):
                raise CommandError(f"{hall.code} {day}: {refusal}") from refusal
        if options["json"]:
            self.stdout.write(json.dumps(told.figures, ensure_ascii=False, indent=1))
        else:
            self.stdout.write(told.words)


def _hall(code: str) -> Hall:
    hall = Hall.objects.filter(code=code).first() if "\x00" not in code else None
    if hall is None:
        known = list(Hall.objects.order_by("code").values_list("code", flat=True))
        some = f"{known[0]} to {known[-1]}" if known else "none yet"
        raise CommandError(f"--hall: there is no hall {code}. Known are: {some}.")
    return hall


def _day(told: str) -> date:
    try:
        return date.fromisoformat(told)
    except ValueError as error:
        raise CommandError(f"--day: {told} is no date; write it like 2027-03-04.") from error
