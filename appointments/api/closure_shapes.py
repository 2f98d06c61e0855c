"""The shapes of closings and of changes that were made, in the API."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from appointments.api.change_shapes import CHOICES
from appointments.api.fields import InstantField
from appointments.changes.recording import bounds
from windows.api.describing import Word
from windows.models import HallClosure, SessionChange

NOTE_LENGTH = HallClosure._meta.get_field("note_zh").max_length


class ClosureAskInput(serializers.Serializer):
    hall = serializers.CharField(max_length=12, help_text="A hall's `code`")
    closes_at = InstantField()
    opens_at = InstantField(help_text="When it opens again")
    beside = serializers.ListField(
        child=serializers.CharField(max_length=12),
        required=False,
        default=list,
        max_length=100,
        help_text="`code`s of halls that close in the same go: nobody is sent there",
    )


class ClosureInput(ClosureAskInput):
    reason = serializers.ChoiceField(HallClosure.Reason.values)
    note_zh = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=NOTE_LENGTH,
        help_text="What people read",
    )  # fmt: skip
    note_en = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=NOTE_LENGTH
    )
    people = serializers.ChoiceField(
        CHOICES, default="move", help_text="What is done for who loses a place"
    )
    expect = serializers.CharField(
        required=False, allow_blank=True, max_length=32, default="",
        help_text="`digest` of the preview; another picture by now is refused as `changed`",
    )  # fmt: skip


class ClosureOutput(serializers.Serializer):
    id = serializers.IntegerField()
    hall = serializers.CharField(source="hall.code")
    closes_at = serializers.SerializerMethodField()
    opens_at = serializers.SerializerMethodField()
    reason = Word(HallClosure.Reason.values)
    note_zh = serializers.CharField(allow_blank=True)
    note_en = serializers.CharField(allow_blank=True)
    sessions = serializers.SerializerMethodField(help_text="`id`s of those that it touches")
    made_at = serializers.DateTimeField()
    reopened_at = serializers.DateTimeField(allow_null=True, help_text="Also when taken back")
    undo_until = serializers.SerializerMethodField(
        help_text="When messages leave; null: nobody is told"
    )

    @extend_schema_field(serializers.DateTimeField())
    def get_closes_at(self, closure: HallClosure) -> Any:
        return serializers.DateTimeField().to_representation(bounds(closure.period)[0])

    @extend_schema_field(serializers.DateTimeField())
    def get_opens_at(self, closure: HallClosure) -> Any:
        return serializers.DateTimeField().to_representation(bounds(closure.period)[1])

    def get_sessions(self, closure: HallClosure) -> list[int]:
        return sorted({one.session_id for one in closure.changes.all()})

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_undo_until(self, closure: HallClosure) -> Any:
        until = [one.undo_until for one in closure.changes.all() if one.undo_until]
        return serializers.DateTimeField().to_representation(min(until)) if until else None


class ClosedOutput(ClosureOutput):
    moved = serializers.IntegerField(help_text="Bookings that stand in another place")
    offered = serializers.IntegerField(help_text="Bookings that are offered one")
    withdrawn = serializers.IntegerField(help_text="Bookings that have none, first in line")


class ReopenedOutput(ClosureOutput):
    slots = serializers.IntegerField(help_text="Times that can be booked again")
    asked = serializers.IntegerField(help_text="Who is offered the old place first")


class ChangeUndoneOutput(serializers.Serializer):
    id = serializers.IntegerField()
    session = serializers.IntegerField(source="session_id")
    kind = Word(SessionChange.Kind.values)
    made_at = serializers.DateTimeField()
    undone_at = serializers.DateTimeField(allow_null=True)
