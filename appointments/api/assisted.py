"""Bookings for somebody: staff hold and confirm in one call."""

from typing import Any

from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from appointments import booking as commands
from appointments.api.bookings import VisitorInput, attendee, shown
from appointments.api.fields import PhoneField, RowField
from appointments.api.refusing import OF_PEOPLE
from appointments.assisting import WHO, book_for
from appointments.models import Booking
from windows.api.describing import Word, described
from windows.api.plumbing import StaffCall, staff_with
from windows.models import Matter

LANGUAGES = ["zh-hans", "en"]


class AssistedInput(serializers.Serializer):
    slot = RowField(help_text="A slot's `id`; its assisted quota is asked")
    matter = serializers.SlugRelatedField("code", queryset=Matter.objects.filter(is_offered=True))
    people = serializers.ListField(
        child=VisitorInput(), min_length=1, max_length=20, help_text="Who come: at most four"
    )
    phone = PhoneField(required=False, help_text="Left out: nobody is written to")
    language = serializers.ChoiceField(LANGUAGES, required=False, help_text="Of the messages")


class BookedOutput(serializers.Serializer):
    reference = serializers.CharField()
    secret = serializers.CharField(help_text="For the link of the slip")
    state = Word(["confirmed"])
    matter = serializers.CharField()
    starts_at = serializers.DateTimeField()


class AssistedOutput(serializers.Serializer):
    group = serializers.IntegerField()
    bookings = BookedOutput(
        many=True, help_text="One per person and matter, in the order of `people`"
    )


class AssistedBookings(StaffCall):
    @described(
        "assisted_booking",
        "Booking",
        takes=AssistedInput,
        gives=AssistedOutput,
        made=201,
        refuses=[
            *OF_PEOPLE,
            commands.ChainTooLong,
            commands.SlotFull,
            commands.SlotGone,
            commands.NotReleased,
            commands.AlreadyBooked,
            commands.VisitThatDay,
        ],
    )
    def post(self, request: Request) -> Response:
        """Book for somebody without a phone: promised at once. For guides and phone agents."""
        staff, asked = staff_with(request, *WHO), self.read(AssistedInput)
        asked["slot_id"], phone = asked.pop("slot"), asked.pop("phone", None)
        asked["people"] = [attendee(person) for person in asked["people"]]

        def run() -> dict[str, Any]:
            return _without_secrets(book_for(phone=phone, by=staff, now=self.now, **asked))

        actor = f"staff:{staff.pk}"
        return self.run_once(run, actor=actor, made=status.HTTP_201_CREATED, show=shown)


def _without_secrets(made: list[Booking]) -> dict[str, Any]:
    bookings = [
        {
            "reference": one.reference,
            "state": one.state,
            "matter": one.matter.code,
            "starts_at": BookedOutput().fields["starts_at"].to_representation(one.starts_at),
        }
        for one in made
    ]
    return {"group": made[0].group_id, "bookings": bookings}
