"""Asks the database whether every invariant holds; exit 1 when one is broken."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from appointments.invariants import QUESTIONS, ask
from config import civil


class Command(BaseCommand):
    help = "One line per invariant; exit 1 when one is broken."

    def handle(self, *args: Any, **options: Any) -> None:
        now = civil.now()
        found = {name: ask(name, now) for name in QUESTIONS}
        for name, broken in found.items():
            if broken is None:
                self.stdout.write(f"holds   {name}")
            else:
                self.stdout.write(f"BROKEN  {name}: {broken.rows} rows, first {broken.first}")
        if any(found.values()):
            sys.exit(1)
