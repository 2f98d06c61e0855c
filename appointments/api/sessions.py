"""Sessions: see what opening would do, open, extend, undo, cancel. For supervisors."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from appointments import withdrawing
from appointments.api.fields import DayField, InstantField, RowField
from appointments.models import Booking, UnmetDemand
from config import civil
from config.refusals import NotFound, Refusal
from windows import planning
from windows import sessions as commands
from windows.access import ADMIN, SUPERVISOR, hall_for, halls_of
from windows.api.describing import Word, described
from windows.api.plumbing import StaffCall, staff_with
from windows.models import Hall, HallSession, Matter, Staff, Window

ROLES = (SUPERVISOR, ADMIN)
HOURS = [
    planning.SessionInPast,
    planning.SessionTooLong,
    planning.SessionTooShort,
    planning.SessionTooFar,
    commands.WindowElsewhere,
]
EXTENDING = [
    commands.SessionOver,
    commands.EndsEarlier,
    planning.SessionTooLong,
    commands.WindowBusy,
]


class PreviewInput(serializers.Serializer):
    hall = serializers.CharField(max_length=12, help_text="A hall's `code`")
    kind = serializers.ChoiceField(HallSession.Kind.values)
    date = DayField(help_text="The service day; it stays this one after midnight")
    opens = serializers.TimeField(help_text="On the hall's wall, such as 18:30")
    closes = serializers.TimeField(help_text="At or before `opens`: on the next calendar day")
    windows = serializers.ListField(
        child=RowField(), required=False, max_length=60, help_text="`id`s; left out: all free"
    )
    booking_opens_at = InstantField(required=False, help_text="Left out: at once")


class SessionInput(PreviewInput):
    windows = serializers.ListField(child=RowField(), max_length=60, help_text="`id`s")


class PlannedSlotOutput(serializers.Serializer):
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    minutes = serializers.IntegerField(help_text="Window-minutes in all")
    online = serializers.IntegerField()
    assisted = serializers.IntegerField()
    walkin = serializers.IntegerField()


class PlacesOutput(serializers.Serializer):
    matter = serializers.CharField()
    places = serializers.IntegerField()


class WindowHereOutput(serializers.Serializer):
    id = serializers.IntegerField()
    number = serializers.IntegerField()


class BusyOutput(serializers.Serializer):
    number = serializers.IntegerField()
    session = serializers.IntegerField(source="session.pk")
    starts_at = serializers.DateTimeField(source="session.starts_at")
    ends_at = serializers.DateTimeField(source="session.ends_at")


class DayOutput(serializers.Serializer):
    is_workday = serializers.BooleanField()
    name = serializers.CharField(allow_blank=True, help_text="The holiday's name")
    confirmed = serializers.BooleanField(help_text="False: no notice published for that year")


class PreviewOutput(serializers.Serializer):
    hall = serializers.CharField(source="hall.code")
    kind = Word(HallSession.Kind.values)
    service_day = serializers.DateField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    ends_next_day = serializers.BooleanField()
    booking_opens_at = serializers.DateTimeField()
    slots = PlannedSlotOutput(many=True)
    places = serializers.SerializerMethodField(help_text="Online places, if all came for it")
    windows = WindowHereOutput(many=True)
    busy = BusyOutput(many=True, help_text="Chosen windows that are in another session")
    free = WindowHereOutput(many=True)
    staff_hours = serializers.FloatField()
    asked_in_vain = serializers.SerializerMethodField(help_text="People who found no place")
    day = DayOutput()

    @extend_schema_field(PlacesOutput(many=True))
    def get_places(self, plan: planning.SessionPreview) -> Any:
        matters = Matter.objects.filter(is_offered=True).order_by("position", "pk")
        rows = [{"matter": one.code, "places": plan.places(one.minutes)} for one in matters]
        return PlacesOutput(rows, many=True).data

    def get_asked_in_vain(self, plan: planning.SessionPreview) -> int:
        unmet = UnmetDemand.objects.filter(hall=plan.hall, service_day=plan.service_day)
        return unmet.aggregate(n=Sum("count"))["n"] or 0


class SlotQuotaOutput(serializers.Serializer):
    id = serializers.IntegerField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    is_open = serializers.BooleanField()
    minutes = serializers.IntegerField(help_text="Window-minutes; the quotas fill them exactly")
    online_quota = serializers.IntegerField()
    online_taken = serializers.IntegerField()
    assisted_quota = serializers.IntegerField()
    assisted_taken = serializers.IntegerField()
    walkin_quota = serializers.IntegerField()


class SessionOutput(serializers.Serializer):
    id = serializers.IntegerField()
    hall = serializers.CharField(source="hall.code")
    kind = Word(HallSession.Kind.values)
    state = Word(HallSession.State.values)
    service_day = serializers.DateField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    ends_next_day = serializers.SerializerMethodField()
    booking_opens_at = serializers.DateTimeField()
    windows = serializers.SerializerMethodField()
    slots = serializers.SerializerMethodField()

    def get_ends_next_day(self, session: HallSession) -> bool:
        return civil.city_date(session.ends_at) > session.service_day

    @extend_schema_field(WindowHereOutput(many=True))
    def get_windows(self, session: HallSession) -> Any:
        staffed = Window.objects.filter(staffed__session=session).order_by("number", "pk")
        return WindowHereOutput(staffed, many=True).data

    @extend_schema_field(SlotQuotaOutput(many=True))
    def get_slots(self, session: HallSession) -> Any:
        slots = session.slots.order_by("starts_at", "pk")
        return SlotQuotaOutput(slots, many=True).data


class ExtendInput(serializers.Serializer):
    ends_at = InstantField(help_text="Later than now; new slots are added")


class ChangeInput(serializers.Serializer):
    ends_at = InstantField(required=False, help_text="What if it ended then")
    cancel = serializers.BooleanField(required=False, help_text="What if it were cancelled")

    default_error_messages = {"one": _("Ask either about `ends_at` or about `cancel`.")}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs.get("cancel")) == ("ends_at" in attrs):
            raise serializers.ValidationError({"ends_at": [self.error_messages["one"]]})
        return attrs


class ChangeOutput(serializers.Serializer):
    people = serializers.IntegerField(help_text="Who would lose a place and be told")
    confirmed = serializers.IntegerField()
    arrived = serializers.IntegerField(help_text="Who have checked in, and are served")
    slots_added = serializers.IntegerField()
    minutes_added = serializers.IntegerField(help_text="Window-minutes")


class CancelOutput(SessionOutput):
    withdrawn = serializers.SerializerMethodField(help_text="Bookings that lost their place")

    def get_withdrawn(self, session: HallSession) -> int:
        lost = Booking.objects.filter(slot__session=session, state=Booking.State.WITHDRAWN)
        return lost.count()


def told(session: HallSession) -> dict[str, Any]:
    return dict(SessionOutput(session).data)


@contextmanager
def fields_of_the_api() -> Iterator[None]:
    """The commands say `day` where the API says `date`."""
    try:
        yield
    except Refusal as refusal:
        if refusal.field == "day":
            refusal.field = "date"
        raise


class SessionCall(StaffCall):
    """A call about sessions of a hall that one supervises."""

    def hall(self, code: str) -> tuple[Staff, Hall]:
        staff = staff_with(self.request, *ROLES)
        return staff, hall_for(staff, code, *ROLES)

    def session(self, pk: int) -> tuple[Staff, HallSession]:
        staff = staff_with(self.request, *ROLES)
        mine = HallSession.objects.filter(hall__in=halls_of(staff, *ROLES))
        session = mine.select_related("hall").filter(pk=pk).first()
        if session is None:
            raise NotFound
        return staff, session


def planned(asked: dict[str, Any], hall: Hall) -> dict[str, Any]:
    """The command's arguments from the answers. Refuses: WindowElsewhere."""
    ids = asked.get("windows")
    windows = None if ids is None else list(Window.objects.filter(hall=hall, pk__in=ids))
    if windows is not None and len(windows) < len(set(ids or ())):
        raise commands.WindowElsewhere
    named = {name: asked[name] for name in ("kind", "opens", "closes")}
    opens_at = asked.get("booking_opens_at")
    return {"hall": hall, "day": asked["date"], "windows": windows, **named} | {
        "booking_opens_at": opens_at
    }


