"""What in a hall asks for a decision now, and which remedies fit; the most pressing first.

Thresholds are rules (`alert_...` in windows/rules.py), so a hall can have its own.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appointments import saying
from appointments.models import Booking
from appointments.standing import WindowNow
from queues.board import Board
from queues.estimating import Foreseen
from windows.models import Hall

NAMES = [
    "alert_waiting",
    "alert_longest_minutes",
    "alert_wait_minutes",
    "alert_silent_minutes",
    "alert_serving_minutes",
    "alert_late_minutes",
    "alert_no_shows_percent",
    "alert_no_shows_least",
    "alert_after_closing",
    "checkin_late_minutes",
]
CAME = [Booking.State.ARRIVED, Booking.State.SERVED]
DID_NOT = [Booking.State.CONFIRMED, Booking.State.NO_SHOW]
WINDOW, EXTEND, QUOTA, HELP = "window", "extend", "quota", "help"
NUMBERS = "numbers"  # of a kiosk, to be decided about on a page of their own


@dataclass(frozen=True)
class Alert:
    """One thing to decide upon: in words, how pressing, what helps."""

    code: str
    text: str
    kind: str = "bad"
    remedies: tuple[str, ...] = ()
    matter: str = ""  # whom nobody serves


@dataclass(frozen=True)
class Arrivals:
    """What became of today's booked people: who is due came or did not, the rest is to come."""

    booked: int
    due: int
    missed: int

    @property
    def to_come(self) -> int:
        return self.booked - self.due

    @property
    def percent(self) -> int:
        return round(100 * self.missed / self.due) if self.due else 0


@dataclass(frozen=True)
class Facts:
    """What the alerts of a hall are made from."""

    now: datetime
    board: Board
    foreseen: Foreseen
    windows: list[WindowNow]
    arrivals: Arrivals
    matters: dict[str, int]  # code -> matter
    online_left: int  # window-minutes of the rest of the day that nobody booked
    rules: dict[str, int]
    doubtful: int = 0  # numbers of a cut-off kiosk that wait for a decision


def arrivals_of(hall: Hall, day: date, *, due_before: datetime) -> Arrivals:
    """Booked people of the service day; due is whose time began before that instant, and who
    came earlier. One query."""
    booked = Booking.objects.filter(hall=hall, service_day=day, state__in=[*CAME, *DID_NOT])
    begun = Q(starts_at__lte=due_before)
    counted = booked.aggregate(
        all=Count("pk"),
        due=Count("pk", filter=begun | Q(state__in=[*CAME, Booking.State.NO_SHOW])),
        missed=Count("pk", filter=Q(state__in=DID_NOT) & begun),
    )
    return Arrivals(booked=counted["all"], due=counted["due"], missed=counted["missed"])


def alerts_of(facts: Facts) -> list[Alert]:
    """What asks for a decision now, the most pressing first."""
    found = [
        *_doubtful(facts),
        *_line(facts),
        *_unserved(facts),
        *_waits(facts),
        *_windows(facts),
        *_bookings(facts),
        *_closing(facts),
        *_walk_ins(facts),
    ]
    return sorted(found, key=lambda one: one.kind != "bad")


def _doubtful(facts: Facts) -> Iterator[Alert]:
    """Somebody may stand in the hall with a number that nobody will call."""
    if facts.doubtful:
        said = ngettext(
            "%(n)s number that a kiosk gave waits for your decision.",
            "%(n)s numbers that kiosks gave wait for your decision.",
            facts.doubtful,
        )
        yield Alert("doubtful", said % {"n": facts.doubtful}, remedies=(NUMBERS,))


def _line(facts: Facts) -> Iterator[Alert]:
    board, rules = facts.board, facts.rules
    if board.waiting and not any(window.is_staffed for window in facts.windows):
        said = _("People are waiting and no window is staffed.")
        yield Alert("nobody_there", said, remedies=(WINDOW, HELP))
    if board.waiting >= rules["alert_waiting"]:
        said = ngettext("%(n)s person is waiting.", "%(n)s people are waiting.", board.waiting)
        yield Alert("waiting", said % {"n": board.waiting}, remedies=(WINDOW, QUOTA, HELP))
    if board.waiting and board.longest_minutes >= rules["alert_longest_minutes"]:
        said = _("Somebody has been waiting for %(n)s minutes.") % {"n": board.longest_minutes}
        yield Alert("longest", said, remedies=(WINDOW, HELP))


def _unserved(facts: Facts) -> Iterator[Alert]:
    """People wait for what no open window serves, and none is planned to."""
    if not any(window.is_staffed for window in facts.windows):
        return
    for wait in facts.board.waits:
        if wait.waiting and wait.estimate is None:
            said = ngettext(
                "%(n)s person waits for “%(matter)s”, and no open window serves it.",
                "%(n)s people wait for “%(matter)s”, and no open window serves it.",
                wait.waiting,
            )
            words = said % {"n": wait.waiting, "matter": wait.name}
            yield Alert("unserved", words, remedies=(WINDOW,), matter=wait.code)


