"""The windows of a hall and who is there."""

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from windows import shifts
from windows.access import ADMIN, CLERK, SUPERVISOR
from windows.api.describing import described
from windows.api.plumbing import StaffCall, staff_hall, staff_window
from windows.models import Shift, Staff, Window


class WindowOutput(serializers.Serializer):
    id = serializers.IntegerField()
    number = serializers.IntegerField(help_text="What stands above the window")
    hall = serializers.CharField()
    matters = serializers.ListField(child=serializers.CharField())
    is_accessible = serializers.BooleanField()
    staff = serializers.CharField(allow_null=True, help_text="Who is there; null: free")
    is_mine = serializers.BooleanField()
    is_paused = serializers.BooleanField()


def told(windows: Iterable[Window], asker: Staff) -> list[dict[str, Any]]:
    """The windows as the API says them, with who is there; two queries more."""
    chosen = list(windows)
    here = Shift.objects.filter(window__in=chosen, period__upper_inf=True)
    at = {shift.window_id: shift for shift in here.select_related("staff")}
    return WindowOutput(
        [_told(window, at.get(window.pk), asker) for window in chosen], many=True
    ).data  # type: ignore[return-value]


def _told(window: Window, shift: Shift | None, asker: Staff) -> dict[str, Any]:
    return {
        "id": window.pk,
        "number": window.number,
        "hall": window.hall.code,
        "matters": sorted(matter.code for matter in window.matters.all()),
        "is_accessible": window.is_accessible,
        "staff": str(shift.staff) if shift else None,
        "is_mine": shift is not None and shift.staff_id == asker.pk,
        "is_paused": shift is not None and shift.is_paused,
    }


class Windows(StaffCall):
    @described("hall_windows", "Desk", gives=WindowOutput(many=True), unsafe=False)
    def get(self, request: Request, code: str) -> Response:
        """The windows of one's hall and who is there. For clerks and supervisors."""
        staff, hall = staff_hall(request, code, CLERK, SUPERVISOR, ADMIN)
        windows = Window.objects.filter(hall=hall, is_in_use=True).order_by("number", "pk")
        windows = windows.select_related("hall").prefetch_related("matters")
        return Response(told(windows, staff))


class SignIn(StaffCall):
    @described(
        "window_sign_in",
        "Desk",
        gives=WindowOutput,
        refuses=[shifts.WindowTaken, shifts.AlreadySignedIn],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Stand at a window from now on; signing in twice there changes nothing."""
        staff, window = staff_window(request, pk, CLERK, SUPERVISOR, lent_at=self.now)

        def run() -> dict[str, Any]:
            shifts.sign_in(staff=staff, window=window, now=self.now)
            return told([window], staff)[0]

        return self.run_once(run, actor=f"staff:{staff.pk}")
