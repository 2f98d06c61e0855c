"""Draws: look, register, look what became of it, withdraw."""

from typing import Any

from django.utils.translation import get_language
from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from appointments import booking, proving, registering
from appointments.api.bookings import PersonInput, attendee
from appointments.api.fields import PhoneField, RowField
from appointments.api.refusing import OF_LIMITS, OF_PEOPLE
from appointments.draw_facts import ShownDraw, figures_of, find_draw, shown_draw, shown_draws
from appointments.draw_words import entry_secret
from appointments.models import Booking, DrawEntry
from appointments.sealing import booking_secret
from windows.api.describing import Word, described
from windows.api.plumbing import Call, stranger
from windows.models import Matter
from windows.served import served

PHASES = ["soon", "open", "closed", "drawn", "cancelled"]
SECRET = OpenApiParameter(
    "X-Draw-Secret",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="The `secret` that the registration was made with. A wrong one answers as if"
    " there were no such registration, although its public id is published.",
)


class TimeOutput(serializers.Serializer):
    id = serializers.IntegerField(help_text="For `wishes`")
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class FiguresOutput(serializers.Serializer):
    entries = serializers.IntegerField(help_text="Registrations that take part")
    people = serializers.IntegerField()
    places = serializers.IntegerField(help_text="About; 0 after the draw")
    won = serializers.IntegerField(help_text="Registrations")
    people_won = serializers.IntegerField()


class DrawOutput(serializers.Serializer):
    id = serializers.IntegerField(source="draw.pk")
    hall = serializers.CharField(source="draw.session.hall.code")
    session = serializers.IntegerField(source="draw.session_id")
    service_day = serializers.DateField(source="draw.session.service_day")
    starts_at = serializers.DateTimeField(source="draw.session.starts_at")
    ends_at = serializers.DateTimeField(source="draw.session.ends_at")
    phase = Word(PHASES)
    registers_from = serializers.DateTimeField(source="draw.registers_from")
    registers_until = serializers.DateTimeField(source="draw.registers_until")
    hold_until = serializers.DateTimeField(
        source="draw.hold_until", help_text="Winners confirm before; then the rest opens to all"
    )
    commitment = serializers.CharField(
        source="draw.commitment", help_text="SHA-256 of the seed, hexadecimal"
    )
    seed = serializers.CharField(source="draw.seed", help_text="Empty until it is drawn")
    drawn_at = serializers.DateTimeField(source="draw.drawn_at", allow_null=True)


class WholeDrawOutput(DrawOutput):
    matters = serializers.SerializerMethodField()
    times = serializers.SerializerMethodField()
    figures = serializers.SerializerMethodField()
    result = serializers.JSONField(
        source="draw.result", allow_null=True, help_text="See docs/draw.md; null until drawn"
    )

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_matters(self, shown: ShownDraw) -> list[str]:
        return [one.code for one in served(shown.draw.session)]

    @extend_schema_field(TimeOutput(many=True))
    def get_times(self, shown: ShownDraw) -> Any:
        return TimeOutput(registering.wishable(shown.draw.session), many=True).data

    @extend_schema_field(FiguresOutput)
    def get_figures(self, shown: ShownDraw) -> Any:
        return FiguresOutput(figures_of(shown.draw)).data


class RegistrationInput(serializers.Serializer):
    matter = serializers.SlugRelatedField("code", queryset=Matter.objects.filter(is_offered=True))
    people = serializers.ListField(
        child=PersonInput(), min_length=1, max_length=20, help_text="Who come: at most four"
    )
    wishes = serializers.ListField(
        child=RowField(), max_length=60, default=list, help_text="Times by preference; empty: any"
    )
    any_other = serializers.BooleanField(
        default=False, help_text="After the wishes any other time is fine too"
    )
    phone = PhoneField()
    proof = serializers.CharField(max_length=1000, help_text="The token that proves the phone")


class WonPlaceOutput(serializers.Serializer):
    reference = serializers.CharField()
    secret = serializers.CharField(help_text="For `X-Booking-Secret`")
    state = Word(Booking.State.values)
    starts_at = serializers.DateTimeField()
    hold_expires_at = serializers.DateTimeField(allow_null=True, help_text="Confirm before")


