"""Check-in: a booking becomes a ticket."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from appointments import arriving, being_here
from appointments.api.bookings import OwnCall
from appointments.api.fields import IdNumberField
from appointments.limiting import address_of
from queues.api.tickets import KIOSK, TicketOutput, told
from queues.issuing import HallClosed, MatterNotServed
from queues.papering import want_paper_of
from windows.access import ADMIN, GUIDE, SUPERVISOR
from windows.api.describing import described
from windows.api.plumbing import HallCall, at_hall
from windows.closing_halls import HallShut


class CheckInInput(serializers.Serializer):
    reference = serializers.CharField(max_length=12, required=False)
    id_number = IdNumberField(required=False)

    default_error_messages = {"one": _("Give a reference or an ID number, one of them.")}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError({"reference": [self.error_messages["one"]]})
        return attrs


class OwnCheckInInput(serializers.Serializer):
    code = serializers.CharField(
        max_length=20, help_text="The six digits that the hall's screen shows now"
    )


REFUSED = [
    arriving.NothingBooked,
    arriving.WrongHall,
    arriving.WrongDay,
    arriving.TooEarly,
    arriving.NotConfirmed,
    HallClosed,
    HallShut,
    MatterNotServed,
]


class OwnCheckIn(OwnCall):
    @described(
        "booking_check_in",
        "Booking",
        takes=OwnCheckInInput,
        gives=TicketOutput,
        refuses=[being_here.CodeNotShown, *REFUSED],
        secret=True,
        private=False,
        limited=True,
    )
    def post(self, request: Request, reference: str) -> Response:
        """Check in with one's own phone, inside the hall.

        A wrong or an old code is answered in one way, before anything is said about the
        booking, and counted per address. A new try needs a new Idempotency-Key.
        """
        (mine, actor), asked = self.own(reference), self.read(OwnCheckInInput)
        address = address_of(request)

        def run() -> dict[str, Any]:
            being_here.require_presence(
                hall=mine.hall, code=asked["code"], address=address, now=self.now
            )
            ticket = arriving.check_in(hall=mine.hall, reference=mine.reference, now=self.now)
            return told(ticket, self.now)

        return self.run_once(run, actor=actor)


class CheckIn(HallCall):
    @described(
        "check_in",
        "Hall",
        takes=CheckInInput,
        gives=TicketOutput,
        refuses=REFUSED,
    )
    def post(self, request: Request, code: str) -> Response:
        """A booked person has come, found by reference or by ID number.

        Checking in again gives the same ticket. For the hall's kiosks and guides. When the
        booking is in another hall or at another time, `facts` of the refusal tell `hall`,
        `hall_name`, `address`, `transport`, `page`, `starts_at`, `check_in_from`, `matter`,
        and `walk_in_here`: whether a ticket for the same matter can be taken here now. A
        kiosk with a printer gets the ticket on paper.
        """
        hall, staff, actor = at_hall(
            request, code, kinds=(KIOSK,), roles=(GUIDE, SUPERVISOR, ADMIN)
        )
        asked = self.read(CheckInInput)

        def run() -> dict[str, Any]:
            ticket = arriving.check_in(hall=hall, now=self.now, by=staff, **asked)
            want_paper_of(actor, ticket, now=self.now)
            return told(ticket, self.now)

        return self.run_once(run, actor=actor)
