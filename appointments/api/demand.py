"""Demand, and the moves of quota that follow it. For supervisors."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, QuerySet, Sum
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from appointments.api.fields import DayField, RowField
from appointments.api.sessions import ROLES
from appointments.demanded.facts import facts_now
from appointments.models import Booking, DemandFact, QuotaMove, UnmetDemand
from appointments.rebalancing import MoveCannotBeUndone, MoveTooLate, undo_move, why
from config import civil
from config.refusals import NotFound
from queues.models import Ticket
from windows.access import AUDITOR, VIEWER, halls_of
from windows.api.describing import Word, described
from windows.api.plumbing import StaffCall, staff_with
from windows.models import Hall, Staff

READERS = (*ROLES, AUDITOR, VIEWER)
CHANNELS = ["online", "assisted", "walkin"]
FACT_CHANNELS = ["online", "assisted", "reserved", "walkin", "kiosk"]
MOST_MOVES = 200


class DemandInput(serializers.Serializer):
    days = serializers.IntegerField(min_value=1, max_value=31, required=False, default=7)
    hall = serializers.SlugRelatedField("code", queryset=Hall.objects.all(), required=False)
    facts = serializers.BooleanField(
        required=False, default=False, help_text="With what each hour of written days was asked for"
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        """`from` is the parameter's name, and a word of Python."""
        day = DayField(source="first", required=False, help_text="Left out: six days ago")
        return {**super().get_fields(), "from": day}


class FactOutput(serializers.Serializer):
    hour = serializers.IntegerField(help_text="On the hall's wall; after midnight 24 and on")
    matter = serializers.CharField(source="matter__code")
    channel = Word(FACT_CHANNELS)
    what = Word(DemandFact.What.values)
    people = serializers.IntegerField()
    minutes = serializers.IntegerField(help_text="Window-minutes that they asked for")


class DemandOutput(serializers.Serializer):
    hall = serializers.CharField()
    date = serializers.DateField(help_text="The service day")
    booked = serializers.IntegerField(help_text="People who booked; expired holds do not count")
    walk_in = serializers.IntegerField(help_text="People who came without a booking")
    unmet = serializers.IntegerField(help_text="Searches that found nothing")
    facts = FactOutput(
        many=True,
        required=False,
        help_text="When asked for: as written in the night after the day, corrections applied",
    )


class MovesInput(serializers.Serializer):
    hall = serializers.SlugRelatedField("code", queryset=Hall.objects.all(), required=False)
    before = RowField(required=False, help_text="Only moves with a smaller `id`: the next page")


class MoveOutput(serializers.Serializer):
    id = serializers.IntegerField()
    hall = serializers.CharField(source="slot.hall.code")
    slot = serializers.IntegerField(source="slot_id")
    date = serializers.DateField(source="slot.service_day", help_text="The service day")
    starts_at = serializers.DateTimeField(source="slot.starts_at")
    from_channel = Word(CHANNELS)
    to_channel = Word(CHANNELS)
    minutes = serializers.IntegerField()
    demand_day = serializers.DateField(source="run.demand_day", help_text="Whose demand it follows")
    facts = serializers.SerializerMethodField(help_text="The figures behind it")
    why = serializers.SerializerMethodField(help_text="The same in words")
    moved_at = serializers.DateTimeField()
    undone_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field({"type": "object", "additionalProperties": {}})
    def get_facts(self, move: QuotaMove) -> dict[str, Any]:
        return dict(move.facts)

    def get_why(self, move: QuotaMove) -> str:
        return why(move)


class Demand(StaffCall):
    @described(
        "demand",
        "Supervise",
        asks=[DemandInput],
        gives=DemandOutput(many=True),
        unsafe=False,
    )
    def get(self, request: Request) -> Response:
        """Who asked for what: people by channel, per hall and service day."""
        staff = staff_with(request, *READERS)
        asked = self.read(DemandInput, request.query_params.dict())
        first = asked.get("first", civil.city_date(self.now) - timedelta(days=6))
        last = first + timedelta(days=asked["days"] - 1)
        halls = _halls(staff, asked.get("hall"))
        rows = demand_by_hall(halls, first=first, last=last)
        if asked["facts"]:
            rows = with_facts(rows, halls, first=first, last=last)
        return Response(DemandOutput(rows, many=True).data)


