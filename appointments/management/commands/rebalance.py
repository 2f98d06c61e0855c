"""Move unsold quota by the demand of one day, or show what would move."""

from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from appointments.justifying import CHANNELS, why, why_of
from appointments.models import QuotaMove
from appointments.rebalancing import plan_moves, rebalance
from config import civil
from config.refusals import Refusal
from windows.models import Slot


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
            self.tell(move, move.slot, why_of(move.facts, day=day, slot=move.slot))
        return len(planned)

    def move(self, day: date, now: Any) -> int:
        run = rebalance(demand_day=day, now=now)
        moves = QuotaMove.objects.filter(run=run).select_related("run", "slot__hall")
        for move in moves.order_by("slot_id"):
            self.tell(move, move.slot, why(move))
        return len(moves)

    def tell(self, move: Any, slot: Slot, reason: str) -> None:
        starts = civil.city_time(slot.starts_at)
        source, target = CHANNELS[move.from_channel], CHANNELS[move.to_channel]
        line = f"{slot.hall.code} {starts:%Y-%m-%d %H:%M} {source} -{move.minutes}"
        self.stdout.write(f"{line}, {target} +{move.minutes}  {reason}")
