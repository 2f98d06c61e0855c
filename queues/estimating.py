"""How long a wait is likely to be: a range, from what was measured in this hall.

Half of people wait at most `half` minutes, nine in ten at most `most`. With w windows
that can serve the matter, and the people ahead that those windows can serve:

    half = sum of their usual minutes / w  (+ what is left of the present services)
    most = half + 1.28 * sd * sqrt(people ahead) / w, and at least 2 minutes more

1.28 is the point of the normal distribution below which nine in ten lie. A person whose
matter other windows serve too counts with the part of the work that falls to these w.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil, sqrt

from django.core.cache import cache
from django.db import connection

from windows.models import Hall

DAYS_MEASURED = 14
FEWEST_MEASURED = 10  # fewer finished tickets say less than the matter's own minutes
USUAL_SPREAD = 0.4
NINE_IN_TEN = 1.28
PACES_KEPT_SECONDS = 600


@dataclass(frozen=True)
class Estimate:
    """Minutes: half of people wait at most `half`, nine in ten at most `most`."""

    half: int
    most: int


@dataclass(frozen=True)
class Pace:
    """How long one service of a matter takes in a hall, in minutes."""

    matter_id: int
    code: str
    name_zh: str
    name_en: str
    minutes: int
    mean: float
    sd: float


@dataclass(frozen=True)
class OpenWindow:
    """A window with a clerk who is not in a pause."""

    number: int
    matters: frozenset[int]
    serving: int | None  # the matter of the ticket that is there now


@dataclass(frozen=True)
class Waiting:
    id: int
    matter_id: int
    rank_at: datetime
    issued_at: datetime
    source: str

    @property
    def place(self) -> tuple[datetime, int]:
        """Where it stands in the calling order."""
        return self.rank_at, self.id


@dataclass(frozen=True)
class Line:
    """Who waits, in calling order, and the windows that call them."""

    waiting: tuple[Waiting, ...]
    windows: tuple[OpenWindow, ...]

    def windows_for(self, matter_id: int) -> list[OpenWindow]:
        return [window for window in self.windows if matter_id in window.matters]

    def ahead_of(self, matter_id: int, place: tuple[datetime, int]) -> list[Waiting]:
        """Those called before that place by the windows that serve the matter."""
        served = {served for window in self.windows_for(matter_id) for served in window.matters}
        mine = served or {matter_id}
        return [one for one in self.waiting if one.place < place and one.matter_id in mine]

    def share(self, matter_id: int, at_windows_of: int) -> float:
        """How much of a matter's work falls to the windows that serve another matter."""
        all_windows = self.windows_for(matter_id)
        shared = [window for window in all_windows if at_windows_of in window.matters]
        return len(shared) / len(all_windows) if all_windows else 0.0


Paces = dict[int, Pace]

MEASURED = """
SELECT m.id, m.code, m.name_zh, m.name_en, m.minutes, t.n, t.mean, t.sd
FROM windows_matter m LEFT JOIN (
    SELECT matter_id, count(*) AS n, avg(took) AS mean, stddev_samp(took) AS sd
    FROM (SELECT matter_id, extract(epoch FROM finished_at - started_at)::float / 60 AS took
          FROM queues_ticket
          WHERE hall_id = %s AND state = 'finished' AND service_day BETWEEN %s AND %s
            AND started_at IS NOT NULL) AS service
    WHERE took BETWEEN 0.2 AND 120
    GROUP BY matter_id) AS t ON t.matter_id = m.id
WHERE m.is_offered ORDER BY m.position, m.id
"""


def measure(hall: Hall, day: date) -> Paces:
    """The pace of each matter in the hall over the last days, from finished tickets."""
    first = day - timedelta(days=DAYS_MEASURED)
    with connection.cursor() as cursor:
        cursor.execute(MEASURED, [hall.pk, first, day])
        rows = cursor.fetchall()
    paces = {}
    for matter_id, code, name_zh, name_en, minutes, n, mean, sd in rows:
        enough = (n or 0) >= FEWEST_MEASURED
        mean = mean if enough else float(minutes)
        sd = sd if enough and sd is not None else mean * USUAL_SPREAD
        paces[matter_id] = Pace(matter_id, code, name_zh, name_en, minutes, mean, sd)
    return paces


def paces_of(hall: Hall, day: date) -> Paces:
    """The same, measured at most every ten minutes."""
    key = f"paces:{hall.pk}:{day.isoformat()}"
    paces: Paces | None = cache.get(key)
    if paces is None:
        paces = measure(hall, day)
        cache.set(key, paces, PACES_KEPT_SECONDS)
    return paces


def estimate(
    *, line: Line, paces: Paces, matter_id: int, place: tuple[datetime, int]
) -> Estimate | None:
    """The wait of somebody at that place in the line; None while no window serves the matter."""
    windows = line.windows_for(matter_id)
    if not windows:
        return None
    works = [
        (line.share(one.matter_id, matter_id), paces[one.matter_id])
        for one in line.ahead_of(matter_id, place)
        if one.matter_id in paces
    ]
    minutes = sum(share * pace.mean for share, pace in works) / len(windows)
    minutes += _left_of_services(windows, paces)
    spread = sqrt(sum((share * pace.sd) ** 2 for share, pace in works)) / len(windows)
    half = round(minutes)
    return Estimate(half=half, most=max(half + 2, ceil(minutes + NINE_IN_TEN * spread)))


def _left_of_services(windows: list[OpenWindow], paces: Paces) -> float:
    """Minutes until the first of the windows is free; 0 when one is free now."""
    serving = [paces[w.serving].mean for w in windows if w.serving in paces]
    if len(serving) < len(windows):
        return 0.0
    return sum(serving) / len(serving) / (len(windows) + 1)
