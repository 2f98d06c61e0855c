"""What more windows would do to the line as it stands: the same play, with and without them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from queues.board import Snapshot
from queues.estimating import Estimate, Foreseen, foresee_line, pacing_of
from queues.lining_up import ComingWindow, Line, OpenWindow
from windows.models import Hall, Shift, Window
from windows.models.hall import in_language


@dataclass(frozen=True)
class WaitChange:
    """The wait of who comes now for a matter, before and after."""

    name: str
    waiting: int
    before: Estimate | None
    after: Estimate | None

    @property
    def is_better(self) -> bool:
        return self.after is not None and (
            self.before is None or self.after.half < self.before.half
        )


@dataclass(frozen=True)
class LineEffect:
    """Waits by matter, and how many would not be called before closing."""

    waits: list[WaitChange]
    late_before: int
    late_after: int
    has_end: bool


def with_windows(line: Line, windows: Sequence[Window], begins_at: datetime | None) -> Line:
    """The line as it would be with those windows too, from now or from then on."""
    if begins_at is None:
        opened = tuple(
            OpenWindow(
                number=window.number, matters=_matters(window), serving=None, id=window.pk,
                is_accessible=window.is_accessible,
            )
            for window in windows
        )  # fmt: skip
        return replace(line, windows=(*line.windows, *opened))
    coming = tuple(
        ComingWindow(window.pk, _matters(window), window.is_accessible, begins_at)
        for window in windows
    )
    new = {window.pk for window in windows}
    planned = tuple(one for one in line.coming if one.id not in new)
    return replace(line, coming=(*planned, *coming))


def _matters(window: Window) -> frozenset[int]:
    return frozenset(matter.pk for matter in window.matters.all())


def effect_of(
    snapshot: Snapshot,
    windows: Sequence[Window],
    *,
    begins_at: datetime | None = None,
    closes_at: datetime | None = None,
) -> LineEffect:
    """What the windows would do; `closes_at` is when no more numbers are given."""
    pacing = pacing_of(snapshot.hall, snapshot.day)
    line = with_windows(snapshot.line, windows, begins_at)
    before, patience = snapshot.foreseen, snapshot.shown.patience
    after = foresee_line(line, pacing, now=snapshot.at, patience=patience)
    helped = {matter for window in windows for matter in _matters(window)}
    waits = [
        WaitChange(
            name=in_language(pace.name_zh, pace.name_en),
            waiting=sum(one.matter_id == pk for one in line.waiting),
            before=before.newcomer(pk),
            after=after.newcomer(pk),
        )
        for pk, pace in pacing.matters.items()
        if pk in helped or any(one.matter_id == pk for one in line.waiting)
    ]
    left = (closes_at - snapshot.at).total_seconds() / 60 if closes_at else None
    return LineEffect(
        waits=sorted(waits, key=lambda one: -one.waiting),
        late_before=_late(before, line, left),
        late_after=_late(after, line, left),
        has_end=closes_at is not None,
    )


def _late(foreseen: Foreseen, line: Line, left: float | None) -> int:
    """Who waits now and is not called within the minutes that are left."""
    if left is None:
        return 0
    waits = [foreseen.of(one.id) for one in line.waiting]
    return sum(wait is None or wait.half > left for wait in waits)


def spare_windows(hall: Hall, line: Line) -> list[Window]:
    """Windows in use at which nobody is signed in; those that serve most of who waits first."""
    taken = Shift.objects.filter(window__hall=hall, period__upper_inf=True).values("window")
    spare = hall.windows.filter(is_in_use=True).exclude(pk__in=taken).prefetch_related("matters")
    waiting = [one.matter_id for one in line.waiting]

    def rank(window: Window) -> tuple[int, int]:
        served = _matters(window)
        return -sum(matter in served for matter in waiting), window.number

    return sorted(spare, key=rank)
