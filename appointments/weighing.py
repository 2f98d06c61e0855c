"""What each window of a hall carried today: people, minutes, breaks, overtime. Read only.

For sharing the work fairly, by window. Nobody is ranked.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Count, F, Sum

from queues.models import Ticket
from windows.models import Break, Hall, OvertimeEntry, PlannedBreak, Shift, Window
from windows.shifts import service_day_at


@dataclass
class WindowLoad:
    """One window's service day so far, in whole minutes."""

    window: Window | None = None
    clerks: list[str] = field(default_factory=list)
    served: int = 0
    serving: timedelta = timedelta()
    staffed: timedelta = timedelta()
    resting: timedelta = timedelta()
    breaks: int = 0
    overtime: int = 0

    @property
    def is_staffed(self) -> bool:
        return bool(self.clerks)

    @property
    def at_window(self) -> int:
        """Minutes at the window, breaks not counted."""
        return whole(max(timedelta(), self.staffed - self.resting))

    @property
    def with_people(self) -> int:
        return whole(self.serving)

    @property
    def rested(self) -> int:
        return whole(self.resting)

    def add(self, other: "WindowLoad") -> None:
        for name in ("served", "serving", "staffed", "resting", "breaks", "overtime"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(frozen=True)
class HallLoad:
    """The hall's windows in use, what they carried, and the breaks still to come."""

    service_day: date
    windows: list[WindowLoad]
    together: WindowLoad
    planned: list[PlannedBreak]


def whole(time: timedelta) -> int:
    return int(time.total_seconds() // 60)


def hall_load(hall: Hall, *, now: datetime) -> HallLoad:
    """Who carried how much on the service day that runs, in six queries."""
    day = service_day_at(hall.pk, now)
    loads: dict[int, WindowLoad] = defaultdict(WindowLoad)
    for window in hall.windows.filter(is_in_use=True).order_by("number"):
        loads[window.pk].window = window
    _count_served(loads, hall, day)
    _count_shifts(loads, hall, day, now)
    windows = [load for load in loads.values() if load.window is not None]
    together = WindowLoad()
    for load in windows:
        together.add(load)
    planned = PlannedBreak.objects.filter(window__hall=hall, period__endswith__gt=now)
    coming = planned.select_related("window").order_by("period", "window__number")
    return HallLoad(day, windows, together, list(coming))


def _count_served(loads: dict[int, WindowLoad], hall: Hall, day: date) -> None:
    done = Ticket.objects.of_day(hall.pk, day).filter(state=Ticket.State.FINISHED)
    took = Sum(F("finished_at") - F("started_at"))
    for row in done.values("window").annotate(people=Count("pk"), took=took).order_by():
        load = loads[row["window"]]
        load.served, load.serving = row["people"], row["took"] or timedelta()


def _count_shifts(loads: dict[int, WindowLoad], hall: Hall, day: date, now: datetime) -> None:
    shifts = Shift.objects.filter(window__hall=hall, service_day=day).select_related("staff")
    at: dict[int, int] = {}
    for shift in shifts.order_by("period"):
        load, began = loads[shift.window_id], shift.period.lower or now
        at[shift.pk] = shift.window_id
        load.staffed += max(timedelta(), (shift.period.upper or now) - began)
        if str(shift.staff) not in load.clerks:
            load.clerks.append(str(shift.staff))
    for rest in Break.objects.filter(shift__in=at):
        load = loads[at[rest.shift_id]]
        load.breaks += 1
        load.resting += max(timedelta(), (rest.ended_at or now) - rest.began_at)
    for entry in OvertimeEntry.objects.filter(shift__in=at):
        loads[at[entry.shift_id]].overtime += entry.minutes
