"""Make the coming sessions of the halls' weekly plans, or show what would be made."""

from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import civil
from config.refusals import Refusal
from windows.models import Hall
from windows.plans import Generated, TooManySlots, generate

MOST_DAYS = 3660


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=60, help="days from today on")
        parser.add_argument("--hall", help="code of a hall, e.g. H01; all if left out")
        parser.add_argument("--dry-run", action="store_true", help="show it, make nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        now = civil.now()
        halls = Hall.objects.filter(is_open=True).order_by("code")
        if options["hall"]:
            halls = halls.filter(code=options["hall"])
            if not halls:
                raise CommandError(f"There is no hall {options['hall']} in use.")
        first = civil.city_date(now)
        dry_run = options["dry_run"]
        try:
            done = generate(
                first=first, last=last_of(first, options["days"]), halls=halls, now=now,
                dry_run=dry_run,
            )  # fmt: skip
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        self.tell(done, "would be " if dry_run else "")

    def tell(self, done: Generated, would: str) -> None:
        self.stdout.write(
            f"{done.made} {would}made, {done.replaced} {would}replaced, {done.withdrawn} {would}"
            f"withdrawn, {done.kept} {would}kept as they are, {done.slots} new slots."
        )
        for one in done.left_alone:
            self.stdout.write(f"{one.hall.code} {one.day}: {one.why}")


def last_of(first: date, days: int) -> date:
    """The last of so many days. Refuses: TooManySlots for what no calendar has."""
    if days > MOST_DAYS:
        raise TooManySlots(slots="> 1 000 000", most=MOST_DAYS)
    return first + timedelta(days=days)
