"""What a clerk does with numbers: call, recall, start, finish, miss, park, send on, return."""

from collections.abc import Callable
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.refusals import NotFound
from queues import calling, handing_on, missing, picking_one
from queues.api.tickets import TicketOutput, told
from queues.issuing import HallClosed, MatterNotServed
from queues.models import Call as CallRow
from queues.models import Ticket
from windows.access import CLERK, GUIDE, SUPERVISOR, halls_of
from windows.api.describing import described
from windows.api.plumbing import StaffCall, staff_window, staff_with
from windows.closing_halls import HallShut
from windows.models import Hall, Matter, Staff, Window
from windows.shifts import NotSignedIn

AT_WINDOW = [calling.NotPossibleNow, calling.NotAtYourWindow]


class FinishInput(serializers.Serializer):
    outcome = serializers.ChoiceField(
        sorted(calling.OUTCOMES), required=False, help_text="`done` when left out"
    )


def some_matter(**more: Any) -> serializers.SlugRelatedField:
    offered = Matter.objects.filter(is_offered=True)
    return serializers.SlugRelatedField(
        "code", queryset=offered, required=False, allow_null=True, **more
    )


class TransferInput(serializers.Serializer):
    matter = some_matter(help_text="Another matter; left out: the same")
    window = serializers.PrimaryKeyRelatedField(
        queryset=Window.objects.filter(is_in_use=True),
        required=False,
        allow_null=True,
        help_text="`id` of the window that goes on; left out: whoever is free",
    )


class ToHallInput(serializers.Serializer):
    hall = serializers.SlugRelatedField("code", queryset=Hall.objects.all())
    matter = some_matter(help_text="Another matter; left out: the same")


class PickInput(serializers.Serializer):
    window = serializers.PrimaryKeyRelatedField(
        queryset=Window.objects.filter(is_in_use=True), help_text="`id` of one's window"
    )
    reason = serializers.ChoiceField(CallRow.Picked.values)
    note = serializers.CharField(
        max_length=120, required=False, allow_blank=True, help_text="Needed for `other`"
    )


