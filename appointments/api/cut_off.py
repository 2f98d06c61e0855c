"""Kiosks that are cut off: numbers reserved beforehand, and told afterwards."""

from typing import Any

import segno
from django.urls import reverse
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from appointments.cut_off import Outcome, Row, Told, receive
from appointments.hall_forms import matters_of
from config.refusals import NotAllowed
from queues.blocks import (
    KNOWN,
    MADE,
    REFUSED,
    Given,
    NoBlockLeft,
    hours_of,
    numbers_left,
    reserve_block,
)
from queues.issuing import HallClosed
from queues.models import NumberBlock
from windows.access import device_for, shut_out_device_for
from windows.api.describing import Word, described
from windows.api.plumbing import Call, DeviceAuthentication, hall_by
from windows.models import DeviceToken, Hall, Matter

MOST_BLOCKS, MOST_GIVEN = 100, 300


class KioskCall(Call):
    """A call of a paired kiosk alone, known by its token or by its cookie."""

    authentication_classes = [DeviceAuthentication]

    def kiosk_at(self, code: str) -> tuple[Hall, DeviceToken]:
        hall = hall_by(code)
        device = device_for(self.request._request, hall, DeviceToken.Kind.KIOSK)
        if device is None:
            raise self.nobody()
        return hall, device

    def nobody(self) -> Exception:
        return NotAllowed() if self.request.auth == "device" else exceptions.NotAuthenticated()


class BlocksInput(serializers.Serializer):
    holds = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62),
        required=False,
        default=list,
        max_length=MOST_BLOCKS,
        help_text="The blocks that this kiosk still has; a forgotten one is never given again",
    )


class ReservedOutput(serializers.Serializer):
    number = serializers.IntegerField()
    label = serializers.CharField(help_text="What the paper says")  # type: ignore[assignment]
    public_id = serializers.CharField()
    page = serializers.CharField(help_text="The address of the ticket's own page")
    code = serializers.CharField(help_text="Its QR code, an SVG image as a data address")


class BlockOutput(serializers.Serializer):
    id = serializers.IntegerField()
    prefix = serializers.CharField(help_text="The letter")
    numbers = ReservedOutput(
        many=True, allow_null=True, help_text="null: this kiosk holds the block already"
    )


class MatterNamesOutput(serializers.Serializer):
    code = serializers.CharField()
    prefix = serializers.CharField()
    name_zh = serializers.CharField()
    name_en = serializers.CharField()


class OpenHoursOutput(serializers.Serializer):
    starts_at = serializers.DateTimeField(help_text="From when numbers are given")
    ends_at = serializers.DateTimeField()


class BlocksOutput(serializers.Serializer):
    now = serializers.DateTimeField(help_text="The server's clock, to set one's own by")
    service_day = serializers.DateField()
    hours = OpenHoursOutput(many=True)
    matters = MatterNamesOutput(many=True)
    blocks = BlockOutput(many=True)
    none_left = serializers.ListField(
        child=serializers.CharField(), help_text="Letters whose numbers are all reserved"
    )


class GivenInput(serializers.Serializer):
    prefix = serializers.RegexField("^[A-Z]$")
    number = serializers.IntegerField(min_value=1, max_value=9999)
    matter = serializers.CharField(max_length=20)
    taken_at = serializers.DateTimeField(help_text="By the kiosk's clock")
    public_id = serializers.CharField(max_length=32, required=False, default="")
    reference = serializers.RegexField(
        "^[A-Za-z0-9]{4,12}$", required=False, default="", help_text="Of a booking, as typed"
    )


class Rows(serializers.ListField):
    """Rows that are read one by one: a malformed one leaves the others whole."""

    def run_child_validation(self, data: list[Any]) -> list[Row]:
        return [Row(one, self._told(one)) for one in data]

    def _told(self, one: Any) -> Told | None:
        try:
            row = dict(self.child.run_validation(one))
        except serializers.ValidationError:
            return None
        return Told(reference=row.pop("reference"), given=Given(**row))


class TicketsGivenInput(serializers.Serializer):
    given = Rows(child=GivenInput(), max_length=MOST_GIVEN)


