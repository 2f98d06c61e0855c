"""The waiting list: join it, look, take a kept place or let it pass, leave."""

from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from appointments import answering_offers, booking, confirming, proving, waitlist
from appointments.api.bookings import PersonInput, attendee
from appointments.api.fields import DayField, PhoneField
from appointments.api.refusing import OF_LIMITS, OF_PEOPLE
from appointments.models import Booking, WaitEntry
from appointments.sealing import booking_secret, link_secret
from windows.api.describing import Word, described
from windows.api.plumbing import Call, stranger
from windows.models import Hall, Matter

SECRET = OpenApiParameter(
    "X-Wait-Secret",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="The `secret` that the entry was made with. A wrong one answers as if"
    " there were no such entry.",
)


class JoinInput(serializers.Serializer):
    matter = serializers.SlugRelatedField("code", queryset=Matter.objects.filter(is_offered=True))
    halls = serializers.ListField(
        child=serializers.CharField(max_length=12),
        max_length=100,
        help_text="Codes of the halls that would do",
    )
    to = DayField(help_text="The last day that would do")
    evenings_only = serializers.BooleanField(
        default=False, help_text="Only from 17:00 on, and night sessions"
    )
    people = serializers.ListField(
        child=PersonInput(), min_length=1, max_length=20, help_text="Who come: at most four"
    )
    phone = PhoneField()
    proof = serializers.CharField(max_length=1000, help_text="The token that proves the phone")

    def get_fields(self) -> dict[str, serializers.Field]:
        return {**super().get_fields(), "from": DayField(help_text="The first day that would do")}

    def validate_halls(self, codes: list[str]) -> list[Hall]:
        halls = list(Hall.objects.filter(code__in=codes, is_open=True))
        if unknown := sorted(set(codes) - {hall.code for hall in halls}):
            words = _("No open hall has the code %(code)s.") % {"code": unknown[0]}
            raise serializers.ValidationError(words, code="does_not_exist")
        return halls


class PlaceKept(serializers.Serializer):
    """A place as the answer is kept."""

    reference = serializers.CharField()
    hall = serializers.CharField(source="hall.code")
    starts_at = serializers.DateTimeField()
    hold_expires_at = serializers.DateTimeField(help_text="Take it before")


class PlaceOutput(PlaceKept):
    secret = serializers.CharField(help_text="For `X-Booking-Secret`")


class EntryOutput(serializers.Serializer):
    public_id = serializers.CharField()
    secret = serializers.CharField(help_text="For `X-Wait-Secret`; keep it")
    state = Word(WaitEntry.State.values)
    matter = serializers.CharField()
    halls = serializers.ListField(child=serializers.CharField())
    to = serializers.DateField()
    evenings_only = serializers.BooleanField()
    people = serializers.IntegerField(help_text="How many wait together")
    before = serializers.IntegerField(
        help_text="Entries that stand before this one for one of its halls and days"
    )
    offers_passed = serializers.IntegerField()
    kept = PlaceOutput(many=True, help_text="The places that are kept at this moment")
    bookings = PlaceOutput(many=True, help_text="The places that were taken")

    def get_fields(self) -> dict[str, serializers.Field]:
        return {**super().get_fields(), "from": serializers.DateField()}


class EntryCall(Call):
    """A call about an entry; secrets are derived anew whenever an answer is shown."""

    def told(self, entry: WaitEntry) -> dict[str, Any]:
        """The entry as it is now, as the answer is kept."""
        entry.refresh_from_db()
        waits = entry.state in waitlist.OPEN
        return {
            "public_id": entry.public_id,
            "state": entry.state,
            "matter": entry.matter.code,
            "halls": list(entry.halls.order_by("code").values_list("code", flat=True)),
            "from": entry.first_day,
            "to": entry.last_day,
            "evenings_only": entry.evenings_only,
            "people": entry.people.count(),
            "before": waitlist.before(entry) if waits else 0,
            "offers_passed": entry.offers_passed,
            "kept": _places(answering_offers.kept_places(entry, self.now)),
            "bookings": _places(answering_offers.taken_places(entry)),
        }

    def own(self, public_id: str) -> tuple[WaitEntry, str]:
        secret = self.request.headers.get("X-Wait-Secret", "")
        return waitlist.find(public_id, secret), stranger(public_id, secret)