class CallNext(StaffCall):
    @described(
        "window_call_next",
        "Desk",
        gives=TicketOutput,
        refuses=[
            calling.NobodyWaiting,
            calling.StillServing,
            calling.WindowPaused,
            NotSignedIn,
        ],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Call the first person in line whom this window can serve. For its clerk."""
        staff, window = staff_window(request, pk, CLERK, SUPERVISOR)

        def run() -> dict[str, Any]:
            return told(calling.call_next(window=window, staff=staff, now=self.now), self.now)

        return self.run_once(run, actor=f"staff:{staff.pk}")


class TicketCall(StaffCall):
    """What a clerk does with a ticket; `id` is its `id` or its `public_id`."""

    command: ClassVar[Callable[..., Ticket]]
    roles: ClassVar[tuple[str, ...]] = (CLERK, SUPERVISOR)
    parser: ClassVar[type[serializers.Serializer]] = serializers.Serializer

    def act(self, request: Request, ticket_id: str) -> Response:
        staff = staff_with(request, *self.roles)
        ticket, asked = self.ticket_of(staff, ticket_id), self.read(self.parser)

        def run() -> dict[str, Any]:
            done = type(self).command(ticket=ticket, staff=staff, now=self.now, **asked)
            return told(done, self.now)

        return self.run_once(run, actor=f"staff:{staff.pk}")

    def ticket_of(self, staff: Staff, ticket_id: str) -> Ticket:
        """A ticket of a hall in which the person has the role."""
        mine = Ticket.objects.filter(hall__in=halls_of(staff, *self.roles))
        by_row = ticket_id.isdigit() and len(ticket_id) <= 18
        found = mine.filter(pk=int(ticket_id)) if by_row else mine.filter(public_id=ticket_id)
        ticket = found.first()
        if ticket is None:
            raise NotFound
        return ticket


class Recall(TicketCall):
    command = staticmethod(calling.recall)

    @described(
        "ticket_recall", "Desk", gives=TicketOutput, refuses=[*AT_WINDOW, calling.JustCalled]
    )
    def post(self, request: Request, ticket_id: str) -> Response:
        """Call the called person once more."""
        return self.act(request, ticket_id)


class Start(TicketCall):
    command = staticmethod(calling.start)

    @described("ticket_start", "Desk", gives=TicketOutput, refuses=AT_WINDOW)
    def post(self, request: Request, ticket_id: str) -> Response:
        """The called person is at the window."""
        return self.act(request, ticket_id)


class Finish(TicketCall):
    command = staticmethod(calling.finish)
    parser = FinishInput

    @described("ticket_finish", "Desk", takes=FinishInput, gives=TicketOutput, refuses=AT_WINDOW)
    def post(self, request: Request, ticket_id: str) -> Response:
        """The present matter is done, and with the last one the visit is over.

        When another matter follows, the ticket is `serving` it here, or `waiting` with its
        old rank for a window that serves it. One that was never started counts from its call.
        """
        return self.act(request, ticket_id)


class NoShow(TicketCall):
    command = staticmethod(calling.no_show)

    @described(
        "ticket_no_show", "Desk", gives=TicketOutput, refuses=[*AT_WINDOW, calling.TooFewCalls]
    )
    def post(self, request: Request, ticket_id: str) -> Response:
        """The called person did not come; the number is missed and can return."""
        return self.act(request, ticket_id)


class Park(TicketCall):
    command = staticmethod(calling.park)

    @described("ticket_park", "Desk", gives=TicketOutput, refuses=AT_WINDOW)
    def post(self, request: Request, ticket_id: str) -> Response:
        """The person steps aside (a form, a photo) and keeps the rank."""
        return self.act(request, ticket_id)


class Transfer(TicketCall):
    command = staticmethod(handing_on.transfer)
    parser = TransferInput

    @described(
        "ticket_transfer",
        "Desk",
        takes=TransferInput,
        gives=TicketOutput,
        refuses=[*AT_WINDOW, MatterNotServed, handing_on.WindowNotOpen],
    )
    def post(self, request: Request, ticket_id: str) -> Response:
        """Back in line with the old rank, for another matter or for one window.

        A window that is named calls the number as long as somebody is there.
        """
        return self.act(request, ticket_id)


class ToHall(TicketCall):
    command = staticmethod(handing_on.transfer_to_hall)
    parser = ToHallInput

    @described(
        "ticket_to_hall",
        "Desk",
        takes=ToHallInput,
        gives=TicketOutput,
        refuses=[*AT_WINDOW, MatterNotServed, HallClosed, HallShut],
    )
    def post(self, request: Request, ticket_id: str) -> Response:
        """The person goes on in another hall; the answer is the number there.

        The old number is `void`; the rank stays.
        """
        return self.act(request, ticket_id)


class Pick(TicketCall):
    command = staticmethod(picking_one.call_this)
    parser = PickInput

    @described(
        "ticket_call",
        "Desk",
        takes=PickInput,
        gives=TicketOutput,
        refuses=[
            calling.NotPossibleNow,
            calling.StillServing,
            calling.WindowPaused,
            NotSignedIn,
            picking_one.NoteNeeded,
            picking_one.NotServedHere,
            picking_one.OneCallFirst,
        ],
    )
    def post(self, request: Request, ticket_id: str) -> Response:
        """Call this person, who waits or is parked, and not the next in line.

        Going before people of a lower rank is possible at most once in three calls of the
        hall.
        """
        return self.act(request, ticket_id)


class GiveBack(TicketCall):
    command = staticmethod(missing.give_back)
    roles = (CLERK, GUIDE, SUPERVISOR)

    @described(
        "ticket_return",
        "Desk",
        gives=TicketOutput,
        refuses=[calling.NotPossibleNow, calling.MissedTooOften],
    )
    def post(self, request: Request, ticket_id: str) -> Response:
        """A parked or missed person is in line again."""
        return self.act(request, ticket_id)


class NewNumber(TicketCall):
    command = staticmethod(missing.come_again)
    roles = (CLERK, GUIDE, SUPERVISOR)

    @described(
        "ticket_new_number",
        "Desk",
        gives=TicketOutput,
        refuses=[calling.NotPossibleNow, MatterNotServed],
    )
    def post(self, request: Request, ticket_id: str) -> Response:
        """A new number for somebody whose number was missed three times and is void."""
        return self.act(request, ticket_id)
