"""Bookings: hold, look, confirm, cancel, reschedule."""

from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from appointments import admitting, cancelling, changing, confirming, proving, rescheduling
from appointments import booking as commands
from appointments.api.fields import EmailField, IdNumberField, NameField, PhoneField, RowField
from appointments.api.refusing import OF_LIMITS, OF_PEOPLE
from appointments.attending import NEEDS, Attendee
from appointments.id_numbers import mask_id, mask_name
from appointments.models import Booking
from appointments.sealing import booking_secret, unseal
from windows.api.describing import Word, described
from windows.api.plumbing import Call, stranger
from windows.links import LinkOver, came_by
from windows.models import Matter

ROOM_TOKEN = OpenApiParameter(
    "X-Room-Token",
    str,
    OpenApiParameter.HEADER,
    description="The `token` of an admitted place, while a waiting room stands before the slot.",
)
CHANGES = [changing.AlreadyOver, changing.AlreadyStarted]


class PersonInput(serializers.Serializer):
    name = NameField()
    id_number = IdNumberField()
    guardian = NameField(
        required=False, allow_blank=True, default="", help_text="The adult who comes with a child"
    )
    needs = serializers.ListField(
        child=serializers.ChoiceField(list(NEEDS)),
        required=False,
        max_length=len(NEEDS),
        help_text="What helps at the window; `sign` and `time` take more minutes",
    )


class VisitorInput(PersonInput):
    matters = serializers.ListField(
        child=serializers.SlugRelatedField("code", queryset=Matter.objects.filter(is_offered=True)),
        required=False,
        max_length=9,
        help_text="All that the person comes for in this visit, in order; left out: `matter`",
    )


def attendee(person: dict[str, Any]) -> Attendee:
    """The person as the commands take them."""
    several = {name: tuple(person.get(name, ())) for name in ("needs", "matters")}
    return Attendee(**{**person, **several})


class BookingInput(serializers.Serializer):
    slot = RowField(help_text="A slot's `id`")
    matter = serializers.SlugRelatedField("code", queryset=Matter.objects.filter(is_offered=True))
    people = serializers.ListField(
        child=VisitorInput(), min_length=1, max_length=20, help_text="Who come: at most four"
    )
    phone = PhoneField()
    proof = serializers.CharField(max_length=1000, help_text="The token that proves the phone")
    link = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=24,
        help_text="The token of the session's own link (`/o/…/`) by which they came",
    )
    email = EmailField(
        required=False,
        allow_blank=True,
        default="",
        help_text="Messages about the booking go there; codes always go to the phone",
    )
    channel = serializers.ChoiceField(
        ["sms", "email"],
        required=False,
        help_text="Left out: `email` where an address is given, else `sms`",
    )

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        """An address is needed for e-mail, and for nothing else."""
        channel = asked.pop("channel", "email" if asked["email"] else "sms")
        if channel == "email" and not asked["email"]:
            raise serializers.ValidationError(
                {"email": [_("Enter an e-mail address.")]}, "required"
            )
        return asked | {"email": asked["email"] if channel == "email" else ""}


class HeldOutput(serializers.Serializer):
    reference = serializers.CharField()
    secret = serializers.CharField(help_text="For `X-Booking-Secret`; keep it")
    state = Word(["held"])
    hold_expires_at = serializers.DateTimeField(help_text="Confirm before")
    starts_at = serializers.DateTimeField()


class GroupOutput(serializers.Serializer):
    group = serializers.IntegerField()
    bookings = HeldOutput(
        many=True, help_text="One per person and matter, in the order of `people`"
    )


class BookingOutput(serializers.Serializer):
    reference = serializers.CharField()
    group = serializers.IntegerField(source="group_id")
    state = Word(Booking.State.values)
    hall = serializers.CharField(source="hall.code")
    matter = serializers.CharField(source="matter.code")
    slot = serializers.IntegerField(source="slot_id")
    service_day = serializers.DateField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(source="slot.ends_at")
    name = serializers.SerializerMethodField(help_text="Masked")
    id_number = serializers.SerializerMethodField(help_text="Masked")
    hold_expires_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField(help_text="Grows with every change")
    ticket = serializers.CharField(
        source="ticket.public_id", default=None, allow_null=True, help_text="After check-in"
    )

    def get_name(self, booking: Booking) -> str:
        return mask_name(unseal(booking.name_sealed, purpose="name"))

    def get_id_number(self, booking: Booking) -> str:
        return mask_id(unseal(booking.id_sealed, purpose="id_number"))


class MoveInput(serializers.Serializer):
    slot = RowField(help_text="A slot's `id`")
    together = serializers.BooleanField(
        required=False, default=False, help_text="All who come together move, or nobody"
    )


