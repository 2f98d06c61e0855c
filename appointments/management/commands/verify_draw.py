"""Recompute a published draw from its file alone, and say whether it is what the rule makes.

The database is not asked: FILE is the JSON of the draw's page, or the API's answer about the
draw with the same under `result` (docs/draw.md).
"""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from appointments.draw_rule import differences


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="the published JSON")
        parser.add_argument(
            "--commitment", metavar="HEX", help="what was published before registration"
        )
        parser.add_argument("--entry", metavar="ID", help="say what became of this registration")

    def handle(self, *args: Any, **options: Any) -> None:
        drawn = self.read(Path(options["file"]))
        try:
            wrong = differences(drawn)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CommandError(f"This is not a published draw: {error!r}.") from error
        if wrong:
            raise CommandError(f"This is not what the rule makes: {', '.join(wrong)} differ.")
        promised = options["commitment"] or drawn["commitment"]
        if promised.lower() != drawn["commitment"]:
            raise CommandError("The seed is not the one that was promised.")
        won = sum(one["outcome"] == "won" for one in drawn["outcome"])
        self.stdout.write(
            f"The draw is what the rule makes: {len(drawn['order'])} registered, {won} won."
        )
        if options["entry"]:
            self.tell(drawn, options["entry"])

    def read(self, path: Path) -> Any:
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CommandError(f"{path} cannot be read: {error}") from error
        return (told.get("result") or told) if isinstance(told, dict) else told

    def tell(self, drawn: dict[str, Any], entry: str) -> None:
        mine = next((one for one in drawn["outcome"] if one["id"] == entry), None)
        if mine is None:
            raise CommandError(f"{entry} is not among those who registered.")
        said = {"won": f"won a place in time {mine['slot']}", "no_room": "no time had room left"}
        words = said.get(mine["outcome"], "the place could not be given")
        self.stdout.write(f"{entry} stood at {mine['rank']}: {words}.")
