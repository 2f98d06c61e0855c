"""Check-in: a booking becomes a ticket."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from appointments import arriving
from appointments.api.fields import IdNumberField
from queues.api.tickets import KIOSK, TicketOutput, told
from queues.issuing import HallClosed, MatterNotServed
from windows.access import ADMIN, GUIDE, SUPERVISOR
from windows.api.describing import described
from windows.api.plumbing import HallCall, at_hall


class CheckInInput(serializers.Serializer):
    reference = serializers.CharField(max_length=12, required=False)
    id_number = IdNumberField(required=False)

    default_error_messages = {"one": _("Give a reference or an ID number, one of them.")}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError({"reference": [self.error_messages["one"]]})
        return attrs


class CheckIn(HallCall):
    @described(
        "check_in",
        "Hall",
        takes=CheckInInput,
        gives=TicketOutput,
        refuses=[
            arriving.NothingBooked,
            arriving.WrongHall,
            arriving.WrongDay,
            arriving.TooEarly,
            arriving.NotConfirmed,
            HallClosed,
            MatterNotServed,
        ],
    )
    def post(self, request: Request, code: str) -> Response:
        """A booked person has come, found by reference or by ID number.

        Checking in again gives the same ticket. For the hall's kiosks and guides.
        """
        hall, staff, actor = at_hall(
            request, code, kinds=(KIOSK,), roles=(GUIDE, SUPERVISOR, ADMIN)
        )
        asked = self.read(CheckInInput)

        def run() -> dict[str, Any]:
            return told(arriving.check_in(hall=hall, now=self.now, by=staff, **asked), self.now)

        return self.run_once(run, actor=actor)
