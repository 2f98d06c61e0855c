"""Tickets: take one, look at one's own, rate the visit."""

from datetime import datetime
from typing import Any

from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from config.refusals import NotFound
from queues import rating
from queues.board import Board, board_of
from queues.issuing import HallClosed, MatterNotServed, SayWhatIsUrgent, issue_walk_in
from queues.models import Rating, Ticket
from queues.papering import want_paper_of
from queues.waiting import place_of
from windows.access import ADMIN, GUIDE, SUPERVISOR
from windows.api.describing import Word, described
from windows.api.plumbing import Call, HallCall, at_hall, hall_by, stranger
from windows.closing_halls import HallShut
from windows.models import DeviceToken, HallSession, Matter

KIOSK = DeviceToken.Kind.KIOSK


class EstimateOutput(serializers.Serializer):
    half = serializers.IntegerField(help_text="Half of people wait at most so many minutes")
    most = serializers.IntegerField(help_text="Nine in ten wait at most so many minutes")


class StepBackOutput(serializers.Serializer):
    minutes = serializers.IntegerField(help_text="About so many minutes more")
    places = serializers.IntegerField(help_text="So many people go first")


class TicketOutput(serializers.Serializer):
    """From a ticket and its place: `{"ticket": ..., "place": ...}`."""

    id = serializers.IntegerField(source="ticket.pk", help_text="For the calls of staff")
    public_id = serializers.CharField(
        source="ticket.public_id", help_text="For its holder; nobody can guess it"
    )
    number = serializers.CharField(
        source="ticket.label", help_text="What paper, board and voice say, e.g. A012"
    )
    state = Word(Ticket.State.values, source="ticket.state")
    hall = serializers.CharField(source="ticket.hall.code")
    matter = serializers.CharField(source="ticket.matter.code")
    service_day = serializers.DateField(source="ticket.service_day")
    source = Word(Ticket.Source.values, source="ticket.source")  # type: ignore[assignment]
    priority = serializers.CharField(source="ticket.priority", allow_blank=True)
    rank_at = serializers.DateTimeField(
        source="ticket.rank_at", help_text="Windows call the lowest rank first"
    )
    issued_at = serializers.DateTimeField(source="ticket.issued_at")
    booked_for = serializers.DateTimeField(
        source="ticket.booked_for", allow_null=True, help_text="Start of the booked slot"
    )
    place = serializers.SerializerMethodField(help_text="1: the next one; null: not waiting")
    estimate = EstimateOutput(
        source="place.estimate", allow_null=True, help_text="null: not waiting, or no window open"
    )
    leave_until = serializers.DateTimeField(
        source="place.leave_until",
        allow_null=True,
        help_text="One may be away until then; null: better stay",
    )
    step_back = StepBackOutput(
        source="place.step_back", allow_null=True, help_text="What `postpone` would do now"
    )
    postponed_at = serializers.DateTimeField(source="ticket.postponed_at", allow_null=True)
    window = serializers.IntegerField(
        source="place.window", allow_null=True, help_text="Number of the window to go to"
    )
    round = serializers.IntegerField(source="ticket.round", help_text="Calls so far")
    called_at = serializers.DateTimeField(source="ticket.called_at", allow_null=True)
    started_at = serializers.DateTimeField(source="ticket.started_at", allow_null=True)
    finished_at = serializers.DateTimeField(source="ticket.finished_at", allow_null=True)
    is_rated = serializers.BooleanField(source="place.is_rated")

    def get_place(self, told: dict[str, Any]) -> int | None:
        ahead: int | None = told["place"].ahead
        return None if ahead is None else ahead + 1


def told(ticket: Ticket, now: datetime) -> dict[str, Any]:
    """The ticket as the API says it, with its place in line."""
    return dict(TicketOutput({"ticket": ticket, "place": place_of(ticket, now)}).data)


class TicketInput(serializers.Serializer):
    matter = serializers.SlugRelatedField("code", queryset=Matter.objects.filter(is_offered=True))
    priority = serializers.ChoiceField(Ticket.Priority.values, required=False, default="")
    reason = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")


class RatingInput(serializers.Serializer):
    level = serializers.IntegerField(min_value=1, max_value=5, help_text="5: very satisfied")
    reasons = serializers.ListField(
        child=serializers.ChoiceField(Rating.Reason.values), required=False, max_length=5
    )
    comment = serializers.CharField(max_length=500, required=False, allow_blank=True)


class RatingOutput(serializers.Serializer):
    level = serializers.IntegerField()
    reasons = serializers.ListField(child=Word(Rating.Reason.values))
    comment = serializers.CharField(allow_blank=True)
    made_at = serializers.DateTimeField()


