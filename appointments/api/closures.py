"""Closings of halls, opening them again, and taking changes back. For supervisors."""

from typing import Any

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from appointments.api.change_shapes import ChangeOutput
from appointments.api.closure_shapes import (
    ChangeUndoneOutput,
    ClosedOutput,
    ClosureAskInput,
    ClosureInput,
    ClosureOutput,
    ReopenedOutput,
)
from appointments.api.sessions import ROLES, SessionCall
from appointments.changes import asking, undoing
from appointments.changes.reopening import NotClosed, reopen
from config.refusals import NotFound
from windows import sessions
from windows.access import halls_of
from windows.api.describing import described
from windows.api.plumbing import staff_with
from windows.models import Hall, HallClosure, SessionChange, Staff

CLOSING = [
    asking.ClosureInOrder,
    asking.ClosureInPast,
    asking.ClosureTooLong,
    asking.ClosedAlready,
]
UNDOING = [
    undoing.UndoTooLate,
    undoing.UndoBooked,
    undoing.UndoOvertaken,
    undoing.UndoShut,
    sessions.SessionOver,
    sessions.WindowJustTaken,
]


def told(closure: HallClosure) -> dict[str, Any]:
    return dict(ClosureOutput(closure).data)


class ClosureCall(SessionCall):
    """A call about closings of halls that one supervises."""

    def closure(self, pk: int) -> tuple[Staff, HallClosure]:
        staff = staff_with(self.request, *ROLES)
        mine = HallClosure.objects.filter(hall__in=halls_of(staff, *ROLES))
        closure = mine.select_related("hall").filter(pk=pk).first()
        if closure is None:
            raise NotFound
        return staff, closure

    def ask(self, asked: dict[str, Any], hall: Hall) -> asking.Ask:
        beside = [self.hall(code)[1].pk for code in asked["beside"] if code != hall.code]
        names = ("closes_at", "opens_at", "reason", "note_zh", "note_en")
        what = {name: asked[name] for name in names if name in asked}
        return asking.Ask.close(hall, **what, beside=tuple(sorted(set(beside))))


class ClosurePreview(ClosureCall):
    @described(
        "closure_preview", "Supervise", takes=ClosureAskInput, gives=ChangeOutput, refuses=CLOSING
    )
    def post(self, request: Request) -> Response:
        """What closing a hall would do: minutes by channel, who loses a place and which other
        one is proposed.

        Nothing is closed.
        """
        asked = self.read(ClosureAskInput)
        staff, hall = self.hall(asked["hall"])
        ask = self.ask(asked, hall)

        def run() -> dict[str, Any]:
            return dict(ChangeOutput(asking.preview_change(ask, now=self.now)).data)

        return self.run_once(run, actor=f"staff:{staff.pk}")


class Closures(ClosureCall):
    @described("closures", "Supervise", gives=ClosureOutput(many=True), unsafe=False)
    def get(self, request: Request) -> Response:
        """Closings of one's halls that run or come."""
        staff = staff_with(request, *ROLES)
        mine = HallClosure.objects.filter(hall__in=halls_of(staff, *ROLES))
        standing = mine.filter(reopened_at__isnull=True, period__endswith__gt=self.now)
        found = standing.select_related("hall").prefetch_related("changes")
        return Response(ClosureOutput(found.order_by("period", "hall__code"), many=True).data)

    @described(
        "closure_make",
        "Supervise",
        takes=ClosureInput,
        gives=ClosedOutput,
        made=201,
        refuses=[*CLOSING, asking.Changed],
    )
    def post(self, request: Request) -> Response:
        """Close a hall for a time: its times fall away, it gives no numbers.

        Who loses a place is moved to the best other one, offered it, or goes first on the
        waiting list; they are told when it can no longer be undone.
        """
        asked = self.read(ClosureInput)
        staff, hall = self.hall(asked["hall"])
        ask = self.ask(asked, hall)

        def run() -> dict[str, Any]:
            done = asking.apply_change(
                ask, by=staff, now=self.now, default=asked["people"], expect=asked["expect"]
            )
            assert done.closure is not None  # noqa: S101  it was a closing
            counts = {name: getattr(done, name) for name in ("moved", "offered", "withdrawn")}
            return {**told(done.closure), **counts}

        return self.run_once(run, actor=f"staff:{staff.pk}", made=status.HTTP_201_CREATED)


class Closure(ClosureCall):
    @described("closure", "Supervise", gives=ClosureOutput, unsafe=False)
    def get(self, request: Request, pk: int) -> Response:
        """A closing of a hall."""
        return Response(told(self.closure(pk)[1]))


class ClosureUndo(ClosureCall):
    @described("closure_undo", "Supervise", gives=ClosureOutput, refuses=UNDOING)
    def post(self, request: Request, pk: int) -> Response:
        """Take a closing back, until the first message has left; everybody stands where they
        stood."""
        staff, closure = self.closure(pk)

        def run() -> dict[str, Any]:
            return told(undoing.undo_closure(closure, by=staff, now=self.now))

        return self.run_once(run, actor=f"staff:{staff.pk}")


class Reopen(ClosureCall):
    @described("closure_reopen", "Supervise", gives=ReopenedOutput, refuses=[NotClosed])
    def post(self, request: Request, pk: int) -> Response:
        """Open a closed hall earlier than was said; who was cancelled and has no other place is
        offered the old one first."""
        staff, closure = self.closure(pk)

        def run() -> dict[str, Any]:
            done = reopen(closure, by=staff, now=self.now)
            return {**told(done.closure), "slots": done.slots, "asked": done.offered}

        return self.run_once(run, actor=f"staff:{staff.pk}")


class ChangeUndo(ClosureCall):
    @described("change_undo", "Supervise", gives=ChangeUndoneOutput, refuses=UNDOING)
    def post(self, request: Request, pk: int) -> Response:
        """Take a change of a session back, until its first effect outside: a message that left,
        an answer, a booking of what was added. The `change` is in the answer that made it; one
        that a closing made is taken back with the whole closing."""
        staff = staff_with(request, *ROLES)
        mine = SessionChange.objects.filter(session__hall__in=halls_of(staff, *ROLES), pk=pk)
        change = mine.first()
        if change is None:
            raise NotFound

        def run() -> dict[str, Any]:
            undoing.undo_change(change, by=staff, now=self.now)
            change.refresh_from_db()
            return dict(ChangeUndoneOutput(change).data)

        return self.run_once(run, actor=f"staff:{staff.pk}")
