"""Appeals against missed visits: the person's, and the supervisors' decisions."""

from typing import Any

from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from appointments import appealing, missing
from appointments.api.bookings import OwnCall
from appointments.api.fields import RowField
from appointments.appealing import ANSWER_MOST, REASONS, TEXT_MOST
from appointments.hearing import person_of
from appointments.models import Appeal
from config.refusals import NotFound
from windows.api.describing import Word, described
from windows.api.plumbing import StaffCall, staff_with

STATES = ["none", *Appeal.State.values]
AT_MOST = 100


class AppealInput(serializers.Serializer):
    reason = serializers.ChoiceField(list(REASONS))
    text = serializers.CharField(
        max_length=TEXT_MOST, required=False, allow_blank=True, default="", help_text="Own words"
    )


class MissedOutput(serializers.Serializer):
    reference = serializers.CharField(help_text="The booking of the visit")
    missed_at = serializers.DateTimeField()
    counts_until = serializers.DateTimeField()
    counts = serializers.BooleanField(help_text="False when the visit is excused")
    most = serializers.IntegerField(help_text="So many missed visits close online booking")
    closed_until = serializers.DateTimeField(
        allow_null=True, help_text="Online booking is closed until then; walk-in never is"
    )
    appeal_until = serializers.DateTimeField(help_text="Object before")
    appeal = Word(STATES)
    answer = serializers.CharField(help_text="The hall's answer, if it wrote one")


class AppealOutput(serializers.Serializer):
    id = serializers.IntegerField()
    hall = serializers.CharField(source="missed.booking.hall.code")
    matter = serializers.CharField(source="missed.booking.matter.code")
    starts_at = serializers.DateTimeField(source="missed.booking.starts_at")
    name = serializers.SerializerMethodField(help_text="Masked")
    reason = serializers.SerializerMethodField()
    text = serializers.SerializerMethodField(help_text="The person's own words")
    made_at = serializers.DateTimeField()
    state = Word(Appeal.State.values)
    decided_at = serializers.DateTimeField(allow_null=True)
    decided_by = serializers.CharField(allow_null=True)
    answer = serializers.SerializerMethodField()

    def get_name(self, appeal: Appeal) -> str:
        return person_of(appeal.missed.booking)

    def get_reason(self, appeal: Appeal) -> str:
        return appealing.said_in(appeal).reason

    def get_text(self, appeal: Appeal) -> str:
        return appealing.said_in(appeal).text

    def get_answer(self, appeal: Appeal) -> str:
        return appealing.answer_of(appeal)


class AppealsInput(serializers.Serializer):
    state = serializers.ChoiceField(Appeal.State.values, required=False, default="open")
    after = RowField(required=False, help_text="Only appeals with a larger `id`: the next page")


class DecisionInput(serializers.Serializer):
    decision = serializers.ChoiceField(["accept", "decline"])
    answer = serializers.CharField(
        max_length=ANSWER_MOST, required=False, allow_blank=True, default="",
        help_text="For the person; needed when declining",
    )  # fmt: skip


class OwnAppeal(OwnCall):
    def missed(self, reference: str) -> dict[str, Any]:
        """The visit as the person may know it. Raises NotFound when none was missed."""
        mine, _actor = self.own(reference)
        visit = appealing.missed_visit(mine)
        if visit is None:
            raise NotFound
        made = appealing.appeal_of(visit)
        closures = missing.closures_of(visit.id_index, self.now).order_by("-ends_at")
        facts = {
            "reference": visit.booking.reference,
            "counts": visit.excused_at is None and visit.counts_until > self.now,
            "closed_until": closures.values_list("ends_at", flat=True).first(),
            "appeal_until": missing.appeal_until(visit),
            "appeal": made.state if made else "none",
            "answer": appealing.answer_of(made) if made else "",
        }
        told = {name: getattr(visit, name) for name in ("missed_at", "counts_until", "most")}
        return dict(MissedOutput({**told, **facts}).data)

    @described(
        "booking_missed", "Booking", gives=MissedOutput, unsafe=False, secret=True, private=False
    )
    def get(self, request: Request, reference: str) -> Response:
        """What a missed visit counts as, and how its appeal stands; 404 when none was missed."""
        return Response(self.missed(reference))

    @described(
        "booking_appeal",
        "Booking",
        takes=AppealInput,
        gives=MissedOutput,
        made=201,
        refuses=[
            appealing.NothingMissed,
            appealing.AlreadyAppealed,
            appealing.AlreadyExcused,
            appealing.AppealTooLate,
            appealing.TextMissing,
        ],
        secret=True,
        private=False,
    )
    def post(self, request: Request, reference: str) -> Response:
        """Object to a missed visit, once; a supervisor of the hall decides."""
        (mine, actor), said = self.own(reference), self.read(AppealInput)

        def run() -> dict[str, Any]:
            appealing.appeal(booking=mine, now=self.now, **said)
            return self.missed(reference)

        return self.run_once(run, actor=actor, made=status.HTTP_201_CREATED)


class Appeals(StaffCall):
    @described(
        "appeals",
        "Supervise",
        asks=[AppealsInput],
        gives=AppealOutput(many=True),
        unsafe=False,
    )
    def get(self, request: Request) -> Response:
        """Appeals in one's own halls, the oldest first, 100 at a time."""
        staff = staff_with(request, *appealing.WHO)
        asked = self.read(AppealsInput, request.query_params.dict())
        mine = appealing.appeals_for(staff).filter(state=asked["state"])
        if "after" in asked:
            mine = mine.filter(pk__gt=asked["after"])
        return Response(AppealOutput(mine[:AT_MOST], many=True).data)


class Decide(StaffCall):
    @described(
        "appeal_decide",
        "Supervise",
        takes=DecisionInput,
        gives=AppealOutput,
        refuses=[appealing.AlreadyDecided, appealing.AnswerMissing],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Excuse the visit, or leave it as it is noted with an answer; the person is told."""
        staff = staff_with(request, *appealing.WHO)
        appeal = appealing.appeals_for(staff).filter(pk=pk).first()
        if appeal is None:
            raise NotFound
        asked = self.read(DecisionInput)
        accept, answer = asked["decision"] == "accept", asked["answer"]

        def run() -> dict[str, Any]:
            appealing.decide(appeal=appeal, accept=accept, answer=answer, by=staff, now=self.now)
            decided = appealing.appeals_for(staff).get(pk=pk)
            return dict(AppealOutput(decided).data)

        return self.run_once(run, actor=f"staff:{staff.pk}")
