"""What a change would do, as the preview shows it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Self

from django.utils.translation import gettext_lazy as _

from appointments.changes.wanting import Ask
from appointments.demanding import Waiting
from appointments.models import Booking, Displaced
from config import civil
from windows.models import Hall, HallClosure, HallSession, SessionChange, Slot

CHANNELS = ("online", "assisted", "reserved", "walkin")
WHY = {
    "closed": _("This time falls away"),
    "full": _("Fewer windows serve at this time"),
    "matter": _("No window that stays serves this matter"),
    "wheelchair": _("No window that stays can be reached by wheelchair"),
}


@dataclass(frozen=True)
class Minutes:
    """Window-minutes by channel."""

    online: int = 0
    assisted: int = 0
    reserved: int = 0
    walkin: int = 0

    @classmethod
    def of(cls, slot: Slot) -> Self:
        return cls(slot.online_quota, slot.assisted_quota, slot.reserved_quota, slot.walkin_quota)

    @property
    def total(self) -> int:
        return self.online + self.assisted + self.reserved + self.walkin

    def __add__(self, other: "Minutes") -> "Minutes":
        return Minutes(*(getattr(self, one) + getattr(other, one) for one in CHANNELS))


NOTHING = Minutes()


def together(minutes: Iterable[Minutes | None]) -> Minutes:
    """The sum; None counts as nothing."""
    return sum((one for one in minutes if one is not None), NOTHING)


@dataclass(frozen=True)
class SlotChange:
    """A slot before and after; `slot_id` None: new, `after` None: closed."""

    starts_at: datetime
    ends_at: datetime
    session_id: int
    slot_id: int | None
    before: Minutes | None
    after: Minutes | None
    taken: int
    taken_after: int


@dataclass(frozen=True)
class HourRow:
    """An hour on the wall, all its slots together."""

    at: datetime
    before: Minutes
    after: Minutes


@dataclass(frozen=True)
class Place:
    """Where somebody would stand; `slot_id` None: in a slot that the change itself makes."""

    slot_id: int | None
    session_id: int | None
    hall: Hall
    starts_at: datetime
    ends_at: datetime
    service_day: date


@dataclass(frozen=True)
class Losing:
    """A booking that loses its place, and the one that is proposed instead."""

    booking: Booking
    why: str
    proposal: Place | None
    minutes_away: int | None
    same_hall: bool
    same_day: bool
    can_offer: bool
    answer_by: datetime | None
    has_phone: bool
    urgent: bool

    @property
    def party(self) -> int:
        """Those who come together share a choice."""
        return self.booking.group_id

    @property
    def why_words(self) -> str:
        return str(WHY[self.why])


@dataclass(frozen=True)
class ChangePreview:
    """What the change would do if it were made now; nothing is written."""

    ask: Ask
    sessions: list[HallSession]
    starts_at: datetime | None
    ends_at: datetime | None
    windows_before: list[int]
    windows_after: list[int]
    slots: list[SlotChange]
    staff_hours_before: float
    staff_hours_after: float
    overtime_hours: float
    overtime_people: list[str]
    unplanned: int
    waiting: Waiting | None
    places_before: int
    places_after: int
    would_be_offered: int
    losing: list[Losing]
    held: int
    in_hall: int
    registered: int
    messages_at: datetime | None
    digest: str
    warnings: list[str] = field(default_factory=list)

    @property
    def before(self) -> Minutes:
        return together(slot.before for slot in self.slots)

    @property
    def after(self) -> Minutes:
        return together(slot.after for slot in self.slots)

    @property
    def hours(self) -> list[HourRow]:
        found: dict[datetime, list[SlotChange]] = {}
        for slot in self.slots:
            at = civil.city_time(slot.starts_at).replace(minute=0, second=0, microsecond=0)
            found.setdefault(at, []).append(slot)
        return [
            HourRow(at, together(one.before for one in slots), together(one.after for one in slots))
            for at, slots in sorted(found.items())
        ]

    @property
    def people(self) -> int:
        """Persons who lose a place."""
        return len({(one.party, bytes(one.booking.id_index)) for one in self.losing})

    @property
    def proposed(self) -> int:
        return sum(one.proposal is not None for one in self.losing)

    @property
    def unplaced(self) -> int:
        return len(self.losing) - self.proposed

    @property
    def urgent(self) -> int:
        return sum(one.urgent for one in self.losing)

    @property
    def can_undo(self) -> bool:
        """Some messages cannot wait: then it cannot be taken back."""
        return self.urgent == 0

    @property
    def undo_until(self) -> datetime | None:
        """None: until somebody books there or has a number (see `can_undo`)."""
        return self.messages_at


@dataclass(frozen=True)
class Applied:
    """What was changed: a row per session; the session as it is now (moved: the new one)."""

    changes: list[SessionChange]
    closure: HallClosure | None
    displaced: list[Displaced]
    session: HallSession | None
    ended_holds: int = 0

    @property
    def change(self) -> SessionChange:
        return self.changes[0]

    @property
    def moved(self) -> int:
        return self._count(Displaced.State.MOVED)

    @property
    def offered(self) -> int:
        return self._count(Displaced.State.OFFERED)

    @property
    def withdrawn(self) -> int:
        return self._count(Displaced.State.WITHDRAWN)

    def _count(self, state: Any) -> int:
        return sum(one.state == state for one in self.displaced)
