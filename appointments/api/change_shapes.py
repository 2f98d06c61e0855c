"""The shapes of changes of sessions in the API: what is asked, and what it would do."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from appointments.api.effect_shapes import EffectOutput, told_effect
from appointments.api.fields import InstantField, RowField
from appointments.api.session_shapes import SessionOutput, WaitingOutput
from appointments.changes.asking import Ask, ChangePreview, Losing
from appointments.models import Booking
from appointments.twin.effecting import effect_of_change
from windows.api.describing import Word
from windows.models import HallSession

CHOICES = ["move", "offer", "withdraw"]
WHYS = ["closed", "full", "matter", "wheelchair"]


class HoursInput(serializers.Serializer):
    """What of a session shall be different."""

    ends_at = InstantField(required=False, help_text="Later: extended; earlier: cut")
    starts_at = InstantField(
        required=False, help_text="Earlier: extended; later: cut, at the beginning of a slot"
    )
    windows = serializers.ListField(
        child=RowField(), required=False, min_length=1, max_length=60,
        help_text="`id`s of all that are staffed; more: extended, fewer: cut",
    )  # fmt: skip


class PatchInput(HoursInput):
    people = serializers.ChoiceField(
        CHOICES, default="move", help_text="What is done for who loses a place"
    )
    expect = serializers.CharField(
        required=False, allow_blank=True, max_length=32, default="",
        help_text="`digest` of the preview; another picture by now is refused as `changed`",
    )  # fmt: skip

    default_error_messages = {"some": _("Say what shall be different.")}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not {"ends_at", "starts_at", "windows"} & set(attrs):
            raise serializers.ValidationError({"ends_at": [self.error_messages["some"]]})
        return attrs


class ChangeInput(HoursInput):
    cancel = serializers.BooleanField(required=False, help_text="What if it were cancelled")
    move = serializers.BooleanField(
        required=False, help_text="What if it took place then, with both hours, instead"
    )
    hall = serializers.CharField(required=False, max_length=12, help_text="Moved there; a `code`")

    default_error_messages = {
        "one": _("Ask either about `ends_at` or about `cancel`."),
        "both": _("Say when it shall begin and end."),
    }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        hours = {"ends_at", "starts_at", "windows"} & set(attrs)
        if bool(attrs.get("cancel")) == bool(hours):
            raise serializers.ValidationError({"ends_at": [self.error_messages["one"]]})
        if attrs.get("move") and not {"ends_at", "starts_at"} <= hours:
            raise serializers.ValidationError({"starts_at": [self.error_messages["both"]]})
        return attrs


def ask_of(session: HallSession, asked: dict[str, Any]) -> Ask:
    """A change in the words of the engine: an extension when anything grows, else a cut."""
    windows = tuple(asked["windows"]) if "windows" in asked else None
    hours = {"starts_at": asked.get("starts_at"), "ends_at": asked.get("ends_at")}
    if asked.get("cancel"):
        return Ask.cancel(session)
    if asked.get("move"):
        return Ask(
            "move", session, hours["starts_at"], hours["ends_at"], windows, asked.get("hall")
        )
    had = set(session.staffed.filter(is_cancelled=False).values_list("window_id", flat=True))
    grows = bool(set(windows or ()) - had)
    grows |= hours["ends_at"] is not None and hours["ends_at"] > session.ends_at
    grows |= hours["starts_at"] is not None and hours["starts_at"] < session.starts_at
    return (Ask.extend if grows else Ask.cut)(session, windows=windows, **hours)


class MinutesOutput(serializers.Serializer):
    online = serializers.IntegerField()
    assisted = serializers.IntegerField()
    reserved = serializers.IntegerField()
    walkin = serializers.IntegerField()


class LosingOutput(serializers.Serializer):
    reference = serializers.CharField(source="booking.reference")
    starts_at = serializers.DateTimeField(source="booking.starts_at")
    why = Word(WHYS)
    proposed_hall = serializers.SerializerMethodField(help_text="A hall's `code`; null: none")
    proposed_at = serializers.SerializerMethodField()
    minutes_away = serializers.IntegerField(allow_null=True)
    answer_by = serializers.DateTimeField(allow_null=True, help_text="If it were offered")
    has_phone = serializers.BooleanField(help_text="False: nobody can write to them")

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_proposed_hall(self, one: Losing) -> str | None:
        return one.proposal.hall.code if one.proposal else None

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_proposed_at(self, one: Losing) -> Any:
        at = one.proposal.starts_at if one.proposal else None
        return serializers.DateTimeField().to_representation(at) if at else None


class ChangeOutput(serializers.Serializer):
    people = serializers.SerializerMethodField(help_text="Who would lose a place")
    confirmed = serializers.SerializerMethodField(help_text="Who of them would be told")
    held = serializers.IntegerField(help_text="Places that somebody is just booking; they end")
    in_hall = serializers.IntegerField(help_text="Who have a number already, and are served")
    slots_added = serializers.SerializerMethodField()
    minutes_added = serializers.SerializerMethodField(help_text="Window-minutes; less: negative")
    before = MinutesOutput(help_text="Window-minutes of the times to come")
    after = MinutesOutput()
    staff_hours_before = serializers.FloatField()
    staff_hours_after = serializers.FloatField()
    overtime_hours = serializers.FloatField(help_text="Staff hours after the present end")
    waiting = WaitingOutput(allow_null=True)
    would_be_offered = serializers.IntegerField(help_text="Entries of the waiting list")
    losing = LosingOutput(many=True)
    undo_until = serializers.DateTimeField(
        allow_null=True, help_text="When messages leave; null: until somebody books there"
    )
    can_undo = serializers.BooleanField()
    warnings = serializers.ListField(child=serializers.CharField())
    digest = serializers.CharField(help_text="To be sent back as `expect`")
    effect = serializers.SerializerMethodField(
        help_text="What it would do to waits; null: not worked out for a closure"
    )

    @extend_schema_field(EffectOutput(allow_null=True))
    def get_effect(self, seen: ChangePreview) -> Any:
        if seen.ask.kind == "close":
            return None
        return told_effect(effect_of_change(seen, now=self.context["now"]))

    def get_people(self, seen: ChangePreview) -> int:
        return len(seen.losing) + seen.held

    def get_confirmed(self, seen: ChangePreview) -> int:
        return sum(one.booking.state == Booking.State.CONFIRMED for one in seen.losing)

    def get_slots_added(self, seen: ChangePreview) -> int:
        if seen.ask.kind != "extend":
            return 0
        return sum(one.before is None and one.after is not None for one in seen.slots)

    def get_minutes_added(self, seen: ChangePreview) -> int:
        return seen.after.total - seen.before.total if seen.ask.kind == "extend" else 0


class ChangedOutput(SessionOutput):
    moved = serializers.IntegerField(help_text="Bookings that stand in another place")
    offered = serializers.IntegerField(help_text="Bookings that are offered one")
    withdrawn = serializers.IntegerField(help_text="Bookings that have none, first in line")
    undo_until = serializers.DateTimeField(allow_null=True)
    change = serializers.IntegerField(help_text="To be taken back by `changes/{id}/undo/`")
