"""How good the wait estimates would have been on past tickets of any origin."""

import json
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.refusals import Refusal


class Command(BaseCommand):
    help = (
        "Replays the tickets of a CSV file (queue, date, ticket, joined_at, called_at, "
        "open_windows, waiting_at_join; may be packed with gzip): how good the wait estimates "
        "would have been, using only what was known when each ticket joined."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")
        parser.add_argument(
            "--since",
            type=date.fromisoformat,
            help="judge this day and later ones; what is before is only learned from",
        )
        parser.add_argument("--each", type=Path, help="write each ticket's estimate to this CSV")

    def handle(self, *args: Any, **options: Any) -> None:
        from queues import replay_file, replay_report, replaying  # numpy only when it is needed

        try:
            tickets = replay_file.read(options["file"])
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        since = options["since"]
        if since and since > tickets.joined[-1].day:
            raise CommandError(f"No ticket is of {since} or later.")
        replayed = replaying.replay(tickets.joined, self.stderr.write, since)
        if options["each"]:
            try:
                options["each"].write_text(replay_report.each(replayed), encoding="utf-8")
            except OSError as error:
                raise CommandError(f"{options['each']}: {error.strerror}") from error
        report = replay_report.figures(replayed, tickets)
        if options["json"]:
            self.stdout.write(json.dumps(report, ensure_ascii=False, indent=1))
        else:
            self.stdout.write(replay_report.in_words(report))