class FateOutput(serializers.Serializer):
    prefix = serializers.CharField(source="fate.given.prefix", help_text="As far as readable")
    number = serializers.IntegerField(source="fate.given.number", help_text="0: not readable")
    outcome = Word([MADE, KNOWN, REFUSED], source="fate.outcome")
    public_id = serializers.CharField(source="fate.ticket.public_id", default=None, allow_null=True)
    code = serializers.CharField(source="fate.refusal.code", default=None, allow_null=True)
    detail = serializers.CharField(source="fate.refusal", default=None, allow_null=True)
    joined = serializers.BooleanField(source="is_joined", help_text="With the booking named")
    booking_code = serializers.CharField(
        source="booking_refusal.code", default=None, allow_null=True, help_text="Why not"
    )


class FatesOutput(serializers.Serializer):
    fates = FateOutput(many=True)


class NumberBlocks(KioskCall):
    @described(
        "number_blocks", "Hall", takes=BlocksInput, gives=BlocksOutput,
        refuses=[NoBlockLeft, HallClosed],
    )  # fmt: skip
    def post(self, request: Request, code: str) -> Response:
        """Numbers that a kiosk may give while it cannot reach us, for each letter of its hall.

        With them come the names of the matters and the hours in which numbers are given.
        Ask again from time to time: a block that is nearly used up is followed by another.
        """
        hall, device = self.kiosk_at(code)
        holds = self.read(BlocksInput)["holds"]
        matters = matters_of(hall)

        def run() -> dict[str, Any]:
            return self.reserve(hall, device, matters, holds)

        return self.run_once(
            run, actor=f"device:{device.pk}", show=lambda kept: self.shown(kept, matters, holds)
        )

    def reserve(
        self, hall: Hall, device: DeviceToken, matters: list[Matter], holds: list[int]
    ) -> dict[str, Any]:
        """What is kept of the answer: no public id, nothing long."""
        hours = hours_of(hall=hall, now=self.now)
        blocks, none_left = [], []
        for prefix in sorted({matter.prefix for matter in matters}):
            try:
                block = reserve_block(
                    hall=hall, device=device, prefix=prefix, now=self.now, holds=holds
                )
                blocks.append(block.pk)
            except NoBlockLeft:
                none_left.append(prefix)
        return {
            "now": self.now,
            "service_day": hours.service_day,
            "hours": [{"starts_at": starts, "ends_at": ends} for starts, ends in hours.open],
            "blocks": blocks,
            "none_left": none_left,
        }

    def shown(
        self, kept: dict[str, Any], matters: list[Matter], holds: list[int]
    ) -> dict[str, Any]:
        blocks = NumberBlock.objects.filter(pk__in=kept["blocks"]).order_by("prefix")
        return kept | {
            "matters": MatterNamesOutput(matters, many=True).data,
            "blocks": [
                {
                    "id": block.pk,
                    "prefix": block.prefix,
                    "numbers": None if block.pk in holds else self.numbers(block),
                }
                for block in blocks
            ],
        }

    def numbers(self, block: NumberBlock) -> list[dict[str, Any]]:
        told = []
        for number, public_id in numbers_left(block):
            page = self.request.build_absolute_uri(reverse("queues:ticket", args=[public_id]))
            picture = segno.make(page, error="m").svg_data_uri(scale=4, border=2)
            told.append(
                {
                    "number": number,
                    "label": f"{block.prefix}{number:03d}",
                    "public_id": public_id,
                    "page": page,
                    "code": picture,
                }
            )
        return told


class TicketsGiven(KioskCall):
    @described("tickets_given", "Hall", takes=TicketsGivenInput, gives=FatesOutput)
    def post(self, request: Request, code: str) -> Response:
        """The numbers that a kiosk gave while it was cut off become tickets.

        Each has the number and the address of its paper and ranks by when it was given.
        Sending them again changes nothing. One that cannot be taken (malformed, not of a
        block that this kiosk knows, a matter of another letter) is refused with its reason
        and waits for a supervisor to decide; the others are taken. So does every row of a
        kiosk that was shut out in the last days.
        """
        hall = hall_by(code)
        asks, kind = self.request._request, DeviceToken.Kind.KIOSK
        device = device_for(asks, hall, kind)
        device = device or shut_out_device_for(asks, hall, kind, now=self.now)
        if device is None:
            raise self.nobody()
        rows = self.read(TicketsGivenInput)["given"]

        def run() -> dict[str, Any]:
            return answered(receive(device=device, rows=rows, now=self.now))

        return self.run_once(run, actor=f"device:{device.pk}")


def answered(outcomes: list[Outcome]) -> dict[str, Any]:
    return dict(FatesOutput({"fates": outcomes}).data)
