"""The buttons of the clerk's console: each runs one command and says what became true."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from appointments.desk_forms import (
    BreakForm,
    FinishForm,
    HandOverForm,
    PauseForm,
    PickForm,
    TransferForm,
)
from config.refusals import NotFound
from queues import calling, handing_on, handing_over, missing
from queues.models import Ticket
from queues.picking_one import call_this
from windows import breaks, rostering, shifts
from windows.access import CLERK, SUPERVISOR, halls_of
from windows.lending import halls_lent_to
from windows.models import Break, Hall, Matter, PlannedBreak, Shift, Staff, Window

WHO = (CLERK, SUPERVISOR)


def desk_halls(staff: Staff, now: datetime) -> QuerySet[Hall]:
    """The halls at whose windows the person may stand: one's own, and those one is lent to."""
    return halls_of(staff, *WHO) | halls_lent_to(staff, now)


@dataclass(frozen=True)
class Press:
    """One pressed button: who, what it is about, when; `said` are the form's clean answers."""

    staff: Staff
    answers: dict[str, str]
    now: datetime
    said: dict[str, Any] = field(default_factory=dict)

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
        return self._row(Window, "window", hall__in=desk_halls(self.staff, self.now))

    @property
    def matter(self) -> Matter:
        return self._row(Matter, "matter", is_offered=True)

    @property
    def colleague(self) -> Staff:
        return self._row(Staff, "to", is_active=True)

    @property
    def planned(self) -> PlannedBreak:
        return self._row(PlannedBreak, "planned", window__hall__in=halls_of(self.staff, *WHO))

    @property
    def hall(self) -> Hall:
        hall = Hall.objects.filter(code=self.said["to_hall"], is_open=True).first()
        if hall is None:
            raise NotFound
        return hall

    @property
    def shift(self) -> Shift:
        shift = shifts.shift_of(self.staff)
        if shift is None:
            raise shifts.NotSignedIn
        return shift


@dataclass(frozen=True)
class Button:
    """What a button runs, and the form of its small choice, when it has one."""

    run: Callable[[Press], str]
    form: type[forms.Form] | None = None


def _next(press: Press) -> str:
    ticket = calling.call_next(window=press.shift.window, staff=press.staff, now=press.now)
    return _("%(number)s is being called.") % {"number": ticket.label}


def _pick(press: Press) -> str:
    ticket = call_this(
        ticket=press.ticket,
        window=press.shift.window,
        staff=press.staff,
        reason=press.said["reason"],
        note=press.said["note"],
        now=press.now,
    )
    return _("%(number)s is being called.") % {"number": ticket.label}


def _finish(press: Press) -> str:
    outcome = press.said.get("outcome") or Ticket.Outcome.DONE
    ticket = calling.finish(ticket=press.ticket, staff=press.staff, now=press.now, outcome=outcome)
    return _how_it_goes_on(ticket)


def _how_it_goes_on(ticket: Ticket) -> str:
    """The visit is over, goes on here, or goes on at a window that serves what follows."""
    facts = {"number": ticket.label, "matter": ticket.matter.name}
    if ticket.state == Ticket.State.SERVING:
        return _("%(number)s goes on here: %(matter)s.") % facts
    if ticket.state == Ticket.State.WAITING:
        return _("%(number)s goes on at another window: %(matter)s. It is called there.") % facts
    if ticket.outcome == Ticket.Outcome.DONE:
        return _("%(number)s is finished.") % facts
    ended = {**facts, "outcome": Ticket.Outcome(ticket.outcome).label}
    return _("%(number)s is finished: %(outcome)s.") % ended


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
    ticket = missing.no_show(ticket=press.ticket, staff=press.staff, now=press.now)
    if ticket.state == Ticket.State.VOID:
        return _(
            "%(number)s was missed three times and is void. Who still comes gets a new number."
        ) % {"number": ticket.label}
    return _("%(number)s was missed. The person can still come back.") % {"number": ticket.label}


def _park(press: Press) -> str:
    ticket = calling.park(ticket=press.ticket, staff=press.staff, now=press.now)
    return _("%(number)s is parked and keeps the place in line.") % {"number": ticket.label}