def _halls(staff: Staff, hall: Hall | None) -> QuerySet[Hall]:
    halls = halls_of(staff, *READERS)
    return halls.filter(pk=hall.pk) if hall else halls


def demand_by_hall(halls: QuerySet[Hall], *, first: date, last: date) -> list[dict[str, Any]]:
    """People by hall, service day and channel, both days included; four queries."""
    here = {"hall__in": halls, "service_day__range": (first, last)}
    found: dict[tuple[str, date], dict[str, int]] = defaultdict(dict)
    asked: dict[str, tuple[QuerySet[Any], Any]] = {
        "booked": (Booking.objects.exclude(state=Booking.State.EXPIRED), Count("pk")),
        "walk_in": (Ticket.objects.filter(source=Ticket.Source.WALK_IN), Count("pk")),
        "unmet": (UnmetDemand.objects.all(), Sum("count")),
    }
    for channel, (rows, people) in asked.items():
        counted = rows.filter(**here).values_list("hall__code", "service_day").order_by()
        for code, day, n in counted.annotate(people):
            found[code, day][channel] = n
    nobody = dict.fromkeys(asked, 0)
    return [
        {"hall": code, "date": day, **nobody, **found[code, day]} for code, day in sorted(found)
    ]


def with_facts(
    rows: list[dict[str, Any]], halls: QuerySet[Hall], *, first: date, last: date
) -> list[dict[str, Any]]:
    """The rows with the facts of their day, and days that have nothing but facts; one query."""
    about = ("hour", "matter__code", "channel", "what")
    found: dict[tuple[str, date], list[dict[str, Any]]] = defaultdict(list)
    facts = facts_now(halls.values_list("pk", flat=True), first, last)
    sums = facts.values("hall__code", "service_day", *about).order_by(*about)
    for one in sums.annotate(n=Sum("people"), asked=Sum("minutes")).filter(n__gt=0):
        told = {**{name: one[name] for name in about}, "people": one["n"], "minutes": one["asked"]}
        found[one["hall__code"], one["service_day"]].append(told)
    told_of = {(row["hall"], row["date"]): row for row in rows}
    nobody = {"booked": 0, "walk_in": 0, "unmet": 0}
    return [
        {
            **told_of.get((code, day), {"hall": code, "date": day, **nobody}),
            "facts": found.get((code, day), []),
        }
        for code, day in sorted({*told_of, *found})
    ]


class QuotaMoves(StaffCall):
    @described(
        "quota_moves",
        "Supervise",
        asks=[MovesInput],
        gives=MoveOutput(many=True),
        unsafe=False,
    )
    def get(self, request: Request) -> Response:
        """Moves of quota with their figures, the latest first, 200 at a time."""
        staff = staff_with(request, *READERS)
        asked = self.read(MovesInput, request.query_params.dict())
        made = QuotaMove.objects.filter(moved_at__isnull=False)  # what is proposed is no move yet
        moves = made.filter(slot__hall__in=_halls(staff, asked.get("hall")))
        if "before" in asked:
            moves = moves.filter(pk__lt=asked["before"])
        latest = moves.select_related("slot__hall", "run").order_by("-pk")[:MOST_MOVES]
        return Response(MoveOutput(latest, many=True).data)


class UndoMove(StaffCall):
    @described(
        "quota_move_undo", "Supervise", gives=MoveOutput, refuses=[MoveCannotBeUndone, MoveTooLate]
    )
    def post(self, request: Request, pk: int) -> Response:
        """Take a move back; undoing twice changes nothing."""
        staff = staff_with(request, *ROLES)
        mine = QuotaMove.objects.filter(slot__hall__in=halls_of(staff, *ROLES))
        move = mine.filter(pk=pk, moved_at__isnull=False).first()
        if move is None:
            raise NotFound

        def run() -> dict[str, Any]:
            return dict(MoveOutput(undo_move(move=move, by=staff, now=self.now)).data)

        return self.run_once(run, actor=f"staff:{staff.pk}")
