"""What a clerk does with a window: leave it, pause, resume, hand it over."""

from collections.abc import Callable
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from queues import calling
from queues.handing_over import IsElsewhere, NotOneOfTheHall, hand_over
from windows.access import CLERK, SUPERVISOR
from windows.api.describing import described
from windows.api.plumbing import StaffCall, staff_window
from windows.api.windows import WindowOutput, told
from windows.models import Break, Staff
from windows.shifts import NotSignedIn, pause, resume


class PauseInput(serializers.Serializer):
    reason = serializers.ChoiceField(
        Break.Reason.values, required=False, default=Break.Reason.REST.value
    )


class HandOverInput(serializers.Serializer):
    to = serializers.CharField(max_length=150, help_text="User name of who takes over")


class ShiftCall(StaffCall):
    """A call of the person who is signed in at that window."""

    parser: ClassVar[type[serializers.Serializer]] = serializers.Serializer

    def act(
        self, request: Request, pk: int, command: Callable[[Staff, dict[str, Any]], object]
    ) -> Response:
        staff, window = staff_window(request, pk, CLERK, SUPERVISOR)
        asked = self.read(self.parser)

        def run() -> dict[str, Any]:
            if not staff.shifts.filter(window=window, period__upper_inf=True).exists():
                raise NotSignedIn
            command(staff, asked)
            return told([window], staff)[0]

        return self.run_once(run, actor=f"staff:{staff.pk}")


class SignOut(ShiftCall):
    @described(
        "window_sign_out",
        "Desk",
        gives=WindowOutput,
        refuses=[calling.StillServing, NotSignedIn],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Leave one's window."""
        return self.act(request, pk, lambda staff, _: calling.sign_out(staff=staff, now=self.now))


class Pause(ShiftCall):
    parser = PauseInput

    @described("window_pause", "Desk", takes=PauseInput, gives=WindowOutput, refuses=[NotSignedIn])
    def post(self, request: Request, pk: int) -> Response:
        """The window calls nobody until it is resumed; the break is kept with its reason."""
        return self.act(request, pk, lambda staff, asked: pause(staff=staff, now=self.now, **asked))


class Resume(ShiftCall):
    @described("window_resume", "Desk", gives=WindowOutput, refuses=[NotSignedIn])
    def post(self, request: Request, pk: int) -> Response:
        """The window calls again."""
        return self.act(request, pk, lambda staff, _: resume(staff=staff, now=self.now))


class HandOver(ShiftCall):
    parser = HandOverInput

    @described(
        "window_hand_over",
        "Desk",
        takes=HandOverInput,
        gives=WindowOutput,
        refuses=[NotSignedIn, NotOneOfTheHall, IsElsewhere],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Somebody else is at the window from now on; the person there stays."""
        return self.act(request, pk, self.command)

    def command(self, staff: Staff, asked: dict[str, Any]) -> None:
        to = Staff.objects.filter(username=asked["to"], is_active=True).first()
        if to is None:
            raise NotOneOfTheHall
        hand_over(staff=staff, to=to, now=self.now)