def _transfer(press: Press) -> str:
    if press.said["to"] == "hall":
        return _to_hall(press)
    to: dict[str, Any] = {"window": press.window} if press.said["window"] else {}
    if press.said["matter"]:
        to["matter"] = press.matter
    ticket = handing_on.transfer(ticket=press.ticket, staff=press.staff, now=press.now, **to)
    facts = {"number": ticket.label, "matter": ticket.matter.name}
    if ticket.only_window:
        there = {**facts, "window": ticket.only_window.number}
        return _("%(number)s goes on at window %(window)s, which calls it.") % there
    return _("%(number)s is back in line for: %(matter)s.") % facts


def _to_hall(press: Press) -> str:
    ticket = press.ticket
    new = handing_on.transfer_to_hall(
        ticket=ticket, staff=press.staff, hall=press.hall, now=press.now
    )
    facts = {"number": ticket.label, "new": new.label, "hall": new.hall.name}
    return _("%(number)s goes on in %(hall)s as %(new)s: tell the person the new number.") % facts


def _back(press: Press) -> str:
    ticket = missing.give_back(ticket=press.ticket, staff=press.staff, now=press.now)
    return _("%(number)s is back in line.") % {"number": ticket.label}


def _again(press: Press) -> str:
    new = missing.come_again(ticket=press.ticket, staff=press.staff, now=press.now)
    return _("The new number is %(number)s: tell it to the person.") % {"number": new.label}


def _sign_in(press: Press) -> str:
    """Stands whatever the roster says; what it says otherwise is told."""
    window = press.window
    shifts.sign_in(staff=press.staff, window=window, now=press.now)
    return _otherwise_planned(press, window)


def _otherwise_planned(press: Press, window: Window) -> str:
    planned = rostering.planned_at(window, press.now)
    if planned is not None and planned.staff_id != press.staff.pk:
        facts = {"name": planned.staff, "number": window.number}
        return _("You are signed in. By the roster %(name)s stands at window %(number)s.") % facts
    mine = rostering.window_of(press.staff, press.now)
    if mine is not None and mine.pk != window.pk:
        facts = {"number": mine.number, "hall": mine.hall.name}
        said = _("You are signed in. By the roster you stand at window %(number)s, %(hall)s.")
        return said % facts
    return ""


def _sign_out(press: Press) -> str:
    calling.sign_out(staff=press.staff, now=press.now)
    return _("You are signed out of the window. Thank you.")


def _hand_over(press: Press) -> str:
    shift = handing_over.hand_over(staff=press.staff, to=press.colleague, now=press.now)
    return _("Window %(window)s is handed over to %(who)s. Thank you.") % {
        "window": shift.window.number,
        "who": shift.staff,
    }


def _pause(press: Press) -> str:
    reason = press.said.get("reason") or Break.Reason.REST
    shifts.pause(staff=press.staff, now=press.now, reason=reason)
    return ""


def _resume(press: Press) -> str:
    shifts.resume(staff=press.staff, now=press.now)
    return ""


def _plan_break(press: Press) -> str:
    at, minutes = press.said["at"], press.said["minutes"]
    breaks.plan(window=press.shift.window, at=at, minutes=minutes, staff=press.staff, now=press.now)
    return _("A break is planned at %(at)s for %(minutes)s minutes.") % {
        "at": f"{at:%H:%M}",
        "minutes": minutes,
    }


def _drop_break(press: Press) -> str:
    breaks.drop(planned=press.planned, staff=press.staff)
    return _("The planned break is off.")


BUTTONS: dict[str, Button] = {
    "next": Button(_next),
    "pick": Button(_pick, PickForm),
    "finish": Button(_finish, FinishForm),
    "finish-next": Button(_finish_next),
    "recall": Button(_recall),
    "start": Button(_start),
    "no-show": Button(_no_show),
    "park": Button(_park),
    "transfer": Button(_transfer, TransferForm),
    "return": Button(_back),
    "come-again": Button(_again),
    "sign-in": Button(_sign_in),
    "sign-out": Button(_sign_out),
    "hand-over": Button(_hand_over, HandOverForm),
    "pause": Button(_pause, PauseForm),
    "resume": Button(_resume),
    "plan-break": Button(_plan_break, BreakForm),
    "drop-break": Button(_drop_break),
}
