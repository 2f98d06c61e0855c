"""What a session would be: its hours, windows and slots. Nothing is written here.

The preview and the opening run the same computation (`plan_slots`), so that a supervisor
sees beforehand exactly what will be.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext_lazy as _

from config import civil
from config.refusals import Refusal
from windows.calendar_days import DayKind, day_kind
from windows.models import Hall, HallSession, SessionWindow, Window
from windows.rules import rules

Kind = HallSession.Kind
SHARES = ["walkin_percent", "assisted_percent", "session_max_hours"]
SLOT = timedelta(minutes=30)


class SessionInPast(Refusal):
    code = "session_in_past"
    message = _("This session would be over already. Choose a later day or hour.")
    field = "day"


class SessionTooLong(Refusal):
    code = "session_too_long"
    message = _("A session lasts at most %(hours)s hours.")
    field = "closes"


class SessionTooShort(Refusal):
    code = "session_too_short"
    message = _("A session lasts at least 30 minutes.")
    field = "closes"


class SessionTooFar(Refusal):
    code = "session_too_far"
    message = _("Sessions can be opened for the coming 180 days.")
    field = "day"


@dataclass(frozen=True)
class PlannedSlot:
    """A slot to be: window-minutes in all and by channel."""

    starts_at: datetime
    ends_at: datetime
    minutes: int
    online: int
    assisted: int
    walkin: int


@dataclass(frozen=True)
class BusyWindow:
    number: int
    session: HallSession


@dataclass(frozen=True)
class SessionPreview:
    """What opening the session would do; nothing is written."""

    hall: Hall
    kind: str
    service_day: date
    starts_at: datetime
    ends_at: datetime
    ends_next_day: bool
    slots: list[PlannedSlot]
    windows: list[Window]
    busy: list[BusyWindow]
    free: list[Window]
    day: DayKind
    booking_opens_at: datetime
    release: str = HallSession.Release.PLAIN
    opens_later: bool = False
    registers_until: datetime | None = None  # by draw

    @property
    def hours(self) -> float:
        return (self.ends_at - self.starts_at).total_seconds() / 3600

    @property
    def staff_hours(self) -> float:
        return self.hours * len(self.windows)

    def minutes_of(self, channel: str) -> int:
        """Window-minutes of a channel: online, assisted or walkin."""
        return sum(getattr(slot, channel) for slot in self.slots)

    def places(self, minutes: int) -> int:
        """Online places for a matter that takes so many minutes."""
        return sum(slot.online // minutes for slot in self.slots)


def plan_slots(
    *, starts_at: datetime, ends_at: datetime, windows: int, kind: str, shares: dict[str, int]
) -> list[PlannedSlot]:
    """Half-hour slots whose channels fill them exactly; the last one may be shorter.

    Walk-ins have at least their share, and the whole of a student session.
    """
    slots = []
    at = starts_at
    while at < ends_at:
        until = min(at + SLOT, ends_at)
        minutes = int((until - at).total_seconds() // 60) * windows
        all_walk_in = kind == Kind.STUDENT
        assisted = 0 if all_walk_in else minutes * shares["assisted_percent"] // 100
        walkin = minutes if all_walk_in else -(-minutes * shares["walkin_percent"] // 100)
        online = minutes - assisted - walkin
        slots.append(PlannedSlot(at, until, minutes, online, assisted, walkin))
        at = until
    return slots


def _hours(
    hall: Hall, day: date, opens: time, closes: time, now: datetime
) -> tuple[datetime, datetime, dict[str, int]]:
    """The session's instants and the hall's shares. Refuses what no session can be."""
    starts_at, ends_at = civil.session_hours(day, opens, closes)
    shares = rules(SHARES, hall=hall, day=day)
    if ends_at - starts_at > timedelta(hours=shares["session_max_hours"]):
        raise SessionTooLong(hours=shares["session_max_hours"])
    if ends_at - starts_at < SLOT:
        raise SessionTooShort
    if ends_at <= now:
        raise SessionInPast
    if day > civil.city_date(now) + timedelta(days=180):
        raise SessionTooFar
    return starts_at, ends_at, shares


def busy_windows(*, hall: Hall, starts_at: datetime, ends_at: datetime) -> list[BusyWindow]:
    """The hall's windows that stand in another session at that time."""
    rows = SessionWindow.objects.filter(
        window__hall=hall, is_cancelled=False, period__overlap=DateTimeTZRange(starts_at, ends_at)
    )
    rows = rows.select_related("window", "session").order_by("window__number", "pk")
    return [BusyWindow(row.window.number, row.session) for row in rows]


def preview_session(
    *,
    hall: Hall,
    kind: str,
    day: date,
    opens: time,
    closes: time,
    windows: Sequence[Window] | None = None,
    now: datetime,
    booking_opens_at: datetime | None = None,
) -> SessionPreview:
    """What the session would be. Without `windows` all free ones are meant.

    Refuses: SessionTooLong, SessionTooShort, SessionInPast, SessionTooFar.
    """
    starts_at, ends_at, shares = _hours(hall, day, opens, closes, now)
    busy = busy_windows(hall=hall, starts_at=starts_at, ends_at=ends_at)
    taken = {one.number for one in busy}
    usable = list(hall.windows.filter(is_in_use=True).order_by("number"))
    free = [window for window in usable if window.number not in taken]
    chosen = list(free if windows is None else windows)
    return SessionPreview(
        hall=hall,
        kind=kind,
        service_day=day,
        starts_at=starts_at,
        ends_at=ends_at,
        ends_next_day=civil.city_date(ends_at - timedelta(microseconds=1)) > day,
        slots=plan_slots(
            starts_at=starts_at, ends_at=ends_at, windows=len(chosen), kind=kind, shares=shares
        ),
        windows=chosen,
        busy=[one for one in busy if one.number in {window.number for window in chosen}],
        free=free,
        day=day_kind(day),
        booking_opens_at=booking_opens_at or now,
    )
