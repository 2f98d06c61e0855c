"""Asks for places in a rush, what they find and how they end (appointments/sharing.py)."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from appointments.attending import Visit
from config.refusals import Refusal
from windows.links import CameBy

ONLINE, RESERVED = "online", "reserved"


@dataclass(frozen=True)
class Kept:
    """The answer that is kept under the key; `same` tells whether for this very body."""

    status: int
    answer: Any
    same: bool = True
    replayed: bool = False


class Seen(NamedTuple):
    """A slot that was looked at, not locked: free minutes by channel."""

    online: int
    reserved: int
    session_id: int
    opens: datetime


@dataclass(frozen=True)
class Alone:
    """Not served here."""

    busy: bool = False  # and the database cannot be asked


ALONE = Alone()
BUSY = Alone(busy=True)
Outcome = Kept | Refusal | Alone


@dataclass(eq=False)
class Ask:
    """One request for places, everything sealed. `outcome` answers it."""

    actor: str
    key: str
    body_hash: bytes
    slot_id: int
    visits: list[Visit]
    phone_sealed: bytes
    phone_index: bytes
    language: str
    numbers: dict[str, int]  # the rules of the day
    now: datetime
    link: CameBy | None = None  # the session's own link by which they came
    outcome: Outcome | None = None

    def channels(self, session_id: int) -> tuple[str, ...]:
        """Where room is looked for in a slot of that session, first to last."""
        link = self.link_in(session_id)
        return (RESERVED, ONLINE) if link and link.reserves else (ONLINE,)

    def link_in(self, session_id: int) -> CameBy | None:
        return self.link if self.link and self.link.session_id == session_id else None


@dataclass
class Room:
    """A locked slot; `left` shrinks as minutes of its channels are shared out."""

    id: int
    session_id: int
    hall_id: int
    service_day: date
    starts_at: datetime
    ends_at: datetime
    left: dict[str, int]
    matters: list[int]
    taken: dict[str, int] = field(default_factory=lambda: {ONLINE: 0, RESERVED: 0})


@dataclass(frozen=True)
class Served:
    """An ask and the rooms of its visits, all in one channel."""

    ask: Ask
    channel: str
    rooms: list[Room]
