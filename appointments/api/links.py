"""The links of one's bookings, sent again."""

from typing import Any

from django.utils.translation import get_language
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from appointments.api.fields import PhoneField
from appointments.limiting import address_of
from appointments.resending import SENT, send_links
from windows.api.describing import described
from windows.api.plumbing import Call, stranger


class LinksInput(serializers.Serializer):
    phone = PhoneField(help_text="The phone that booked")


class LinksOutput(serializers.Serializer):
    detail = serializers.CharField(help_text="The same for every phone")


class BookingLinks(Call):
    @described(
        "booking_links",
        "Booking",
        takes=LinksInput,
        gives=LinksOutput,
        made=202,
        private=False,
        limited=True,
    )
    def post(self, request: Request) -> Response:
        """Send the links of the phone's open bookings to it; the answer tells nothing."""
        phone = self.read(LinksInput)["phone"]

        def run() -> dict[str, Any]:
            language = get_language() or "zh-hans"
            address = address_of(request._request)
            send_links(phone=phone, address=address, language=language, now=self.now)
            return {"detail": str(SENT)}

        return self.run_once(run, actor=stranger(phone), made=status.HTTP_202_ACCEPTED)
