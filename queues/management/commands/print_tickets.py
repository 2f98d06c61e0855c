"""manage.py print_tickets: bring the kiosks' tickets to their ESC/POS printers."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, close_old_connections

from config import civil
from queues.printing import print_due


class Command(BaseCommand):
    help = "Print the tickets that kiosks owe on paper, until stopped; safe beside another one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, default=0.5, help="seconds between two looks")
        parser.add_argument("--once", action="store_true", help="look once and end")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            self.stdout.write(f"{print_due(now=civil.now())} printed")
            return
        stop = threading.Event()
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, lambda *_sign: stop.set())
        while not stop.wait(options["every"]):
            try:
                print_due(now=civil.now())
            except DatabaseError as error:  # away for a while: the papers wait, or are let go
                self.stderr.write(f"The database did not answer: {error}")
                stop.wait(5)
                close_old_connections()
