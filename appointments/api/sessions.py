"""Sessions: see what opening would do, open, extend, undo, cancel. For supervisors."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from appointments import drawing, releasing, withdrawing
from appointments.api.change_shapes import (
    ChangedOutput,
    ChangeInput,
    ChangeOutput,
    PatchInput,
    ask_of,
)
from appointments.api.session_shapes import (
    CancelOutput,
    PreviewInput,
    PreviewOutput,
    SessionInput,
    SessionOutput,
)
from appointments.changes import asking
from config import civil
from config.refusals import NotFound, Refusal
from windows import planning
from windows import sessions as commands
from windows.access import ADMIN, SUPERVISOR, hall_for, halls_of
from windows.api.describing import described
from windows.api.plumbing import StaffCall, staff_with
from windows.models import Hall, HallSession, SessionChange, Staff, Window

ROLES = (SUPERVISOR, ADMIN)
HOURS = [
    planning.SessionInPast,
    planning.SessionTooLong,
    planning.SessionTooShort,
    planning.SessionTooFar,
    commands.WindowElsewhere,
]
RELEASING = [
    releasing.OpensTooLate,
    releasing.RoomNeedsTime,
    releasing.RegistrationNeedsEnd,
    drawing.NothingToDraw,
    drawing.DrawEndsEarly,
    drawing.DrawEndsLate,
    drawing.DrawTooFar,
]
CHANGING = [
    commands.SessionOver,
    commands.EndsEarlier,
    commands.WindowElsewhere,
    commands.WindowBusy,
    commands.HallClosed,
    planning.SessionTooLong,
    planning.SessionTooShort,
    asking.NothingChanges,
    asking.NotShorter,
    asking.NotLonger,
    asking.NotASlotsStart,
    asking.TooLate,
    asking.ClosedAlready,
]
MOVING = [
    commands.NoWindows,
    planning.SessionInPast,
    planning.SessionTooFar,
    asking.HasDraw,
    asking.PeopleAreHere,
]


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
    release = releasing.Release(
        asked["release"], asked.get("booking_opens_at"), asked.get("registers_until")
    )
    return {"hall": hall, "day": asked["date"], "windows": windows, **named, "release": release}


class Preview(SessionCall):
    @described(
        "session_preview",
        "Supervise",
        takes=PreviewInput,
        gives=PreviewOutput,
        refuses=[*HOURS, *RELEASING],
    )
    def post(self, request: Request) -> Response:
        """What opening a session would do: places, windows, staff, waiting demand.

        Nothing is opened.
        """
        asked = self.read(PreviewInput)
        staff, hall = self.hall(asked["hall"])

        def run() -> dict[str, Any]:
            with fields_of_the_api():
                plan = releasing.preview_release(**planned(asked, hall), now=self.now)
            return dict(PreviewOutput(plan, context={"now": self.now}).data)

        return self.run_once(run, actor=f"staff:{staff.pk}")


class Sessions(SessionCall):
    @described(
        "session_open",
        "Supervise",
        takes=SessionInput,
        gives=SessionOutput,
        made=201,
        refuses=[
            *HOURS,
            *RELEASING,
            commands.HallClosed,
            commands.NoWindows,
            commands.WindowBusy,
            asking.ClosedAlready,
        ],
    )
    def post(self, request: Request) -> Response:
        """Open a session; it can be booked at once unless `booking_opens_at` says later.

        `release` may put a waiting room before that moment (`room`), or let a draw decide
        (`draw`): people register until `registers_until`.
        """
        asked = self.read(SessionInput)
        staff, hall = self.hall(asked["hall"])

        def run() -> dict[str, Any]:
            with fields_of_the_api():
                opened = releasing.open_released(**planned(asked, hall), by=staff, now=self.now)
                return told(opened)

        return self.run_once(run, actor=f"staff:{staff.pk}", made=status.HTTP_201_CREATED)


class Session(SessionCall):
    @described("session", "Supervise", gives=SessionOutput, unsafe=False)
    def get(self, request: Request, pk: int) -> Response:
        """A session with its slots and quotas."""
        return Response(told(self.session(pk)[1]))

    @described(
        "session_change",
        "Supervise",
        takes=PatchInput,
        gives=ChangedOutput,
        refuses=[*CHANGING, asking.Changed],
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Extend or cut a session: its hours, its windows.

        Who loses a place to a cut is moved to the best other one, offered it, or goes first
        on the waiting list; they are told when it can no longer be undone.
        """
        (staff, session), asked = self.session(pk), self.read(PatchInput)

        def run() -> dict[str, Any]:
            done = asking.apply_change(
                ask_of(session, asked),
                by=staff,
                now=self.now,
                default=asked["people"],
                expect=asked["expect"],
            )
            until = done.changes[0].undo_until
            return {
                **told(self.session(pk)[1]),
                "moved": done.moved,
                "offered": done.offered,
                "withdrawn": done.withdrawn,
                "undo_until": civil.city_time(until).isoformat() if until else None,
                "change": done.change.pk,
            }

        return self.run_once(run, actor=f"staff:{staff.pk}")


class Undo(SessionCall):
    @described(
        "session_undo",
        "Supervise",
        gives=SessionOutput,
        refuses=[asking.PeopleAreHere, commands.HasBookings, commands.SessionOver],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Take an opening back, until the first booking or number."""
        staff, session = self.session(pk)

        def run() -> dict[str, Any]:
            withdrawing.undo_opening(session=session, by=staff, now=self.now)
            return told(self.session(pk)[1])

        return self.run_once(run, actor=f"staff:{staff.pk}")


class ChangePreview(SessionCall):
    @described(
        "session_change_preview",
        "Supervise",
        takes=ChangeInput,
        gives=ChangeOutput,
        refuses=[*CHANGING, *MOVING],
    )
    def post(self, request: Request, pk: int) -> Response:
        """What extending, cutting, moving or cancelling a session would do: minutes by
        channel, staff, who loses a place and which other one is proposed.

        Nothing is changed.
        """
        (staff, session), asked = self.session(pk), self.read(ChangeInput)
        if "hall" in asked:
            asked["hall"] = self.hall(asked["hall"])[1]

        def run() -> dict[str, Any]:
            seen = asking.preview_change(ask_of(session, asked), now=self.now)
            return dict(ChangeOutput(seen, context={"now": self.now}).data)

        return self.run_once(run, actor=f"staff:{staff.pk}")


class Cancel(SessionCall):
    @described(
        "session_cancel",
        "Supervise",
        gives=CancelOutput,
        refuses=[commands.SessionOver, asking.PeopleAreHere, asking.Changed],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Cancel a session; everyone who loses a place is told.

        One that has begun ends at once, and who has a number is served.
        """
        staff, session = self.session(pk)

        def run() -> dict[str, Any]:
            done = withdrawing.withdraw_session(session=session, by=staff, now=self.now)
            mine = session.changes.filter(kind=SessionChange.Kind.CANCEL, undone_at__isnull=True)
            change = mine.order_by("-pk").values_list("pk", flat=True).first()
            return {
                **told(self.session(pk)[1]), "withdrawn": done.withdrawn, "change": change
            }  # fmt: skip

        return self.run_once(run, actor=f"staff:{staff.pk}")
