"""Move unsold quota to where demand is expected after one day, or show what would move."""

from datetime import date, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from appointments.models import QuotaMove, RebalanceRun
from appointments.rebalancing import PlannedMove, make_plan, moves_of, rebalance, why
from config import civil
from config.refusals import Refusal


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--day", type=date.fromisoformat, help="YYYY-MM-DD, else yesterday")
        parser.add_argument("--dry-run", action="store_true", help="show the plan, move nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        now = civil.now()
        day = options["day"] or civil.city_date(now) - timedelta(days=1)
        try:
            said = self.plan(day, now) if options["dry_run"] else self.move(day, now)
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{said} after {day}.")

    def plan(self, day: date, now: datetime) -> str:
        made = make_plan(demand_day=day, now=now, kind=RebalanceRun.Kind.NIGHT)
        for move in made.moves:
            self.tell(move)
        self.weigh(made.solution.objective_before, made.solution.objective_after)
        return f"{len(made.moves)} slots would move"

    def move(self, day: date, now: datetime) -> str:
        run = rebalance(demand_day=day, now=now)
        moves = moves_of(run)
        for move in sorted(moves, key=lambda move: move.slot_id):
            self.tell(move)
        self.weigh(run.objective_before, run.objective_after)
        moved = sum(move.moved_at is not None for move in moves)
        waiting = len(moves) - moved
        return f"{moved} slots moved" + (f", {waiting} are proposed" if waiting else "")

    def tell(self, move: QuotaMove | PlannedMove) -> None:
        starts, code = civil.city_time(move.slot.starts_at), move.slot.hall.code
        went = f"{move.from_channel} -{move.minutes}, {move.to_channel} +{move.minutes}"
        self.stdout.write(f"{code} {starts:%Y-%m-%d %H:%M} {went}  {why(move)}")

    def weigh(self, before: float | None, after: float | None) -> None:
        """Minutes of people turned away, and of waiting, weighed together."""
        self.stdout.write(f"objective {before or 0:.1f} -> {after or 0:.1f}")
