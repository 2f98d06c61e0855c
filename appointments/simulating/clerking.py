"""Simulated clerks: each stands at one window and uses the commands that real ones use."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from config.refusals import Refusal
from queues.calling import (
    NobodyWaiting,
    WindowPaused,
    call_next,
    finish,
    give_back,
    no_show,
    park,
    recall,
    start,
)
from queues.models import Call, Ticket
from queues.picking_one import call_this
from queues.rating import rate
from windows.models import Break, Shift, Staff, Window
from windows.shifts import NotSignedIn, pause, resume, sign_in

State = Ticket.State
Later = Callable[[float, Callable[[datetime], None]], None]
ABSENT, STEPS_ASIDE, COMES_BACK, RATES = 0.05, 0.03, 0.6, 0.35
LEVELS = [(5, 70), (4, 20), (3, 6), (2, 3), (1, 1)]
RESTS, PICKED = 0.03, 0.3  # when nobody waits; of those who come back from a form
COURTESY = timedelta(minutes=3)


@dataclass
class Pace:
    """Seconds between the steps of a service, from and to."""

    to_start: tuple[float, float]
    service: tuple[float, float]
    to_next: tuple[float, float]


BRISKER = Pace((4, 8), (12, 22), (2, 5))  # two windows that keep a whole board moving
BRISK = Pace((5, 10), (18, 42), (3, 8))  # the first halls: their boards are watched
USUAL = Pace((8, 25), (70, 170), (8, 25))


@dataclass
class Clerk:
    """One clerk at one window. `act` does the next step and says when the one after is due."""

    staff: Staff
    window: Window
    pace: Pace
    later: Later
    luck: Random
    beside_people: bool = False  # real people may be at the other windows of this hall
    absent: set[int] = field(default_factory=set)

    def act(self, now: datetime) -> float:
        try:
            return self._step(now)
        except NotSignedIn:
            sign_in(staff=self.staff, window=self.window, now=now)
            return 1
        except WindowPaused:
            resume(staff=self.staff, now=now)
            return self.luck.uniform(1, 4)
        except NobodyWaiting:
            return self._rest(now) if self.luck.random() < RESTS else self.luck.uniform(6, 15)

    def _rest(self, now: datetime) -> float:
        """A break: the next step finds the window paused and resumes it."""
        pause(staff=self.staff, now=now, reason=self.luck.choice(Break.Reason.values))
        return self.luck.uniform(40, 120)

    def _step(self, now: datetime) -> float:
        at = Ticket.objects.filter(window=self.window, state__in=[State.CALLED, State.SERVING])
        ticket = at.first()
        if ticket is None:
            return self._call(now)
        if ticket.state == State.CALLED:
            return self._receive(ticket, now)
        return self._end(ticket, now)

    def _call(self, now: datetime) -> float:
        if self.beside_people and is_for_people(self.window, now):
            return 5
        ticket = call_next(window=self.window, staff=self.staff, now=now)
        if ticket.is_simulated and self.luck.random() < ABSENT:
            self.absent.add(ticket.pk)
            return self.luck.uniform(22, 30)
        return self._seconds(self.pace.to_start, ticket)

    def _receive(self, ticket: Ticket, now: datetime) -> float:
        """The person comes to the window, or is called again and marked as missed."""
        if ticket.pk not in self.absent:
            start(ticket=ticket, staff=self.staff, now=now)
            return self._seconds(self.pace.service, ticket)
        if ticket.round < 3:
            recall(ticket=ticket, staff=self.staff, now=now)
            return self.luck.uniform(22, 30)
        no_show(ticket=ticket, staff=self.staff, now=now)
        self.absent.discard(ticket.pk)
        if self.luck.random() < COMES_BACK:
            self._comes_back(ticket, self.luck.uniform(40, 150))
        return self.luck.uniform(*self.pace.to_next)

    def _end(self, ticket: Ticket, now: datetime) -> float:
        if ticket.is_simulated and self.luck.random() < STEPS_ASIDE:
            park(ticket=ticket, staff=self.staff, now=now)
            self._comes_back(ticket, self.luck.uniform(30, 90))
        else:
            done = finish(ticket=ticket, staff=self.staff, now=now)
            if ticket.is_simulated and self.luck.random() < RATES:
                self.later(self.luck.uniform(5, 60), lambda at: self._rate(done, at))
        return self.luck.uniform(*self.pace.to_next)

    def _comes_back(self, ticket: Ticket, seconds: float) -> None:
        def back(now: datetime) -> None:
            if self.luck.random() < PICKED and self._picks(ticket, now):
                return
            give_back(ticket=ticket, staff=self.staff, now=now)

        self.later(seconds, back)

    def _picks(self, ticket: Ticket, now: datetime) -> bool:
        """Calls somebody who stands at the window again, when it is free and they may."""
        back = Call.Picked.BACK
        try:
            call_this(ticket=ticket, window=self.window, staff=self.staff, reason=back, now=now)
        except Refusal:
            return False
        return True

    def _rate(self, ticket: Ticket, now: datetime) -> None:
        level = self.luck.choices([n for n, _ in LEVELS], [w for _, w in LEVELS])[0]
        reasons = ["waiting"] if level < 4 else []
        rate(ticket=ticket, level=level, reasons=reasons, now=now)

    def _seconds(self, span: tuple[float, float], ticket: Ticket) -> float:
        """A real person gets a little more time to look around."""
        return self.luck.uniform(*span) * (1 if ticket.is_simulated else 2)


def is_for_people(window: Window, now: datetime) -> bool:
    """Whether the next in line is a real visitor whom a real clerk can call just now.

    The simulated clerks leave the visitor to that clerk for a while; not when that clerk
    is busy with somebody, or the whole hall would stand still.
    """
    matters = list(window.matters.values_list("pk", flat=True))
    line = Ticket.objects.waiting().filter(hall_id=window.hall_id, matter_id__in=matters)
    first = line.in_calling_order().first()
    if first is None or first.is_simulated:
        return False
    if now > max(first.rank_at, first.issued_at) + COURTESY:
        return False
    signed_in = Shift.objects.filter(
        window__hall_id=window.hall_id, window__matters=first.matter_id, period__upper_inf=True,
        is_paused=False,
    )  # fmt: skip
    busy = Ticket.objects.filter(
        hall_id=window.hall_id, state__in=[State.CALLED, State.SERVING], window__isnull=False
    )
    free = signed_in.exclude(window__in=busy.values("window"))
    return free.exclude(staff__username__contains="-window-").exists()
