"""The shapes of sessions in the API: what comes in and what goes out."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from appointments.api.effect_shapes import EffectOutput, told_effect
from appointments.api.fields import DayField, InstantField, RowField
from appointments.demanding import waiting_for
from appointments.models import Draw
from appointments.twin.effecting import effect_of_opening
from config import civil
from windows.api.describing import Word
from windows.models import HallSession, Matter, Window
from windows.planning import SessionPreview


class PreviewInput(serializers.Serializer):
    hall = serializers.CharField(max_length=12, help_text="A hall's `code`")
    kind = serializers.ChoiceField(HallSession.Kind.values)
    date = DayField(help_text="The service day; it stays this one after midnight")
    opens = serializers.TimeField(help_text="On the hall's wall, such as 18:30")
    closes = serializers.TimeField(help_text="At or before `opens`: on the next calendar day")
    windows = serializers.ListField(
        child=RowField(), required=False, max_length=60, help_text="`id`s; left out: all free"
    )
    release = serializers.ChoiceField(
        HallSession.Release.values, default="plain", help_text="How the places open"
    )
    booking_opens_at = InstantField(required=False, help_text="Left out: at once")
    registers_until = InstantField(
        required=False,
        help_text="By draw: the end of registration; left out: winners' time before"
        " `booking_opens_at`",
    )


class SessionInput(PreviewInput):
    windows = serializers.ListField(child=RowField(), max_length=60, help_text="`id`s")


class PlannedSlotOutput(serializers.Serializer):
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    minutes = serializers.IntegerField(help_text="Window-minutes in all")
    online = serializers.IntegerField()
    assisted = serializers.IntegerField()
    walkin = serializers.IntegerField()


class PlacesOutput(serializers.Serializer):
    matter = serializers.CharField()
    places = serializers.IntegerField()


class WindowHereOutput(serializers.Serializer):
    id = serializers.IntegerField()
    number = serializers.IntegerField()


class BusyOutput(serializers.Serializer):
    number = serializers.IntegerField()
    session = serializers.IntegerField(source="session.pk")
    starts_at = serializers.DateTimeField(source="session.starts_at")
    ends_at = serializers.DateTimeField(source="session.ends_at")


class DayOutput(serializers.Serializer):
    is_workday = serializers.BooleanField()
    name = serializers.CharField(allow_blank=True, help_text="The holiday's name")
    confirmed = serializers.BooleanField(help_text="False: no notice published for that year")


class WaitingOutput(serializers.Serializer):
    unmet = serializers.IntegerField(help_text="Searches for that day that found no place")
    usual_unmet = serializers.FloatField(help_text="The same, on such a weekday")
    online_free = serializers.IntegerField(help_text="Online minutes of other sessions, free")
    fill = serializers.IntegerField(allow_null=True, help_text="Percent booked; null: no session")


class PreviewOutput(serializers.Serializer):
    hall = serializers.CharField(source="hall.code")
    kind = Word(HallSession.Kind.values)
    service_day = serializers.DateField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    ends_next_day = serializers.BooleanField()
    release = Word(HallSession.Release.values)
    registers_until = serializers.DateTimeField(allow_null=True, help_text="By draw")
    booking_opens_at = serializers.DateTimeField(help_text="By draw: of what is left")
    slots = PlannedSlotOutput(many=True)
    places = serializers.SerializerMethodField(help_text="Online places, if all came for it")
    windows = WindowHereOutput(many=True)
    busy = BusyOutput(many=True, help_text="Chosen windows that are in another session")
    free = WindowHereOutput(many=True)
    staff_hours = serializers.FloatField()
    waiting = serializers.SerializerMethodField(help_text="What the day lacks so far")
    day = DayOutput()
    effect = serializers.SerializerMethodField(help_text="What it would do to waits")

    @extend_schema_field(EffectOutput(allow_null=True))
    def get_effect(self, plan: SessionPreview) -> Any:
        return told_effect(effect_of_opening(plan, now=self.context["now"]))

    @extend_schema_field(PlacesOutput(many=True))
    def get_places(self, plan: SessionPreview) -> Any:
        matters = Matter.objects.filter(is_offered=True).order_by("position", "pk")
        rows = [{"matter": one.code, "places": plan.places(one.minutes)} for one in matters]
        return PlacesOutput(rows, many=True).data

    @extend_schema_field(WaitingOutput)
    def get_waiting(self, plan: SessionPreview) -> Any:
        return WaitingOutput(waiting_for(hall=plan.hall, day=plan.service_day)).data


class SlotQuotaOutput(serializers.Serializer):
    id = serializers.IntegerField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    is_open = serializers.BooleanField()
    minutes = serializers.IntegerField(help_text="Window-minutes; the quotas fill them exactly")
    online_quota = serializers.IntegerField()
    online_taken = serializers.IntegerField()
    assisted_quota = serializers.IntegerField()
    assisted_taken = serializers.IntegerField()
    walkin_quota = serializers.IntegerField()


class SessionOutput(serializers.Serializer):
    id = serializers.IntegerField()
    hall = serializers.CharField(source="hall.code")
    kind = Word(HallSession.Kind.values)
    state = Word(HallSession.State.values)
    service_day = serializers.DateField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    ends_next_day = serializers.SerializerMethodField()
    release = Word(HallSession.Release.values)
    draw = serializers.SerializerMethodField(help_text="Its `id`, see `draws/{id}/`")
    booking_opens_at = serializers.DateTimeField()
    windows = serializers.SerializerMethodField()
    slots = serializers.SerializerMethodField()

    def get_draw(self, session: HallSession) -> int | None:
        return Draw.objects.filter(session=session).values_list("pk", flat=True).first()

    def get_ends_next_day(self, session: HallSession) -> bool:
        return civil.city_date(session.ends_at) > session.service_day

    @extend_schema_field(WindowHereOutput(many=True))
    def get_windows(self, session: HallSession) -> Any:
        staffed = Window.objects.filter(staffed__session=session).order_by("number", "pk")
        return WindowHereOutput(staffed, many=True).data

    @extend_schema_field(SlotQuotaOutput(many=True))
    def get_slots(self, session: HallSession) -> Any:
        slots = session.slots.order_by("starts_at", "pk")
        return SlotQuotaOutput(slots, many=True).data


class CancelOutput(SessionOutput):
    withdrawn = serializers.IntegerField(help_text="Bookings that lost their place")
    change = serializers.IntegerField(
        allow_null=True, help_text="To be taken back by `changes/{id}/undo/`; null: none was made"
    )
