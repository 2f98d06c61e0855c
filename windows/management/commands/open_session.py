"""Open a session in a hall, or show what it would be."""

from datetime import date, datetime, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from appointments.releasing import Release, open_released, preview_release
from config import civil
from config.refusals import Refusal
from windows.models import Hall, HallSession, Window
from windows.planning import SessionPreview


def instant(text: str) -> datetime:
    """The instant; without an offset the hall's wall is meant."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else civil.city_instant(at.date(), at.time())


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--hall", required=True, help="code of the hall, e.g. H01")
        parser.add_argument("--day", required=True, type=date.fromisoformat, help="YYYY-MM-DD")
        parser.add_argument("--opens", required=True, type=time.fromisoformat, help="HH:MM")
        parser.add_argument(
            "--closes", required=True, type=time.fromisoformat,
            help="HH:MM; at or before the opening it means the next morning",
        )  # fmt: skip
        parser.add_argument("--kind", default="night", choices=HallSession.Kind.values)
        parser.add_argument(
            "--windows", type=int, nargs="+", metavar="NUMBER", help="all free ones if left out"
        )
        parser.add_argument(
            "--release", default="plain", choices=HallSession.Release.values,
            help="how the places open: who comes first, the same behind a waiting room, by draw",
        )  # fmt: skip
        parser.add_argument(
            "--opens-at", type=instant, metavar="MOMENT", help="YYYY-MM-DDTHH:MM; else at once"
        )
        parser.add_argument(
            "--registers-until", type=instant, metavar="MOMENT", help="by draw: YYYY-MM-DDTHH:MM"
        )
        parser.add_argument("--dry-run", action="store_true", help="show it, open nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        now = civil.now()
        hall = Hall.objects.filter(code=options["hall"]).first()
        if hall is None:
            raise CommandError(f"There is no hall {options['hall']}.")
        asked = {name: options[name] for name in ("kind", "day", "opens", "closes")}
        asked["windows"] = self.windows_of(hall, options["windows"])
        asked["release"] = Release(
            options["release"], options["opens_at"], options["registers_until"]
        )
        try:
            plan = preview_release(hall=hall, **asked, now=now)
            self.tell(plan)
            if not options["dry_run"]:
                asked["windows"] = plan.windows
                session = open_released(hall=hall, **asked, by=None, now=now)
                self.stdout.write(f"Session {session.pk} is open.")
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal

    def windows_of(self, hall: Hall, numbers: list[int] | None) -> list[Window] | None:
        if numbers is None:
            return None
        found = list(hall.windows.filter(number__in=numbers).order_by("number"))
        if missing := set(numbers) - {window.number for window in found}:
            raise CommandError(f"The hall has no window {min(missing)}.")
        return found

    def tell(self, plan: SessionPreview) -> None:
        starts, ends = civil.city_time(plan.starts_at), civil.city_time(plan.ends_at)
        numbers = ", ".join(str(window.number) for window in plan.windows) or "none"
        shares = ", ".join(
            f"{channel} {plan.minutes_of(channel)}" for channel in ("online", "assisted", "walkin")
        )
        self.stdout.write(
            f"{plan.hall.code}, service day {plan.service_day}: {starts:%Y-%m-%d %H:%M} to"
            f" {ends:%Y-%m-%d %H:%M}, windows {numbers}, {len(plan.slots)} slots; minutes: {shares}"
        )
        opens = f"{civil.city_time(plan.booking_opens_at):%Y-%m-%d %H:%M}"
        until = plan.registers_until
        draw = f", registration until {civil.city_time(until):%Y-%m-%d %H:%M}" if until else ""
        self.stdout.write(f"Release: {plan.release}{draw}, open to everyone from {opens}.")
