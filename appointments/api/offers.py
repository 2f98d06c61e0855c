"""What can be booked: availability per hall and day, the slots of a day."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from appointments.api.fields import DayField
from appointments.offering import availability, slots_of
from windows.api.describing import Word, described
from windows.api.plumbing import Call, hall_by
from windows.models import Hall, HallSession, Matter

PEOPLE: Any = {"min_value": 1, "max_value": 20, "required": False, "default": 1}


class AvailabilityInput(serializers.Serializer):
    matter = serializers.SlugRelatedField("code", queryset=Matter.objects.filter(is_offered=True))
    days = serializers.IntegerField(min_value=1, max_value=62, required=False, default=14)
    hall = serializers.SlugRelatedField("code", queryset=Hall.objects.all(), required=False)
    people = serializers.IntegerField(**PEOPLE, help_text="Who come together: in one slot or two")

    def get_fields(self) -> dict[str, serializers.Field]:
        """`from` is the parameter's name, and a word of Python."""
        day = DayField(source="first", help_text="First service day")
        return {**super().get_fields(), "from": day}


class HallDayOutput(serializers.Serializer):
    hall = serializers.CharField(source="hall_code")
    date = serializers.DateField(source="service_day", help_text="The service day")
    places = serializers.IntegerField(help_text="0: full")
    first_slot = serializers.IntegerField(source="first_slot_id", allow_null=True)
    first_slot_at = serializers.DateTimeField(allow_null=True)
    kinds = serializers.ListField(child=Word(HallSession.Kind.values))


class SlotsInput(serializers.Serializer):
    matter = serializers.SlugRelatedField("code", queryset=Matter.objects.filter(is_offered=True))
    date = DayField(help_text="The service day; a night session's slots after midnight too")
    people = serializers.IntegerField(**PEOPLE)


class SlotOutput(serializers.Serializer):
    id = serializers.IntegerField(help_text="The `slot` of a booking")
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    places = serializers.IntegerField(help_text="0: full")
    kind = Word(HallSession.Kind.values)
    session = serializers.IntegerField(source="session_id")
    service_day = serializers.DateField()


class Availability(Call):
    @described(
        "availability",
        "Offer",
        asks=[AvailabilityInput],
        gives=HallDayOutput(many=True),
        unsafe=False,
        private=False,
    )
    def get(self, request: Request) -> Response:
        """Free places per hall and service day, for days on which something is open."""
        asked = self.read(AvailabilityInput, request.query_params.dict())
        return Response(HallDayOutput(availability(now=self.now, **asked), many=True).data)


class Slots(Call):
    @described(
        "hall_slots",
        "Offer",
        asks=[SlotsInput],
        gives=SlotOutput(many=True),
        unsafe=False,
        private=False,
    )
    def get(self, request: Request, code: str) -> Response:
        """The slots of a hall's service day and their free places."""
        hall = hall_by(code)
        asked = self.read(SlotsInput, request.query_params.dict())
        asked["day"] = asked.pop("date")
        return Response(SlotOutput(slots_of(hall=hall, now=self.now, **asked), many=True).data)