def _places(bookings: list[Booking]) -> list[dict[str, Any]]:
    return [dict(PlaceKept(one).data) for one in bookings]


def shown(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer with the secrets that are not kept."""
    with_secrets = {
        name: [{**one, "secret": booking_secret(one["reference"])} for one in answer[name]]
        for name in ("kept", "bookings")
    }
    secret = link_secret("waiting", answer["public_id"])
    return {**answer, **with_secrets, "secret": secret}


class Waitlist(EntryCall):
    @described(
        "waitlist_join",
        "Waiting list",
        takes=JoinInput,
        gives=EntryOutput,
        made=201,
        refuses=[
            proving.PhoneNotProven,
            *OF_PEOPLE,
            waitlist.NoHallChosen,
            waitlist.DaysNotFitting,
            waitlist.AlreadyWaiting,
            booking.AlreadyBooked,
            *OF_LIMITS,
        ],
        private=False,
    )
    def post(self, request: Request) -> Response:
        """Wait for a place; when one comes free it is kept for you, and a message says so."""
        asked = self.read(JoinInput)
        proof, asked["first"], asked["last"] = (asked.pop(n) for n in ("proof", "from", "to"))
        asked["people"] = [attendee(person) for person in asked["people"]]

        def run() -> dict[str, Any]:
            proving.require_phone(proof, asked["phone"], now=self.now)
            language = get_language() or "zh-hans"
            return self.told(waitlist.join(now=self.now, language=language, **asked))

        return self.run_once(run, actor=stranger(proof), made=status.HTTP_201_CREATED, show=shown)


class OwnEntry(EntryCall):
    @described(
        "waitlist_entry",
        "Waiting list",
        gives=EntryOutput,
        asks=[SECRET],
        unsafe=False,
        private=False,
    )
    def get(self, request: Request, public_id: str) -> Response:
        """One's own entry: the place in line, and the places that are kept."""
        return Response(shown(self.told(self.own(public_id)[0])))


class Take(EntryCall):
    @described(
        "waitlist_take",
        "Waiting list",
        gives=EntryOutput,
        asks=[SECRET],
        refuses=[answering_offers.NotWaiting, answering_offers.NoOffer, confirming.HoldExpired],
        private=False,
    )
    def post(self, request: Request, public_id: str) -> Response:
        """Confirm the places that are kept."""
        mine, actor = self.own(public_id)

        def run() -> dict[str, Any]:
            answering_offers.take(entry=mine, now=self.now)
            return self.told(mine)

        return self.run_once(run, actor=actor, show=shown)


class Pass(EntryCall):
    @described(
        "waitlist_pass",
        "Waiting list",
        gives=EntryOutput,
        asks=[SECRET],
        refuses=[answering_offers.NotWaiting, answering_offers.NoOffer],
        private=False,
    )
    def post(self, request: Request, public_id: str) -> Response:
        """Let the kept places go to the next in line, and wait on."""
        mine, actor = self.own(public_id)

        def run() -> dict[str, Any]:
            answering_offers.let_pass(entry=mine, now=self.now)
            return self.told(mine)

        answer = self.run_once(run, actor=actor, show=shown)
        answering_offers.settle(now=self.now)
        return answer


class Leave(EntryCall):
    @described(
        "waitlist_leave",
        "Waiting list",
        gives=EntryOutput,
        asks=[SECRET],
        refuses=[answering_offers.NotWaiting],
        private=False,
    )
    def post(self, request: Request, public_id: str) -> Response:
        """Leave the list; kept places go to the next in line."""
        mine, actor = self.own(public_id)

        def run() -> dict[str, Any]:
            answering_offers.leave(entry=mine, now=self.now)
            return self.told(mine)

        answer = self.run_once(run, actor=actor, show=shown)
        answering_offers.settle(now=self.now)
        return answer