class RegistrationOutput(serializers.Serializer):
    public_id = serializers.CharField(help_text="Stands in the published result")
    secret = serializers.CharField(help_text="For `X-Draw-Secret`; keep it")
    draw = serializers.IntegerField(help_text="The draw's `id`")
    state = Word(DrawEntry.State.values)
    rank = serializers.IntegerField(allow_null=True, help_text="Place in the drawn order")
    matter = serializers.CharField()
    people = serializers.IntegerField(help_text="How many come together")
    wishes = serializers.ListField(child=serializers.IntegerField())
    bookings = WonPlaceOutput(many=True)


class Draws(Call):
    @described("draws", "Draws", gives=DrawOutput(many=True), unsafe=False, private=False)
    def get(self, request: Request) -> Response:
        """Draws that are open, to come, or of the last month."""
        return Response(DrawOutput(shown_draws(self.now), many=True).data)


class OneDraw(Call):
    @described("draw", "Draws", gives=WholeDrawOutput, unsafe=False, private=False)
    def get(self, request: Request, pk: int) -> Response:
        """A draw; once it is drawn, with all that is needed to do it again."""
        return Response(WholeDrawOutput(shown_draw(find_draw(pk), self.now)).data)


class EntryCall(Call):
    """A call about a registration; secrets are derived anew whenever it is shown."""

    def own(self, public_id: str) -> tuple[DrawEntry, str]:
        secret = self.request.headers.get("X-Draw-Secret", "")
        return registering.find_entry(public_id, secret), stranger(public_id, secret)

    def told(self, entry: DrawEntry) -> dict[str, Any]:
        """The registration as it is kept as an answer."""
        won = list(Booking.objects.filter(group=entry.group).order_by("pk")) if entry.group else []
        shown = serializers.DateTimeField()
        places = [
            {
                "reference": one.reference,
                "state": one.state,
                "starts_at": shown.to_representation(one.starts_at),
                "hold_expires_at": one.hold_expires_at
                and shown.to_representation(one.hold_expires_at),
            }
            for one in won
        ]
        return {
            "public_id": entry.public_id,
            "draw": entry.draw_id,
            "state": entry.state,
            "rank": entry.rank,
            "matter": entry.matter.code,
            "people": entry.people.count(),
            "wishes": entry.wishes,
            "bookings": places,
        }


def with_secrets(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer with the secrets that are not kept."""
    bookings = [{**one, "secret": booking_secret(one["reference"])} for one in answer["bookings"]]
    return {**answer, "secret": entry_secret(answer["public_id"]), "bookings": bookings}


class Entries(EntryCall):
    @described(
        "draw_register",
        "Draws",
        takes=RegistrationInput,
        gives=RegistrationOutput,
        made=201,
        refuses=[
            proving.PhoneNotProven,
            registering.RegistrationClosed,
            registering.NotInSession,
            registering.WishElsewhere,
            registering.NoRoomTogether,
            registering.AlreadyRegistered,
            *OF_PEOPLE,
            booking.AlreadyBooked,
            *OF_LIMITS,
        ],
        private=False,
    )
    def post(self, request: Request, pk: int) -> Response:
        """Register people who come together; each person takes part once."""
        found, asked = find_draw(pk), self.read(RegistrationInput)
        people = [attendee(person) for person in asked["people"]]
        wanted = registering.Registration(
            asked["matter"], people, tuple(asked["wishes"]), asked["any_other"]
        )

        def run() -> dict[str, Any]:
            proving.require_phone(asked["proof"], asked["phone"], now=self.now)
            entry = registering.register(
                draw=found,
                asked=wanted,
                phone=asked["phone"],
                now=self.now,
                language=get_language() or "zh-hans",
            )
            return self.told(entry)

        actor = stranger(asked["proof"])
        return self.run_once(run, actor=actor, made=status.HTTP_201_CREATED, show=with_secrets)


class OwnEntry(EntryCall):
    @described(
        "draw_entry", "Draws", asks=[SECRET], gives=RegistrationOutput, unsafe=False, private=False
    )
    def get(self, request: Request, public_id: str) -> Response:
        """One's own registration, and the places that it won."""
        return Response(with_secrets(self.told(self.own(public_id)[0])))


class Withdraw(EntryCall):
    @described(
        "draw_withdraw",
        "Draws",
        asks=[SECRET],
        gives=RegistrationOutput,
        refuses=[registering.RegistrationClosed],
        private=False,
    )
    def post(self, request: Request, public_id: str) -> Response:
        """Take no part; possible until registration ends."""
        mine, actor = self.own(public_id)

        def run() -> dict[str, Any]:
            return self.told(registering.withdraw_registration(entry=mine, now=self.now))

        return self.run_once(run, actor=actor, show=with_secrets)