class Preview(SessionCall):
    @described(
        "session_preview", "Supervise", takes=PreviewInput, gives=PreviewOutput, refuses=HOURS
    )
    def post(self, request: Request) -> Response:
        """What opening a session would do: places, windows, staff, waiting demand.

        Nothing is opened.
        """
        asked = self.read(PreviewInput)
        staff, hall = self.hall(asked["hall"])

        def run() -> dict[str, Any]:
            with fields_of_the_api():
                plan = planning.preview_session(**planned(asked, hall), now=self.now)
            return dict(PreviewOutput(plan).data)

        return self.run_once(run, actor=f"staff:{staff.pk}")


class Sessions(SessionCall):
    @described(
        "session_open",
        "Supervise",
        takes=SessionInput,
        gives=SessionOutput,
        made=201,
        refuses=[*HOURS, commands.HallClosed, commands.NoWindows, commands.WindowBusy],
    )
    def post(self, request: Request) -> Response:
        """Open a session; it can be booked at once unless `booking_opens_at` says later."""
        asked = self.read(SessionInput)
        staff, hall = self.hall(asked["hall"])

        def run() -> dict[str, Any]:
            with fields_of_the_api():
                return told(commands.open_session(**planned(asked, hall), by=staff, now=self.now))

        return self.run_once(run, actor=f"staff:{staff.pk}", made=status.HTTP_201_CREATED)


