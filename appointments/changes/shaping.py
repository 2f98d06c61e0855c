"""What the slots of a session would be: longer, shorter, with more or fewer windows.

A slot keeps the proportions of its channels. What is booked stays, unless it does not fit
any more (`displacing`); walk-ins keep their least share. Nothing is read or written here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from appointments.changes.picturing import CHANNELS, NOTHING, Minutes
from windows.models import HallSession, Slot

BOOKED = ("online", "assisted", "reserved")


@dataclass
class SlotPlan:
    """A slot as it is (`slot` None: it is new) and as it would be.

    `minutes` 0: it is closed. `keep` are the minutes that stay taken in it; `gives` those
    that come back of places which were given up and not offered yet.
    """

    session: HallSession
    slot: Slot | None
    starts_at: datetime
    ends_at: datetime
    minutes: int
    pattern: Minutes
    least_walkin: int = 0
    keep: Minutes = NOTHING
    was: datetime | None = None  # moved: the beginning that corresponds in the old session

    @property
    def key(self) -> str:
        return f"{self.session.pk}:{self.starts_at.isoformat()}"

    @property
    def closes(self) -> bool:
        return self.minutes == 0

    @property
    def before(self) -> Minutes | None:
        return Minutes.of(self.slot) if self.slot is not None and self.slot.is_open else None

    @property
    def walkin_floor(self) -> int:
        """Minutes that are not given to bookings: walk-ins' least share, or all they had."""
        had = ceil(self.minutes * self.pattern.walkin / max(self.pattern.total, 1))
        return min(ceil(self.minutes * self.least_walkin / 100), had)

    @property
    def bookable(self) -> int:
        return self.minutes - self.walkin_floor

    @property
    def after(self) -> Minutes | None:
        """The channels fill the slot exactly and hold what stays taken; None: closed."""
        if self.closes:
            return None
        return share_out(self.minutes, self.pattern, self.keep, self.walkin_floor)


def share_out(minutes: int, pattern: Minutes, keep: Minutes, walkin_floor: int) -> Minutes:
    """The minutes by channel in the pattern's proportions, each at least what is kept.

    What is kept beyond a channel's proportion is taken from unsold minutes of the others,
    from walk-ins last, and from their least share only when nothing else is left.
    """
    total = max(pattern.total, 1)
    quota = {
        "assisted": minutes * pattern.assisted // total,
        "reserved": minutes * pattern.reserved // total,
        "walkin": ceil(minutes * pattern.walkin / total),
    }
    quota["online"] = minutes - sum(quota.values())
    over = 0
    for channel in BOOKED:
        lacking = max(getattr(keep, channel) - quota[channel], 0)
        quota[channel] += lacking
        over += lacking
    for channel, least in (
        ("online", keep.online),
        ("reserved", keep.reserved),
        ("assisted", keep.assisted),
        ("walkin", walkin_floor),
        ("walkin", 0),
    ):
        given = min(over, max(quota[channel] - least, 0))
        quota[channel] -= given
        over -= given
    return Minutes(**{channel: quota[channel] for channel in CHANNELS})


def length(starts_at: datetime, ends_at: datetime) -> int:
    return int((ends_at - starts_at).total_seconds() // 60)


def stretches(
    starts_at: datetime, ends_at: datetime, minutes: int
) -> Iterable[tuple[datetime, datetime]]:
    """The time in slots of so many minutes; the last one may be shorter."""
    while starts_at < ends_at:
        until = min(starts_at + timedelta(minutes=minutes), ends_at)
        yield starts_at, until
        starts_at = until


def reshaped(
    session: HallSession, slot: Slot, *, ends_at: datetime, windows: int, staffed: int
) -> SlotPlan:
    """The slot until `ends_at` with so many of the `staffed` windows.

    Minutes that were added beyond the windows' own shrink and grow with them.
    """
    was, now = length(slot.starts_at, slot.ends_at), length(slot.starts_at, ends_at)
    minutes = slot.minutes * windows * now // (max(staffed, 1) * max(was, 1))
    return SlotPlan(session, slot, slot.starts_at, ends_at, minutes, Minutes.of(slot))


def closed(session: HallSession, slot: Slot) -> SlotPlan:
    return SlotPlan(session, slot, slot.starts_at, slot.ends_at, 0, Minutes.of(slot))


def added(
    session: HallSession,
    starts_at: datetime,
    ends_at: datetime,
    *,
    windows: int,
    pattern: Slot | None,
    staffed: int,
    rows: dict[datetime, Slot],
) -> SlotPlan:
    """A new slot in the pattern's proportions; one that was closed there opens again."""
    minutes = length(starts_at, ends_at) * windows
    shares = Minutes(walkin=1)
    if pattern is not None:
        shares = Minutes.of(pattern)
        plain = length(pattern.starts_at, pattern.ends_at) * max(staffed, 1)
        minutes = minutes * pattern.minutes // max(plain, 1) or minutes
    return SlotPlan(session, rows.get(starts_at), starts_at, ends_at, minutes, shares)
