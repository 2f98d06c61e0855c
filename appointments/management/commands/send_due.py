"""manage.py send_due: send what is due, now, by hand."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from appointments.providing import NoProvider
from appointments.sending import send_due
from config import civil

BY_HAND = timedelta(hours=1)  # whoever waits can stop it


class Command(BaseCommand):
    help = "Send the messages that are due; safe beside running workers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--limit", type=int, default=1000, help="messages at most")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            counts = send_due(now=civil.now(), limit=options["limit"], within=BY_HAND)
        except NoProvider as error:
            raise CommandError(str(error)) from error
        self.stdout.write(str(counts))
