"""Move unsold quota by the demand of one day, or show what would move."""

from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from appointments.models import QuotaMove
from appointments.rebalancing import PlannedMove, moves_of, plan_moves, rebalance, why
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
            moved = self.plan(day, now) if options["dry_run"] else self.move(day, now)
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        words = "would move" if options["dry_run"] else "moved"
        self.stdout.write(f"{moved} slots {words} after {day}.")

    def plan(self, day: date, now: Any) -> int:
        planned = plan_moves(demand_day=day, now=now)
        for move in planned:
            self.tell(move)
        return len(planned)

    def move(self, day: date, now: Any) -> int:
        moves = moves_of(rebalance(demand_day=day, now=now))
        for move in sorted(moves, key=lambda move: move.slot_id):
            self.tell(move)
        return len(moves)

    def tell(self, move: QuotaMove | PlannedMove) -> None:
        starts, code = civil.city_time(move.slot.starts_at), move.slot.hall.code
        went = f"{move.from_channel} -{move.minutes}, {move.to_channel} +{move.minutes}"
        self.stdout.write(f"{code} {starts:%Y-%m-%d %H:%M} {went}  {why(move)}")
