"""Opening, extending, undoing and cancelling sessions of a hall.

The preview and the opening run the same computation (`plan_slots`), so that a supervisor
sees beforehand exactly what will be. Bookings are not seen from here: what they lose is
told and settled in `appointments/withdrawing.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext_lazy as _

from config import civil
from config.refusals import Refusal, refusing
from windows.calendar_days import DayKind, day_kind
from windows.models import Hall, HallSession, SessionWindow, Slot, Staff, Window
from windows.rules import rules

Kind = HallSession.Kind
SHARES = ["walkin_percent", "assisted_percent", "session_max_hours"]


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


class NoWindows(Refusal):
    code = "no_windows"
    message = _("Choose at least one window that will be staffed.")
    field = "windows"


class WindowElsewhere(Refusal):
    code = "window_elsewhere"
    message = _("This window does not belong to the hall.")
    field = "windows"


class WindowBusy(Refusal):
    code = "window_busy"
    message = _("Window %(number)s is in the session %(hours)s on %(day)s at that time.")
    field = "windows"


class WindowJustTaken(Refusal):
    code = "window_busy"
    message = _("One of these windows has just been given to another session. Look again.")
    field = "windows"


class HasBookings(Refusal):
    code = "has_bookings"
    message = _("Somebody has booked already. Cancel the session instead; they get a message.")


class SessionOver(Refusal):
    code = "session_over"
    message = _("This session is over or cancelled.")


class EndsEarlier(Refusal):
    code = "ends_earlier"
    message = _("A session can be extended to a later hour only.")
    field = "ends_at"


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
        until = min(at + timedelta(minutes=30), ends_at)
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
    if ends_at - starts_at < timedelta(minutes=30):
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


@transaction.atomic
def open_session(
    *,
    hall: Hall,
    kind: str,
    day: date,
    opens: time,
    closes: time,
    windows: Sequence[Window],
    by: Staff | None,
    now: datetime,
    booking_opens_at: datetime | None = None,
    simulated: bool = False,
) -> HallSession:
    """The hall is open in those hours with those windows, and can be booked at once.

    Hours that end at or before their beginning end on the next calendar day, and the
    service day stays `day`. Refuses: SessionTooLong, SessionTooShort, SessionInPast,
    SessionTooFar, NoWindows, WindowElsewhere, WindowBusy.
    """
    plan = preview_session(
        hall=hall, kind=kind, day=day, opens=opens, closes=closes, windows=windows, now=now,
        booking_opens_at=booking_opens_at,
    )  # fmt: skip
    _check_windows(plan)
    session = HallSession.objects.create(
        hall=hall,
        kind=kind,
        service_day=day,
        starts_at=plan.starts_at,
        ends_at=plan.ends_at,
        booking_opens_at=plan.booking_opens_at,
        opened_by=by,
        opened_at=now,
        is_simulated=simulated,
    )
    period = DateTimeTZRange(plan.starts_at, plan.ends_at)
    staffed = [SessionWindow(session=session, window=w, period=period) for w in plan.windows]
    with refusing({"window_in_one_session_at_a_time": WindowJustTaken}):
        SessionWindow.objects.bulk_create(staffed)
    _add_slots(session, plan.slots)
    return session


def _check_windows(plan: SessionPreview) -> None:
    if not plan.windows:
        raise NoWindows
    if any(w.hall_id != plan.hall.pk or not w.is_in_use for w in plan.windows):
        raise WindowElsewhere
    if plan.busy:
        other = plan.busy[0].session
        starts, ends = civil.city_time(other.starts_at), civil.city_time(other.ends_at)
        raise WindowBusy(
            number=plan.busy[0].number,
            hours=f"{starts:%H:%M}–{ends:%H:%M}",
            day=f"{other.service_day:%Y-%m-%d}",
        )


def _add_slots(session: HallSession, planned: list[PlannedSlot]) -> None:
    Slot.objects.bulk_create(
        Slot(
            session=session,
            hall_id=session.hall_id,
            service_day=session.service_day,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            booking_opens_at=session.booking_opens_at,
            minutes=slot.minutes,
            online_quota=slot.online,
            assisted_quota=slot.assisted,
            walkin_quota=slot.walkin,
        )
        for slot in planned
    )


def _running(session: HallSession, now: datetime) -> HallSession:
    """The session, locked, when it is not over."""
    locked = HallSession.objects.select_for_update().get(pk=session.pk)
    if locked.state != HallSession.State.OPEN or locked.ends_at <= now:
        raise SessionOver
    return locked


@transaction.atomic
def undo_session(*, session: HallSession, by: Staff | None, now: datetime) -> HallSession:
    """The session never was: nothing of it can be booked. Only until the first booking.

    Undoing twice changes nothing. Refuses: HasBookings, SessionOver.
    """
    locked = HallSession.objects.select_for_update().get(pk=session.pk)
    if locked.state == HallSession.State.CANCELLED:
        return locked
    _running(locked, now)
    slots = Slot.objects.filter(session=locked).order_by("pk").select_for_update()
    if any(slot.online_taken or slot.assisted_taken for slot in slots):
        raise HasBookings
    return close_places(session=locked, now=now)


def close_places(*, session: HallSession, now: datetime) -> HallSession:
    """Takes the session out of the offer: slots closed, windows free, state cancelled."""
    Slot.objects.filter(session=session).update(is_open=False)
    SessionWindow.objects.filter(session=session).update(is_cancelled=True)
    session.state = HallSession.State.CANCELLED
    session.save(update_fields=["state"])
    return session


@transaction.atomic
def extend_session(
    *, session: HallSession, ends_at: datetime, by: Staff | None, now: datetime
) -> HallSession:
    """The session goes on until `ends_at`; new slots are added, old ones stay as they are.

    Refuses: SessionOver, EndsEarlier, SessionTooLong, WindowBusy.
    """
    locked = _running(session, now)
    shares = rules(SHARES, hall=locked.hall_id, day=locked.service_day)
    if ends_at < locked.ends_at + timedelta(minutes=1):
        raise EndsEarlier
    if ends_at - locked.starts_at > timedelta(hours=shares["session_max_hours"]):
        raise SessionTooLong(field="ends_at", hours=shares["session_max_hours"])
    staffed = SessionWindow.objects.filter(session=locked, is_cancelled=False)
    added = plan_slots(
        starts_at=locked.ends_at, ends_at=ends_at, windows=staffed.count(), kind=locked.kind,
        shares=shares,
    )  # fmt: skip
    with refusing({"window_in_one_session_at_a_time": WindowJustTaken}):
        staffed.update(period=DateTimeTZRange(locked.starts_at, ends_at))
    _add_slots(locked, added)
    locked.ends_at = ends_at
    locked.save(update_fields=["ends_at"])
    return locked
