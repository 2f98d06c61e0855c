"""What a rebalancing knows and may do, without a database: slots, demand, bounds, answer.

Everything is in window-minutes, except where it says people. A cell is an hour of a hall's
service day; after midnight hours go on at 24.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

Cell = tuple[int, date, int]  # hall, service day, hour

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.9, 0.95)
# How likely a day is nearest to each level: the stretch between the middles of its neighbours.
WEIGHTS = (0.15, 0.225, 0.25, 0.2, 0.1, 0.075)
ONLINE, WALK_IN = "online", "walkin"


@dataclass(frozen=True)
class SlotState:
    """A slot as it stands. `day_limit` are the minutes that may move in it in all on this
    day, `moved_today` those that did; a fixed slot is counted and never moved."""

    slot_id: int
    hall_id: int
    district: str
    service_day: date
    hour: int
    minutes: int
    online_quota: int
    online_taken: int
    assisted_quota: int
    assisted_taken: int
    reserved_quota: int
    walkin_quota: int
    walkin_floor: int
    moved_today: int = 0
    day_limit: int = 0
    reserved_taken: int = 0
    length: int = 30  # by the clock: tells how many windows the slot has
    is_fixed: bool = False

    @property
    def cell(self) -> Cell:
        return self.hall_id, self.service_day, self.hour

    @property
    def left_today(self) -> int:
        return 0 if self.is_fixed else max(self.day_limit - self.moved_today, 0)

    @property
    def can_give_walk_ins(self) -> int:
        """Unsold online minutes that may go to walk-ins."""
        return max(min(self.online_quota - self.online_taken, self.left_today), 0)

    @property
    def can_give_online(self) -> int:
        """Minutes above the walk-ins' least share that may go online."""
        return max(min(self.walkin_quota - self.walkin_floor, self.left_today), 0)

    @property
    def must_give_walk_ins(self) -> int:
        """Minutes that the walk-ins' least share still lacks, as far as they are free."""
        return min(max(self.walkin_floor - self.walkin_quota, 0), self.can_give_walk_ins)


@dataclass(frozen=True)
class HourDemand:
    """What an hour asks for: people and their minutes, with quantiles of the minutes at LEVELS.

    Without quantiles they are made from the mean (solving.spread).
    `unmet` are people of the past who searched in vain, they are part of `online`.
    """

    online: float = 0.0
    walk_in: float = 0.0
    online_minutes: float = 0.0
    walk_in_minutes: float = 0.0
    online_quantiles: tuple[float, ...] = ()
    walk_in_quantiles: tuple[float, ...] = ()
    unmet: float = 0.0

    @property
    def people(self) -> float:
        return self.online + self.walk_in

    @property
    def walk_in_share(self) -> float:
        """Which part of the minutes walk-ins ask for, 0 to 1."""
        asked = self.online_minutes + self.walk_in_minutes
        return self.walk_in_minutes / asked if asked > 0 else 0.0


@dataclass(frozen=True)
class Weights:
    """What a minute is worth. A person turned to another day is the measure: 1.

    That nobody is turned away for the sake of waits is a bound (bounding.py) and no matter of
    weights; these decide how far below it one goes. By `bench rebalance`: a fifth lighter the
    waits gain little, a fifth heavier fewer than half of those who need not be turned away are
    kept.
    """

    unmet: float = 1.0
    other_hour: float = 0.033  # booked on the day, at an hour that was not asked for
    wait: float = 0.084  # carried over one hour
    long_wait: float = 0.125  # besides, beyond half of what the hour's windows can do
    overtime: float = 0.209  # left at the end of the day
    full_hour: float = 0.013  # if the hour fills up: who asked finds their channel short
    move: float = 0.00067  # so that nothing moves for nothing


@dataclass(frozen=True)
class Bounds:
    """What supervisors allow, beyond the limits of each slot."""

    hall_limits: Mapping[tuple[int, date], int] = field(default_factory=dict)  # minutes left
    district_gap: float = 1.0  # the worst district's unmet share over the mean, at most
    least_move: int = 3
    shows: float = 0.9  # of those booked, who come
    flexible: float = 0.6  # of those whose hour is full, who take another one of the day,
    flexible_in: Mapping[tuple[int, date], float] = field(default_factory=dict)  # where known
    staff_most: int = 5  # proposals for staff on one day
    staff_least_gain: float = 15.0

    def flexible_on(self, hall_id: int, day: date) -> float:
        return self.flexible_in.get((hall_id, day), self.flexible)


@dataclass(frozen=True)
class Problem:
    """Slots and the demand of their hours; an hour without demand is left as it is."""

    slots: tuple[SlotState, ...]
    demand: Mapping[Cell, HourDemand]
    bounds: Bounds = field(default_factory=Bounds)
    weights: Weights = field(default_factory=Weights)


@dataclass(frozen=True)
class SlotMove:
    """Minutes that a slot's walk-ins gain (negative: online gains) and what kept it there."""

    slot_id: int
    to_walk_in: int
    bound: str = ""  # "", night, sold, least, hall


@dataclass(frozen=True)
class StaffMove:
    """Windows whose hours would help more in another hall or at another hour of the day."""

    from_hall: int
    to_hall: int
    service_day: date
    from_hour: int
    to_hour: int
    hours: int
    windows: int
    gain: float
    unmet_before: float
    unmet_after: float
    wait_before: float
    wait_after: float


@dataclass(frozen=True)
class Cost:
    """Expected minutes of people turned to another day, minutes of work that wait for an
    hour, and all of it weighed."""

    unmet: float = 0.0
    waiting: float = 0.0
    objective: float = 0.0
    asked: float = 0.0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.unmet + other.unmet,
            self.waiting + other.waiting,
            self.objective + other.objective,
            self.asked + other.asked,
        )

    @property
    def unmet_share(self) -> float:
        return self.unmet / self.asked if self.asked > 0 else 0.0


@dataclass(frozen=True)
class Solution:
    moves: tuple[SlotMove, ...]
    before: Cost
    after: Cost
    staff: tuple[StaffMove, ...] = ()
    by_hall_day: Mapping[tuple[int, date], tuple[Cost, Cost]] = field(default_factory=dict)

    @property
    def objective_before(self) -> float:
        return self.before.objective

    @property
    def objective_after(self) -> float:
        return self.after.objective