class CallShownOutput(serializers.Serializer):
    id = serializers.IntegerField(help_text="Grows with every call, recalls included")
    number = serializers.CharField()
    window = serializers.IntegerField()
    round = serializers.IntegerField()
    state = Word(Ticket.State.values)
    called_at = serializers.DateTimeField()


class SessionShownOutput(serializers.Serializer):
    kind = Word(HallSession.Kind.values)
    service_day = serializers.DateField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    stage = Word(["before", "open", "after"])


class WaitOutput(serializers.Serializer):
    matter = serializers.CharField(source="code")
    name = serializers.CharField()
    waiting = serializers.IntegerField()
    estimate = EstimateOutput(allow_null=True, help_text="null: no window is open for it")


class WindowShownOutput(serializers.Serializer):
    window = serializers.IntegerField(help_text="What stands above it")
    number = serializers.CharField(help_text="Called to it or served there; empty: nobody")
    state = Word(["called", "serving", "paused", "free"])


class BoardOutput(serializers.Serializer):
    hall = serializers.CharField(source="hall_code")
    name = serializers.CharField(source="hall_name")
    at = serializers.DateTimeField()
    session = SessionShownOutput(allow_null=True)
    calls = CallShownOutput(many=True, help_text="Called numbers, the latest first")
    windows = WindowShownOutput(many=True, help_text="Windows with somebody at them")
    next = serializers.ListField(child=serializers.CharField(), help_text="The next numbers")
    missed = serializers.ListField(
        child=serializers.CharField(), help_text="Called and not come; they can still return"
    )
    waiting = serializers.IntegerField(help_text="People in line")
    longest_minutes = serializers.IntegerField(help_text="Longest wait in the line")
    windows_open = serializers.IntegerField()
    waits = WaitOutput(many=True, help_text="What somebody who comes now would wait")
    walk_ins_left = serializers.IntegerField(allow_null=True)
    patience = serializers.IntegerField(help_text="Minutes a walk-in ranks behind its arrival")


class HallTickets(HallCall):
    @described(
        "ticket_issue",
        "Hall",
        takes=TicketInput,
        gives=TicketOutput,
        made=201,
        refuses=[HallClosed, HallShut, MatterNotServed, SayWhatIsUrgent],
    )
    def post(self, request: Request, code: str) -> Response:
        """A ticket for a person without a booking. For the hall's kiosks and guides.

        `reason` is kept with a priority; `urgent` needs one, whoever asks.
        """
        hall, staff, actor = at_hall(
            request, code, kinds=(KIOSK,), roles=(GUIDE, SUPERVISOR, ADMIN)
        )
        asked = self.read(TicketInput)
        asked["note"] = asked.pop("reason")

        def run() -> dict[str, Any]:
            try:
                ticket = issue_walk_in(hall=hall, now=self.now, by=staff, **asked)
            except SayWhatIsUrgent as no:
                raise SayWhatIsUrgent(field="reason") from no
            want_paper_of(actor, ticket, now=self.now)
            return told(ticket, self.now)

        return self.run_once(run, actor=actor, made=status.HTTP_201_CREATED)


def own_ticket(public_id: str) -> Ticket:
    ticket = Ticket.objects.select_related("hall", "matter", "window").filter(public_id=public_id)
    found = ticket.first()
    if found is None:
        raise NotFound
    return found


class OwnTicket(Call):
    @described("ticket", "Hall", gives=TicketOutput, unsafe=False, private=False)
    def get(self, request: Request, public_id: str) -> Response:
        """One's own ticket: number, state, place in line, estimate. For whoever has the id."""
        return Response(told(own_ticket(public_id), self.now))


class Ratings(Call):
    @described(
        "ticket_rate",
        "Hall",
        takes=RatingInput,
        gives=RatingOutput,
        made=201,
        refuses=[rating.NotServedYet, rating.AlreadyRated],
        private=False,
    )
    def post(self, request: Request, public_id: str) -> Response:
        """How the visit was, once, of free will. For whoever has the id."""
        ticket, asked = own_ticket(public_id), self.read(RatingInput)

        def run() -> dict[str, Any]:
            return dict(RatingOutput(rating.rate(ticket=ticket, now=self.now, **asked)).data)

        return self.run_once(run, actor=stranger(public_id), made=status.HTTP_201_CREATED)


class HallBoard(Call):
    @described("hall_board", "Hall", gives=BoardOutput, unsafe=False, private=False)
    def get(self, request: Request, code: str) -> Response:
        """What the hall's screen shows: numbers and windows, no names.

        `/live/halls/{code}/` sends the same as a stream of events.
        """
        board: Board = board_of(hall_by(code), self.now)
        return Response(BoardOutput(board).data)