class Session(SessionCall):
    @described("session", "Supervise", gives=SessionOutput, unsafe=False)
    def get(self, request: Request, pk: int) -> Response:
        """A session with its slots and quotas."""
        return Response(told(self.session(pk)[1]))

    @described(
        "session_extend",
        "Supervise",
        takes=ExtendInput,
        gives=SessionOutput,
        refuses=[
            commands.SessionOver,
            commands.EndsEarlier,
            planning.SessionTooLong,
            commands.WindowBusy,
        ],
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Let the session end later; bookings and slots that are there stay as they are."""
        (staff, session), asked = self.session(pk), self.read(ExtendInput)

        def run() -> dict[str, Any]:
            commands.extend_session(session=session, by=staff, now=self.now, **asked)
            return told(self.session(pk)[1])

        return self.run_once(run, actor=f"staff:{staff.pk}")


class Undo(SessionCall):
    @described(
        "session_undo",
        "Supervise",
        gives=SessionOutput,
        refuses=[commands.HasBookings, commands.SessionOver],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Take an opening back, until the first booking."""
        staff, session = self.session(pk)

        def run() -> dict[str, Any]:
            commands.undo_session(session=session, by=staff, now=self.now)
            return told(self.session(pk)[1])

        return self.run_once(run, actor=f"staff:{staff.pk}")


class ChangePreview(SessionCall):
    @described(
        "session_change_preview",
        "Supervise",
        takes=ChangeInput,
        gives=ChangeOutput,
        refuses=EXTENDING,
    )
    def post(self, request: Request, pk: int) -> Response:
        """What extending or cancelling a session would do. Nothing is changed."""
        (staff, session), asked = self.session(pk), self.read(ChangeInput)

        def run() -> dict[str, Any]:
            if "ends_at" in asked:
                return _if_extended(session, asked["ends_at"], staff, self.now)
            return _if_cancelled(session, self.now)

        return self.run_once(run, actor=f"staff:{staff.pk}")


def _if_cancelled(session: HallSession, now: datetime) -> dict[str, int]:
    here = Booking.objects.filter(slot__session=session)
    coming = here.filter(state__in=["held", "confirmed"], slot__ends_at__gt=now)
    return {
        "people": coming.count(),
        "confirmed": coming.filter(state="confirmed").count(),
        "arrived": here.filter(state="arrived").count(),
        "slots_added": 0,
        "minutes_added": 0,
    }


def _if_extended(
    session: HallSession, ends_at: datetime, staff: Staff, now: datetime
) -> dict[str, Any]:
    """The very command, taken back at once: so the preview cannot differ from the change."""
    before = session.ends_at
    with transaction.atomic():
        commands.extend_session(session=session, ends_at=ends_at, by=staff, now=now)
        added = list(session.slots.filter(starts_at__gte=before))
        transaction.set_rollback(True)
    nobody = {"people": 0, "confirmed": 0, "arrived": 0}
    minutes = sum(slot.minutes for slot in added)
    return {**nobody, "slots_added": len(added), "minutes_added": minutes}


class Cancel(SessionCall):
    @described(
        "session_cancel",
        "Supervise",
        gives=CancelOutput,
        refuses=[commands.SessionOver],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Cancel a session; everyone who loses a place is told.

        One that has begun ends at once, and who has a number is served.
        """
        staff, session = self.session(pk)

        def run() -> dict[str, Any]:
            withdrawing.withdraw_session(session=session, by=staff, now=self.now)
            return dict(CancelOutput(self.session(pk)[1]).data)

        return self.run_once(run, actor=f"staff:{staff.pk}")
