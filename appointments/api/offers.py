"""What can be booked: availability per hall and day, the slots of a day."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from appointments.answering import Answers
from appointments.api.fields import DayField
from appointments.limiting import count_reading
from appointments.offering import HallDay, availability, last_day, minutes_of, slots_of
from appointments.searching_in_vain import record_vain
from config import civil
from windows.api.describing import Word, described
from windows.api.plumbing import Call, hall_by
from windows.models import Hall, HallSession, Matter

PEOPLE: Any = {"min_value": 1, "max_value": 20, "required": False, "default": 1}
ANSWERS: Answers[bytes] = Answers(seconds=settings.OFFER_KEPT_SECONDS)
FURTHER_MATTERS = 8


def offered_matter() -> serializers.SlugRelatedField:
    return serializers.SlugRelatedField("code", queryset=Matter.objects.filter(is_offered=True))


class PartyInput(serializers.Serializer):
    matter = offered_matter()
    people = serializers.IntegerField(**PEOPLE, help_text="Who come together: in one slot or two")
    also = serializers.ListField(
        child=offered_matter(),
        max_length=FURTHER_MATTERS,
        required=False,
        help_text="Further matters of each of them in the same visit",
    )
    more_time = serializers.BooleanField(
        required=False, default=False, help_text="They need more time at the window"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The party as `offering` takes it."""
        matters = list(dict.fromkeys([attrs["matter"], *attrs.pop("also", [])]))
        more_time = attrs.pop("more_time")
        if len(matters) > 1 or more_time:
            minutes = minutes_of(
                matters, people=attrs["people"], more_time=more_time, now=self.context["now"]
            )
            attrs |= {"matters": matters, "minutes": minutes}
        return attrs


class AvailabilityInput(PartyInput):
    days = serializers.IntegerField(min_value=1, max_value=62, required=False, default=14)
    hall = serializers.SlugRelatedField("code", queryset=Hall.objects.all(), required=False)

    def get_fields(self) -> dict[str, serializers.Field]:
        """`from` is the parameter's name, and a word of Python."""
        day = DayField(source="first", help_text="First service day")
        return {**super().get_fields(), "from": day}


class HallDayOutput(serializers.Serializer):
    hall = serializers.CharField(source="hall_code")
    date = serializers.DateField(source="service_day", help_text="The service day")
    places = serializers.IntegerField(help_text="For such a person; 0: the party finds no room")
    first_slot = serializers.IntegerField(source="first_slot_id", allow_null=True)
    first_slot_at = serializers.DateTimeField(allow_null=True)
    kinds = serializers.ListField(child=Word(HallSession.Kind.values))
    online = serializers.BooleanField(help_text="False: come without a booking")
    opens_at = serializers.DateTimeField(allow_null=True, help_text="The day's next release")
    release = Word(HallSession.Release.values, help_text="How that one, or the day's first, opens")


class SlotsInput(PartyInput):
    date = DayField(help_text="The service day; a night session's slots after midnight too")


class SlotOutput(serializers.Serializer):
    id = serializers.IntegerField(help_text="The `slot` of a booking")
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    places = serializers.IntegerField(help_text="For such a person; 0: the party finds no room")
    kind = Word(HallSession.Kind.values)
    session = serializers.IntegerField(source="session_id")
    service_day = serializers.DateField()
    booking_opens_at = serializers.DateTimeField(help_text="Release")
    release = Word(HallSession.Release.values, help_text="How it opens")


class Availability(Call):
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """What was just computed for the same question is answered at once."""
        kept = ANSWERS.kept(_question(request)) if request.method == "GET" else None
        return _answered(kept) if kept else super().dispatch(request, *args, **kwargs)

    @described(
        "availability",
        "Offer",
        asks=[AvailabilityInput],
        gives=HallDayOutput(many=True),
        unsafe=False,
        private=False,
        limited=True,
    )
    def get(self, request: Request) -> HttpResponse:
        """Free places per hall and service day, for days on which something is open.

        An answer is at most half a second old.
        """
        count_reading(request, self.now)
        asked = self.read(AvailabilityInput, request.query_params)
        compute = _computing(asked, self.now)
        return _answered(ANSWERS.answer(_question(request._request), compute))


def _question(request: HttpRequest) -> tuple[str, str]:
    return request.META["QUERY_STRING"], request.headers.get("Accept", "")


def _answered(body: bytes) -> HttpResponse:
    return HttpResponse(body, content_type="application/json")


def _computing(asked: dict[str, Any], now: datetime) -> Callable[[], bytes]:
    """Computes the answer; a search that finds nothing at all is counted, once for all who
    share the answer."""

    def compute() -> bytes:
        days = availability(now=now, **asked)
        if not any(day.places for day in days):
            _count_vain(asked, now)
        return json.dumps([_as_json(day) for day in days], separators=(",", ":")).encode()

    return compute


def _count_vain(asked: dict[str, Any], now: datetime) -> None:
    last = min(asked["first"] + timedelta(days=asked["days"] - 1), last_day(now))
    if last >= asked["first"] >= civil.city_date(now):
        halls = [asked["hall"].code] if "hall" in asked else []
        record_vain(matter=asked["matter"], halls=halls, first=asked["first"], last=last, now=now)


def _as_json(day: HallDay) -> dict[str, Any]:
    """What HallDayOutput describes, without its cost per field (tests compare the two)."""
    return {
        "hall": day.hall_code,
        "date": day.service_day.isoformat(),
        "places": day.places,
        "first_slot": day.first_slot_id,
        "first_slot_at": day.first_slot_at and civil.city_time(day.first_slot_at).isoformat(),
        "kinds": day.kinds,
        "online": day.online,
        "opens_at": day.opens_at and civil.city_time(day.opens_at).isoformat(),
        "release": day.release,
    }


class Slots(Call):
    @described(
        "hall_slots",
        "Offer",
        asks=[SlotsInput],
        gives=SlotOutput(many=True),
        unsafe=False,
        private=False,
        limited=True,
    )
    def get(self, request: Request, code: str) -> Response:
        """The slots of a hall's service day and their free places."""
        count_reading(request, self.now)
        hall = hall_by(code)
        asked = self.read(SlotsInput, request.query_params)
        asked["day"] = asked.pop("date")
        return Response(SlotOutput(slots_of(hall=hall, now=self.now, **asked), many=True).data)
