"""How wrong each forecasting method would have been on a CSV file of any origin.

    manage.py backtest FILE --horizon N [--from YYYY-MM-DD] [--json]

FILE has the columns `series,date,count` (days) or `series,at,count` (times, summed to hours and
days); appointments/forecasting/files.py says what else is understood. Forecasts of the next N
open days are made at every open day, each from the days before it alone. `--from` scores only
origins from that day on, so that a method is judged on days that nobody had seen.

With --json one object is printed:

    {"file": name, "horizon": N, "series": how many, "origins": how many,
     "first_origin": day, "last_origin": day, "chosen": "blend", "naive": "seasonal_naive",
     "seconds": of processor time, "notes": [what was odd about the file],
     "daily": PART, "hourly": PART or null}

PART is {"scored": days (or hours) compared, "people": how many came on them,
"methods": {name: {"absolute_error": the sum of |forecast - came|,
"below_naive": by which share that is below seasonal naive (0.18: 18% less),
"wmape": that sum by the people who came, "mase": the mean error by that of the naive guess before
the first origin (null: nothing to compare with), "coverage_90": the share within the nine-in-ten
range, "pinball": the mean loss of the quantiles}}}.

"blend" is what the product uses: the methods weighed by their earlier errors.
"""

import json
import time
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from appointments.forecasting.backtesting import (
    CHOSEN,
    NAIVE,
    Backtest,
    Part,
    TooShort,
    backtest,
)
from appointments.forecasting.file_texts import Unreadable
from appointments.forecasting.files import read

LONGEST = 366


class Command(BaseCommand):
    help = "Errors of every forecasting method against the seasonal naive one, on a CSV file."
    requires_system_checks: list[str] = []  # no database is asked

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="series,date,count or series,at,count")
        parser.add_argument("--horizon", type=int, default=7, help="open days ahead (7)")
        parser.add_argument(
            "--from", type=date.fromisoformat, dest="since", help="score origins from YYYY-MM-DD on"
        )
        parser.add_argument("--json", action="store_true", help="print JSON only")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["horizon"] <= LONGEST:
            raise CommandError(f"--horizon is a number of days from 1 to {LONGEST}.")
        began = time.process_time()
        try:
            found = backtest(read(options["file"]), options["horizon"], options["since"])
        except (Unreadable, TooShort) as refusal:
            raise CommandError(f"{options['file'].name}: {refusal}") from refusal
        seconds = time.process_time() - began
        if options["json"]:
            self.stdout.write(json.dumps(as_json(found, options["file"].name, seconds)))
            return
        self.tell(found, options["file"].name, seconds)

    def tell(self, found: Backtest, name: str, seconds: float) -> None:
        self.stdout.write(
            f"{name}: {found.series} series. {found.origins} origins from {found.first_origin} to "
            f"{found.last_origin}, {found.horizon} open days ahead, {seconds:.1f} s."
        )
        for note in found.notes:
            self.stdout.write(f"Note: {note}")
        self.table("By day", found.daily)
        if found.hourly:
            self.table("By hour", found.hourly)

    def table(self, title: str, part: Part) -> None:
        self.stdout.write(f"\n{title}: {part.scored:,} compared, {part.people:,.0f} people")
        self.stdout.write(
            f"  {'method':<16}{'off by':>9}{'below naive':>13}{'MASE':>8}"
            f"{'in range':>10}{'pinball':>10}"
        )
        for score in part.methods:
            mase = "-" if score.mase is None else f"{score.mase:.2f}"
            self.stdout.write(
                f"  {score.method:<16}{score.wmape:>9.1%}{score.below_naive:>13.1%}{mase:>8}"
                f"{score.coverage:>10.1%}{score.pinball:>10.2f}"
            )
        ours, naive = part.of(CHOSEN), part.of(NAIVE)
        self.stdout.write(
            f"  Our forecast (blend) was off by {ours.wmape:.0%} on average, the naive guess by "
            f"{naive.wmape:.0%}: {abs(ours.below_naive):.0%} "
            f"{'less' if ours.below_naive >= 0 else 'more'}. "
            f"{ours.coverage:.0%} came within its nine-in-ten range."
        )


def as_json(found: Backtest, name: str, seconds: float) -> dict[str, Any]:
    """What the head of this module says."""
    return {
        "file": name,
        "horizon": found.horizon,
        "series": found.series,
        "origins": found.origins,
        "first_origin": found.first_origin.isoformat(),
        "last_origin": found.last_origin.isoformat(),
        "chosen": CHOSEN,
        "naive": NAIVE,
        "seconds": round(seconds, 2),
        "notes": list(found.notes),
        "daily": part_as_json(found.daily),
        "hourly": part_as_json(found.hourly) if found.hourly else None,
    }


def part_as_json(part: Part) -> dict[str, Any]:
    methods = {}
    for score in part.methods:
        figures = asdict(score)
        name, figures["coverage_90"] = figures.pop("method"), figures.pop("coverage")
        methods[name] = {
            key: value if value is None else round(value, 6) for key, value in figures.items()
        }
    return {"scored": part.scored, "people": part.people, "methods": methods}