def _waits(facts: Facts) -> Iterator[Alert]:
    """How long the next ones will wait, when that is long."""
    known = [wait for wait in facts.board.known_waits if wait.waiting and wait.estimate]
    worst = max(known, key=lambda wait: wait.estimate.most if wait.estimate else 0, default=None)
    if worst is None or worst.estimate is None:
        return
    if worst.estimate.most >= facts.rules["alert_wait_minutes"]:
        said = _("Who comes now for “%(matter)s” waits %(half)s to %(most)s minutes.") % {
            "matter": worst.name,
            "half": worst.estimate.half,
            "most": worst.estimate.most,
        }
        remedies = (WINDOW, QUOTA, HELP)
        yield Alert("long_wait", said, remedies=remedies, matter=worst.code)


def _windows(facts: Facts) -> Iterator[Alert]:
    for window in facts.windows:
        if found := _of_window(window, facts):
            yield found


def _of_window(window: WindowNow, facts: Facts) -> Alert | None:
    """The one thing to know of a window: nobody came, one person very long, silence."""
    rules, minutes = facts.rules, window.minutes or 0
    told = {"number": window.number, "who": window.clerk or window.planned}
    if not window.is_staffed:
        if not window.planned or window.late_minutes < rules["alert_late_minutes"]:
            return None
        said = _("Window %(number)s: %(who)s has been planned for %(n)s minutes and is not there.")
        told["n"] = window.late_minutes
        return Alert("late", said % told, "warn", (WINDOW,))
    if window.is_serving:
        if minutes < rules["alert_serving_minutes"]:
            return None
        said = _("Window %(number)s: %(who)s has been with %(ticket)s for %(n)s minutes.")
        return Alert("serving", said % {**told, "ticket": window.ticket, "n": minutes}, "warn")
    quiet = minutes if window.is_paused else window.quiet_minutes
    waiting = _waiting_for(window, facts)
    if not waiting or quiet < rules["alert_silent_minutes"]:
        return None
    told |= {"n": quiet, "waiting": saying.people_words(waiting)}
    if window.is_paused:
        said = _("Window %(number)s: %(who)s has paused for %(n)s minutes.")
    else:
        said = _("Window %(number)s: %(who)s called nobody for %(n)s minutes.")
    said += " " + _("Waiting for what it serves: %(waiting)s.")
    return Alert("silent", said % told, "warn", (WINDOW,))


def _waiting_for(window: WindowNow, facts: Facts) -> int:
    served = [wait for wait in facts.board.waits if facts.matters.get(wait.code) in window.matters]
    return sum(wait.waiting for wait in served)


def _bookings(facts: Facts) -> Iterator[Alert]:
    arrivals, rules = facts.arrivals, facts.rules
    if arrivals.due < rules["alert_no_shows_least"]:
        return
    if arrivals.percent >= rules["alert_no_shows_percent"]:
        said = _("%(missed)s of %(due)s booked people who were due did not come (%(percent)s %%).")
        told = {"missed": arrivals.missed, "due": arrivals.due, "percent": arrivals.percent}
        yield Alert("no_shows", said % told, "warn", (QUOTA,))


def _closing(facts: Facts) -> Iterator[Alert]:
    """Who will still wait when the session is over; they are served, in overtime (C3)."""
    session = facts.board.session
    if session is None or session.stage != "open":
        return
    left = (session.ends_at - facts.now).total_seconds() / 60
    late = sum(estimate.half > left for estimate in facts.foreseen.tickets.values())
    if late < facts.rules["alert_after_closing"]:
        return
    said = ngettext(
        "About %(n)s of those waiting will not be called before closing at %(at)s.",
        "About %(n)s of those waiting will not be called before closing at %(at)s.",
        late,
    )
    words = said % {"n": late, "at": saying.clock(session.ends_at)}
    yield Alert("after_closing", words, "warn", (WINDOW, EXTEND, HELP))


def _walk_ins(facts: Facts) -> Iterator[Alert]:
    """The walk-ins' share is used up while booked places stand empty; nobody is refused."""
    session = facts.board.session
    if session is None or session.stage != "open" or facts.board.walk_ins_left:
        return
    if facts.board.waiting > facts.board.windows_open and facts.online_left:
        said = _(
            "The walk-in share of the day is used up, while %(n)s online minutes are not booked."
        )
        yield Alert("walk_ins", said % {"n": facts.online_left}, "warn", (QUOTA,))


def digest_of(alerts: Iterable[Alert]) -> str:
    """What is pressing, without its minutes: the same as long as nothing new is."""
    return ".".join(sorted({f"{one.code}{one.matter}" for one in alerts}))
