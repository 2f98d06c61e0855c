"""What a session would be: its hours, windows and slots. Nothing is written here.

The preview and the opening run the same computation (`plan_slots`), so that a supervisor
sees beforehand exactly what will be.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, TypedDict, Unpack

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext_lazy as _

from config import civil
from config.refusals import Refusal
from windows.calendar_days import DayKind, day_kind
from windows.kinds import KindBook, KindFacts, check_shape
from windows.models import Hall, HallClosure, HallSession, Matter, SessionWindow, Window

Kind = HallSession.Kind
SHARES = ["walkin_percent", "assisted_percent", "session_max_hours"]
SHORTEST = timedelta(minutes=30)


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


class HallClosedThen(Refusal):
    code = "hall_closed_then"
    message = _("The hall is closed until %(until)s. Choose a later day or hour.")
    field = "day"


class DayOff(Refusal):
    code = "day_off"
    message = _(
        "That is a day off in the calendar, so there is no regular session. "
        "Choose another day, or another kind such as a weekend session."
    )
    field = "day"


class MatterNotServed(Refusal):
    code = "matter_not_served"
    message = _("None of the chosen windows serves %(matter)s. Add a window or drop it.")
    field = "matters"


class Shape(TypedDict, total=False):
    """What a session has otherwise than is usual for its kind; None is as usual."""

    slot_minutes: int | None
    walkin_percent: int | None
    assisted_percent: int | None
    audience_zh: str | None
    audience_en: str | None
    matter_ids: Sequence[int] | None


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
    slot_minutes: int = 30
    audience_zh: str = ""
    audience_en: str = ""
    matter_ids: tuple[int, ...] = ()  # none: all that its windows serve

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
    *,
    starts_at: datetime,
    ends_at: datetime,
    windows: int,
    kind: str = "",
    shares: Mapping[str, int] | None = None,
    slot_minutes: int = 30,
    walkin_percent: int | None = None,
    assisted_percent: int | None = None,
) -> list[PlannedSlot]:
    """Slots of that length whose channels fill them exactly; the last one may be shorter.

    Walk-ins have at least their share. What is not said comes from `shares`; the whole of a
    student session is for walk-ins.
    """
    usual = {"walkin_percent": 100, "assisted_percent": 0} if kind == Kind.STUDENT else shares or {}
    for_walkin = usual["walkin_percent"] if walkin_percent is None else walkin_percent
    for_others = usual["assisted_percent"] if assisted_percent is None else assisted_percent
    slots = []
    at, length = starts_at, timedelta(minutes=slot_minutes)
    while at < ends_at:
        until = min(at + length, ends_at)
        minutes = int((until - at).total_seconds() // 60) * windows
        walkin = -(-minutes * for_walkin // 100)
        assisted = min(minutes * for_others // 100, minutes - walkin)
        online = minutes - assisted - walkin
        slots.append(PlannedSlot(at, until, minutes, online, assisted, walkin))
        at = until
    return slots


def _hours(
    hall: Hall, day: date, opens: time, closes: time, now: datetime, most_hours: int
) -> tuple[datetime, datetime]:
    """The session's instants. Refuses what no session can be."""
    starts_at, ends_at = civil.session_hours(day, opens, closes)
    if ends_at - starts_at > timedelta(hours=most_hours):
        raise SessionTooLong(hours=most_hours)
    if ends_at - starts_at < SHORTEST:
        raise SessionTooShort
    if ends_at <= now:
        raise SessionInPast
    if day > civil.city_date(now) + timedelta(days=180):
        raise SessionTooFar
    closed = closure_of(hall=hall, starts_at=starts_at, ends_at=ends_at)
    if closed is not None:
        until = civil.city_time(closed.period.upper) if closed.period.upper else None
        raise HallClosedThen(until=f"{until:%Y-%m-%d %H:%M}" if until else "—")
    return starts_at, ends_at


