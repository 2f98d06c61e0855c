"""Open a session in a hall, or show what it would be."""

from datetime import date, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import civil
from config.refusals import Refusal
from windows.models import Hall, HallSession, Window
from windows.planning import SessionPreview, preview_session
from windows.sessions import open_session


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
        parser.add_argument("--dry-run", action="store_true", help="show it, open nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        now = civil.now()
        hall = Hall.objects.filter(code=options["hall"]).first()
        if hall is None:
            raise CommandError(f"There is no hall {options['hall']}.")
        asked = {name: options[name] for name in ("kind", "day", "opens", "closes")}
        windows = self.windows_of(hall, options["windows"])
        try:
            plan = preview_session(hall=hall, **asked, windows=windows, now=now)
            self.tell(plan)
            if not options["dry_run"]:
                asked["windows"] = plan.windows
                session = open_session(hall=hall, **asked, by=None, now=now)
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
