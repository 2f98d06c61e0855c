"""The clerk's console: sign in at a window, call, serve, finish; one thing to do at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from appointments.pressing import SaidNo, fresh_key, press
from appointments.serving import console_of
from config import civil
from config.refusals import NotFound
from queues import calling
from queues.models import Ticket
from windows import shifts
from windows.access import CLERK, SUPERVISOR, halls_of, staff_page
from windows.models import Matter, Shift, Staff, Window

WHO = (CLERK, SUPERVISOR)


@dataclass(frozen=True)
class Press:
    """One pressed button: who, what it is about, when."""

    staff: Staff
    answers: dict[str, str]
    now: datetime

    def _row(self, model: Any, name: str, **within: Any) -> Any:
        number = self.answers.get(name, "")
        if not (number.isascii() and number.isdigit() and len(number) < 18):
            raise NotFound
        row = model.objects.filter(pk=int(number), **within).first()
        if row is None:
            raise NotFound
        return row

    @property
    def ticket(self) -> Ticket:
        return self._row(Ticket, "ticket", hall__in=halls_of(self.staff, *WHO))

    @property
    def window(self) -> Window:
        return self._row(Window, "window", hall__in=halls_of(self.staff, *WHO))

    @property
    def matter(self) -> Matter:
        return self._row(Matter, "matter", is_offered=True)

    @property
    def shift(self) -> Shift:
        shift = shifts.shift_of(self.staff)
        if shift is None:
            raise shifts.NotSignedIn
        return shift


def _next(press: Press) -> str:
    ticket = calling.call_next(window=press.shift.window, staff=press.staff, now=press.now)
    return _("%(number)s is being called.") % {"number": ticket.label}


def _finish(press: Press) -> str:
    return _how_it_goes_on(calling.finish(ticket=press.ticket, staff=press.staff, now=press.now))


def _how_it_goes_on(ticket: Ticket) -> str:
    """The visit is over, goes on here, or goes on at a window that serves what follows."""
    facts = {"number": ticket.label, "matter": ticket.matter.name}
    if ticket.state == Ticket.State.SERVING:
        return _("%(number)s goes on here: %(matter)s.") % facts
    if ticket.state == Ticket.State.WAITING:
        return _("%(number)s goes on at another window: %(matter)s. It is called there.") % facts
    return _("%(number)s is finished.") % facts


def _finish_next(press: Press) -> str:
    """Finishing stands even when there is nobody to call, or the person stays here."""
    ticket = calling.finish(ticket=press.ticket, staff=press.staff, now=press.now)
    done = _how_it_goes_on(ticket)
    if ticket.state == Ticket.State.SERVING:
        return done
    try:
        return f"{done} {_next(press)}"
    except (calling.NobodyWaiting, calling.WindowPaused) as refusal:
        return f"{done} {refusal}"


def _recall(press: Press) -> str:
    ticket = calling.recall(ticket=press.ticket, staff=press.staff, now=press.now)
    return _("%(number)s is called again.") % {"number": ticket.label}


def _start(press: Press) -> str:
    calling.start(ticket=press.ticket, staff=press.staff, now=press.now)
    return ""


def _no_show(press: Press) -> str:
    ticket = calling.no_show(ticket=press.ticket, staff=press.staff, now=press.now)
    return _("%(number)s was missed. The person can still come back.") % {"number": ticket.label}


def _park(press: Press) -> str:
    ticket = calling.park(ticket=press.ticket, staff=press.staff, now=press.now)
    return _("%(number)s is parked and keeps the place in line.") % {"number": ticket.label}


def _transfer(press: Press) -> str:
    ticket = calling.transfer(
        ticket=press.ticket, staff=press.staff, now=press.now, matter=press.matter
    )
    return _("%(number)s is back in line for another matter.") % {"number": ticket.label}


def _back(press: Press) -> str:
    ticket = calling.give_back(ticket=press.ticket, staff=press.staff, now=press.now)
    return _("%(number)s is back in line.") % {"number": ticket.label}


def _sign_in(press: Press) -> str:
    shifts.sign_in(staff=press.staff, window=press.window, now=press.now)
    return ""


def _sign_out(press: Press) -> str:
    calling.sign_out(staff=press.staff, now=press.now)
    return _("You are signed out of the window. Thank you.")


def _pause(press: Press) -> str:
    shifts.pause(staff=press.staff, now=press.now)
    return ""


def _resume(press: Press) -> str:
    shifts.resume(staff=press.staff, now=press.now)
    return ""


ACTIONS: dict[str, Callable[[Press], str]] = {
    "next": _next,
    "finish": _finish,
    "finish-next": _finish_next,
    "recall": _recall,
    "start": _start,
    "no-show": _no_show,
    "park": _park,
    "transfer": _transfer,
    "return": _back,
    "sign-in": _sign_in,
    "sign-out": _sign_out,
    "pause": _pause,
    "resume": _resume,
}


@never_cache
@staff_page(*WHO)
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """The window one stands at; before that, the windows one may choose."""
    return _desk(request, civil.now())


def _desk(request: HttpRequest, now: datetime, errors: list[str] | None = None) -> HttpResponse:
    status = 409 if errors else 200
    shift = shifts.shift_of(request.user)  # type: ignore[arg-type]
    context: dict[str, Any] = {"errors": errors, "key": fresh_key(), "now": civil.city_time(now)}
    if shift is None:
        context["windows"] = _windows(request)
        return render(request, "appointments/desk/choose.html", context, status=status)
    context["console"] = console_of(shift, now)
    return render(request, "appointments/desk/desk.html", context, status=status)


def _windows(request: HttpRequest) -> list[tuple[Window, Shift | None]]:
    halls = halls_of(request.user, *WHO)
    taken = Shift.objects.filter(period__upper_inf=True, window__hall__in=halls)
    by_window = {shift.window_id: shift for shift in taken.select_related("staff")}
    windows = Window.objects.filter(hall__in=halls, is_in_use=True).select_related("hall")
    windows = windows.prefetch_related("matters").order_by("hall__code", "number")
    return [(window, by_window.get(window.pk)) for window in windows[:200]]


@never_cache
@staff_page(*WHO)
@require_safe
def desk_line(request: HttpRequest) -> HttpResponse:
    """The part of the console that moves by itself: who comes next."""
    shift = shifts.shift_of(request.user)  # type: ignore[arg-type]
    if shift is None:
        return HttpResponse(status=204)
    context = {"console": console_of(shift, civil.now()), "key": fresh_key()}
    return render(request, "appointments/desk/_line.html", context)


@never_cache
@staff_page(*WHO)
@require_POST
def desk_do(request: HttpRequest, action: str) -> HttpResponse:
    """One button: done once for its key, however often it is pressed or sent again."""
    if action not in ACTIONS:
        raise NotFound
    now, answers = civil.now(), {name: request.POST.get(name, "") for name in request.POST}
    pressed = Press(request.user, answers, now)  # type: ignore[arg-type]
    about = [action, *(answers.get(name, "") for name in ("ticket", "window", "matter"))]
    try:
        told = press(
            request,
            actor=f"staff:{request.user.pk}",
            body="/".join(about),
            now=now,
            run=lambda: {"said": ACTIONS[action](pressed)},
        )
    except SaidNo as refusal:
        return _desk(request, now, [str(refusal)])
    if told["said"]:
        messages.success(request, told["said"])
    return redirect("appointments:desk")