def closure_of(*, hall: Hall, starts_at: datetime, ends_at: datetime) -> HallClosure | None:
    """The closure of the hall that lasts into that time, if there is one."""
    return (
        HallClosure.objects.filter(
            hall=hall, reopened_at=None, period__overlap=DateTimeTZRange(starts_at, ends_at)
        )
        .order_by("period")
        .first()
    )


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
    **shape: Unpack[Shape],
) -> SessionPreview:
    """What the session would be. Without `windows` all free ones are meant; what `shape` does
    not say is as usual for the kind (`windows/kinds.py`).

    Refuses: SessionTooLong, SessionTooShort, SessionInPast, SessionTooFar, HallClosedThen,
    DayOff, SlotLength, SharesTooMuch, WalkinTooLittle, MatterNotServed.
    """
    book = KindBook([hall.pk])
    most_hours = book.rule("session_max_hours", hall.pk, day)
    starts_at, ends_at = _hours(hall, day, opens, closes, now, most_hours)
    of_day = _day_for(kind, day)
    facts = _said(book, hall, kind, day, shape)
    busy = busy_windows(hall=hall, starts_at=starts_at, ends_at=ends_at)
    free = _without(busy, hall)
    chosen = list(free if windows is None else windows)
    check_matters(facts.matter_ids, chosen)
    return SessionPreview(
        hall=hall, kind=kind, service_day=day, day=of_day, starts_at=starts_at, ends_at=ends_at,
        ends_next_day=civil.city_date(ends_at - timedelta(microseconds=1)) > day,
        slots=slots_like(facts, starts_at=starts_at, ends_at=ends_at, windows=len(chosen)),
        windows=chosen, free=free,
        busy=[one for one in busy if one.number in {window.number for window in chosen}],
        booking_opens_at=booking_opens_at or now, slot_minutes=facts.slot_minutes,
        audience_zh=facts.audience_zh, audience_en=facts.audience_en, matter_ids=facts.matter_ids,
    )  # fmt: skip


def _day_for(kind: str, day: date) -> DayKind:
    """What the calendar says of the day. Refuses: DayOff."""
    of_day = day_kind(day)
    if kind == Kind.REGULAR and not of_day.is_workday:
        raise DayOff
    return of_day


def _without(busy: list[BusyWindow], hall: Hall) -> list[Window]:
    """The hall's windows that are in use but for those."""
    taken = {one.number for one in busy}
    usable = hall.windows.filter(is_in_use=True).order_by("number")
    return [window for window in usable if window.number not in taken]


def slots_like(
    facts: KindFacts, *, starts_at: datetime, ends_at: datetime, windows: int
) -> list[PlannedSlot]:
    """The slots of a session with those facts."""
    return plan_slots(
        starts_at=starts_at,
        ends_at=ends_at,
        windows=windows,
        slot_minutes=facts.slot_minutes,
        walkin_percent=facts.walkin_percent,
        assisted_percent=facts.assisted_percent,
    )


def _said(book: KindBook, hall: Hall, kind: str, day: date, shape: Shape) -> KindFacts:
    """The kind's facts with what was said instead. Refuses what `check_shape` refuses."""
    said: dict[str, Any] = {name: value for name, value in shape.items() if value is not None}
    if "matter_ids" in said:
        said["matter_ids"] = tuple(sorted(said["matter_ids"]))
    facts = replace(book.facts(kind, hall.pk, day), **said)
    check_shape(
        slot_minutes=facts.slot_minutes,
        walkin_percent=facts.walkin_percent,
        assisted_percent=facts.assisted_percent,
        least=book.rule("walkin_min_percent", hall.pk, day) if "walkin_percent" in said else 0,
    )
    return facts


def check_matters(matter_ids: Sequence[int], windows: Sequence[Window]) -> None:
    """Each of the session's matters is served at one of its windows. Refuses:
    MatterNotServed."""
    if not matter_ids or not windows:
        return
    served = Matter.objects.filter(windows__in=[window.pk for window in windows])
    unserved = Matter.objects.filter(pk__in=matter_ids).exclude(pk__in=served.values("pk"))
    if (matter := unserved.order_by("position", "pk").first()) is not None:
        raise MatterNotServed(matter=matter.name)
