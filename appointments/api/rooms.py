"""The waiting room before a release: come in, and ask where one stands."""

from datetime import datetime
from typing import Any

from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from appointments import admitting
from appointments.api.fields import IdNumberField, WorkField
from appointments.limiting import address_of
from appointments.models import RoomPlace, WaitingRoom
from config.refusals import NotFound
from windows.api.describing import Word, described
from windows.api.plumbing import Call, stranger


class ComeInInput(serializers.Serializer):
    id_number = IdNumberField(help_text="Of one of the people who will be booked; it is not kept")
    work = WorkField()


class RoomPlaceOutput(serializers.Serializer):
    token = serializers.CharField(help_text="For `X-Room-Token`; keep it")
    room = serializers.IntegerField()
    turn = Word([str(turn) for turn in admitting.Turn])
    before = serializers.IntegerField(allow_null=True, help_text="People before you, about")
    minutes = serializers.IntegerField(allow_null=True, help_text="To your turn, about")
    admitted_until = serializers.DateTimeField(allow_null=True, help_text="Book before")
    releases_at = serializers.DateTimeField(help_text="When the order is drawn and turns begin")
    closes_at = serializers.DateTimeField(help_text="From then on everybody can book")


def told(place: RoomPlace, now: datetime) -> dict[str, Any]:
    stands, hours = admitting.standing(place, now), admitting.hours_of(place.room.releases_at)
    facts = {"token": place.token, "room": place.room_id, "closes_at": hours.closes_at}
    return dict(RoomPlaceOutput({**vars(stands), **facts, "releases_at": hours.releases_at}).data)


class RoomPlaces(Call):
    @described(
        "room_place",
        "Booking",
        takes=ComeInInput,
        gives=RoomPlaceOutput,
        made=201,
        refuses=[admitting.RoomNotOpen, admitting.RoomOver],
        private=False,
        limited=True,
    )
    def post(self, request: Request, pk: int) -> Response:
        """Come into a waiting room; the room's id is in the refusal `room_first`.

        Whoever comes before the release is ordered by lot, one lot per person, whoever
        comes later stands behind. With `X-Room-Token` the people whose turn it is book.
        """
        asked, address = self.read(ComeInInput), address_of(request)
        room = WaitingRoom.objects.filter(pk=pk).first()
        if room is None:
            raise NotFound

        def run() -> dict[str, Any]:
            place = admitting.enter(
                room=room,
                id_number=asked["id_number"].number,
                address=address,
                work=asked["work"],
                now=self.now,
            )
            return told(place, self.now)

        actor = stranger(asked["id_number"].number, address)
        return self.run_once(run, actor=actor, made=status.HTTP_201_CREATED)


class RoomPlaceNow(Call):
    @described("room_place_now", "Booking", gives=RoomPlaceOutput, unsafe=False, private=False)
    def get(self, request: Request, token: str) -> Response:
        """Where a place stands; ask every 15 seconds or so."""
        return Response(told(admitting.place_of(token), self.now))