class Bookings(Call):
    @described(
        "booking_hold",
        "Booking",
        asks=[ROOM_TOKEN],
        takes=BookingInput,
        gives=GroupOutput,
        made=201,
        refuses=[
            proving.PhoneNotProven,
            *OF_PEOPLE,
            commands.ChainTooLong,
            commands.SlotFull,
            commands.SlotGone,
            commands.NotReleased,
            commands.AlreadyBooked,
            commands.VisitThatDay,
            *OF_LIMITS,
            admitting.RoomFirst,
            LinkOver,
        ],
        private=False,
    )
    def post(self, request: Request) -> Response:
        """Hold places side by side for people who come together; confirm within minutes."""
        asked = self.read(BookingInput)
        asked["slot_id"], proof = asked.pop("slot"), asked.pop("proof")
        numbers = [person["id_number"].number for person in asked["people"]]
        token = request.headers.get("X-Room-Token", "")
        asked["people"] = [attendee(person) for person in asked["people"]]

        def run() -> dict[str, Any]:
            proving.require_phone(proof, asked["phone"], now=self.now)
            admitting.require(
                slot_id=asked["slot_id"], tokens=[token], id_numbers=numbers, now=self.now
            )
            language = get_language() or "zh-hans"
            link = came_by(token=asked.pop("link"), now=self.now)
            held = commands.hold(now=self.now, language=language, link=link, **asked)
            return _without_secrets(held)

        return self.run_once(run, actor=stranger(proof), made=status.HTTP_201_CREATED, show=shown)


def _without_secrets(held: commands.Held) -> dict[str, Any]:
    """The answer as it is kept: secrets are derived anew when it is shown."""
    bookings = [HeldOutput({**vars(one), "state": "held"}).data for one in held.bookings]
    kept = [{name: one[name] for name in one if name != "secret"} for one in bookings]
    return {"group": held.group_id, "bookings": kept}


def shown(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer with the secrets that are not kept."""
    bookings = [{**one, "secret": booking_secret(one["reference"])} for one in answer["bookings"]]
    return {**answer, "bookings": bookings}


class OwnCall(Call):
    """A call of whoever knows the booking's secret; for others there is no such booking."""

    def own(self, reference: str) -> tuple[Booking, str]:
        secret = self.request.headers.get("X-Booking-Secret", "")
        return confirming.find(reference, secret), stranger(reference, secret)

    def told(self, reference: str) -> dict[str, Any]:
        return dict(BookingOutput(self.own(reference)[0]).data)


class OwnBooking(OwnCall):
    @described("booking", "Booking", gives=BookingOutput, unsafe=False, secret=True, private=False)
    def get(self, request: Request, reference: str) -> Response:
        """One's own booking."""
        return Response(self.told(reference))


class Confirm(OwnCall):
    @described(
        "booking_confirm",
        "Booking",
        gives=BookingOutput,
        refuses=[confirming.HoldExpired],
        secret=True,
        private=False,
    )
    def post(self, request: Request, reference: str) -> Response:
        """Confirm the booking and all that were held with it."""
        mine, actor = self.own(reference)

        def run() -> dict[str, Any]:
            confirming.confirm(booking=mine, now=self.now)
            return self.told(reference)

        return self.run_once(run, actor=actor)


class Extend(OwnCall):
    @described(
        "booking_extend",
        "Booking",
        gives=BookingOutput,
        refuses=[confirming.HoldExpired, confirming.AlreadyExtended],
        secret=True,
        private=False,
    )
    def post(self, request: Request, reference: str) -> Response:
        """More time to confirm, once, for all that were held together."""
        mine, actor = self.own(reference)

        def run() -> dict[str, Any]:
            confirming.extend_hold(booking=mine, now=self.now)
            return self.told(reference)

        return self.run_once(run, actor=actor)


class Cancel(OwnCall):
    @described(
        "booking_cancel",
        "Booking",
        gives=BookingOutput,
        refuses=CHANGES,
        secret=True,
        private=False,
    )
    def post(self, request: Request, reference: str) -> Response:
        """Give the place up; the others of the group keep theirs."""
        mine, actor = self.own(reference)

        def run() -> dict[str, Any]:
            cancelling.cancel(booking=mine, now=self.now)
            return self.told(reference)

        return self.run_once(run, actor=actor)


class Undo(OwnCall):
    @described(
        "booking_undo",
        "Booking",
        gives=BookingOutput,
        refuses=[
            cancelling.NothingToUndo,
            cancelling.PlaceTaken,
            commands.AlreadyBooked,
            commands.VisitThatDay,
        ],
        secret=True,
        private=False,
    )
    def post(self, request: Request, reference: str) -> Response:
        """Take a cancellation back within ten minutes, into the old place."""
        mine, actor = self.own(reference)

        def run() -> dict[str, Any]:
            cancelling.undo_visit(booking=mine, now=self.now)
            return self.told(reference)

        return self.run_once(run, actor=actor)


def number_of(booking: Booking) -> str:
    return unseal(booking.id_sealed, purpose="id_number")


class Reschedule(OwnCall):
    @described(
        "booking_reschedule",
        "Booking",
        takes=MoveInput,
        gives=BookingOutput,
        refuses=[
            *CHANGES,
            confirming.HoldExpired,
            rescheduling.TooManyChanges,
            commands.VisitThatDay,
            commands.SlotFull,
            commands.SlotGone,
            admitting.RoomFirst,
        ],
        asks=[ROOM_TOKEN],
        secret=True,
        private=False,
    )
    def post(self, request: Request, reference: str) -> Response:
        """Move the visit, all its matters, to another slot; the old place is given up only
        with it."""
        (mine, actor), asked = self.own(reference), self.read(MoveInput)
        slot, together = asked["slot"], asked["together"]
        token = request.headers.get("X-Room-Token", "")

        def run() -> dict[str, Any]:
            admitting.require(
                slot_id=slot, tokens=[token], id_numbers=[number_of(mine)], now=self.now
            )
            rescheduling.reschedule(booking=mine, slot_id=slot, now=self.now, together=together)
            return self.told(reference)

        return self.run_once(run, actor=actor)
