"""What the figures of a day are called, and into which parts they fall.

A figure stands once for the whole hall and once more for each matter, window and hour that it
is known for; the three are not combined with each other. `bucket` is a part of it.

| name | counts | seconds | bucket | also by |
|---|---|---|---|---|
| day | 1 when the hall had a session | | | |
| came | numbers given | | booking, walk_in | matter, hour |
| served | visits finished | | | matter, window, hour |
| missed | calls that nobody answered | | | matter, window, hour |
| left | numbers that ended unserved | | | matter, hour |
| went_on | went on in another hall | | | matter, hour |
| wait | first calls | from the number to the call | edge | matter, window, hour |
| service | stretches of service | their length | edge | matter, window, hour |
| booked | bookings that stood on the day | | lead days | matter, hour |
| no_show | those of them that did not come | | lead days | matter, hour |
| cancelled | bookings cancelled by the person | | lead days | matter, hour |
| offered, taken | window-minutes | | channel | hour |
| rating | ratings | | level 1 to 5 | matter, window, hour |
| staffed, rested | shifts, breaks | time at the window | | window |
"""

from bisect import bisect_left, bisect_right
from typing import NamedTuple

DAY = "day"
CAME, SERVED, MISSED, LEFT, WENT_ON = "came", "served", "missed", "left", "went_on"
WAIT, SERVICE = "wait", "service"
BOOKED, NO_SHOW, CANCELLED = "booked", "no_show", "cancelled"
OFFERED, TAKEN = "offered", "taken"
RATING, STAFFED, RESTED = "rating", "staffed", "rested"

# Days from the booking to the visit, as no-shows are usually told (domain.md 5).
LEADS = {"0": 0, "1": 1, "2-7": 7, "8-14": 14, "15-30": 30, "31+": 10**6}

# Minutes. A quantile read from such parts lies in the same part as the exact one, so it is
# never further from it than the part is wide: a minute or two below ten minutes, five up to
# half an hour, ten up to an hour, beyond that at most a third. The mean is exact.
EDGES = (1, 2, 3, 5, 7, 10, 15, 20, 25, 30, 40, 50, 60, 75, 90, 120, 150, 180, 240, 300, 420)

CHANNELS = ("online", "assisted", "reserved", "walkin")
_CLASSES = tuple(f"{edge:04d}" for edge in (0, *EDGES))
BUCKETS: dict[str, tuple[str, ...]] = {
    CAME: ("booking", "walk_in"),
    WAIT: _CLASSES,
    SERVICE: _CLASSES,
    **dict.fromkeys((BOOKED, NO_SHOW, CANCELLED), tuple(LEADS)),
    OFFERED: CHANNELS,
    TAKEN: CHANNELS[:3],
    RATING: ("5", "4", "3", "2", "1"),
}
_MATTER, _WINDOW = ("matter", "hour"), ("matter", "window", "hour")
PARTS: dict[str, tuple[str, ...]] = {
    CAME: _MATTER, SERVED: _WINDOW, MISSED: _WINDOW, LEFT: _MATTER, WENT_ON: _MATTER,
    WAIT: _WINDOW, SERVICE: _WINDOW,
    BOOKED: _MATTER, NO_SHOW: _MATTER, CANCELLED: _MATTER,
    OFFERED: ("hour",), TAKEN: ("hour",),
    RATING: _WINDOW, STAFFED: ("window",), RESTED: ("window",),
}  # fmt: skip
TIMED = (WAIT, SERVICE, STAFFED, RESTED)
WHOLE = {NO_SHOW: BOOKED, TAKEN: OFFERED}  # a part is never more than its whole


class Key(NamedTuple):
    """What a figure is about, within a hall's service day."""

    name: str
    matter_id: int | None = None
    window_id: int | None = None
    hour: int | None = None
    bucket: str = ""


def lead_of(days: int) -> str:
    """The part of a booking made so many days ahead."""
    return list(LEADS)[bisect_left(list(LEADS.values()), max(days, 0))]


def edge_of(seconds: float) -> str:
    """The part of a length: the minutes at which it begins, in four digits so that they sort."""
    at = bisect_right(EDGES, max(seconds, 0) / 60)
    return f"{EDGES[at - 1] if at else 0:04d}"


def width_of(edge: str) -> tuple[int, int | None]:
    """From and to, in minutes; the last part is open."""
    first = int(edge)
    at = bisect_right(EDGES, first)
    return first, EDGES[at] if at < len(EDGES) else None


def keys_of(part: Key) -> list[Key]:
    """Every figure of the hall, or of one matter, window or hour, in the order of the table."""
    of = ""
    if part.matter_id is not None:
        of = "matter"
    elif part.window_id is not None:
        of = "window"
    elif part.hour is not None:
        of = "hour"
    return [
        part._replace(name=name, bucket=bucket)
        for name, parts in PARTS.items()
        if not of or of in parts
        for bucket in BUCKETS.get(name, ("",))
    ]
